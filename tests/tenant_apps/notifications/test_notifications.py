"""Who is told of what, where they read it, and that nobody else does."""

from datetime import timedelta
from functools import partial

import pytest

from core import clock
from core.actor import SYSTEM
from core.ids import uuid7
from core.tenancy import platform_context, tenant_context
from shared_apps.users.actors import person_actor
from shared_apps.users.models import Mail
from shared_apps.users.selectors import user_get
from shared_apps.users.services import api_key_create, invitation_create, user_roles_change
from tenant_apps.events.services import events_dispatch
from tenant_apps.jobs.services import job, run_execute, run_start
from tenant_apps.notifications.errors import UnknownNotice
from tenant_apps.notifications.models import Notification, Preference
from tenant_apps.notifications.services import notifications_purge, preferences_change
from tests.support.factories.users import make_user
from tests.support.queries import fewest_queries


@pytest.fixture
def ada(person):
    return person("tenant_admin")


@pytest.fixture
def told():
    """Hand all events on; what a person was told then, oldest first."""

    def texts(user):
        while events_dispatch().dispatched:
            continue
        return list(Notification.objects.filter(user=user).order_by("id").values_list("text", flat=True))

    return texts


def actor_for(user):
    return person_actor(user_get(user.pk))


def notify(user, text="Something", **values):
    return Notification.objects.create(
        user=user, kind="api_keys.created", event_id=uuid7(), text=text, url="/people/api-keys/", icon="bell", **values
    )


def test_whoever_a_fact_concerns_is_told_once(ada, person, told):
    bob = person("member")
    api_key_create(owner=ada, name="Export", scopes=None, expires_at=None, actor=actor_for(ada))
    user_roles_change(user=bob, roles=["reviewer"], actor=actor_for(ada))
    assert told(ada) == ["The API key “Export” was made with your account."]
    assert told(bob) == ["Your roles were changed. You are now: Reviewer."]
    assert told(ada) == ["The API key “Export” was made with your account."]
    assert Notification.objects.get(user=ada).url == "/people/api-keys/"


def test_an_accepted_invitation_and_a_removed_factor(ada, told, inside, monkeypatch):
    from allauth.mfa.models import Authenticator

    from core.events import emit
    from core.tenancy import atomic

    invitation = invitation_create(email="cleo@example.org", roles=["member"], actor=actor_for(ada))
    cleo = make_user("cleo@example.org", name="Cleo", roles=["member"])
    with atomic():
        emit(kind="users.invitation_accepted", subject_id=invitation.pk, payload={"user": str(cleo.pk)})
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={}).delete()
    assert told(ada) == [
        "Cleo has accepted your invitation.",
        "A second factor was removed from your account. If this was not you, act at once.",
    ]
    assert told(cleo) == []


def test_a_job_tells_who_started_it_how_it_ended(ada, told, monkeypatch):
    from tenant_apps.jobs.services import registry

    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))
    job("test.fine", label="Fine import")(lambda progress: {})

    @job("test.refused", label="Refused import")
    def refuse(progress):
        raise UnknownNotice("No such file.")

    for kind in ("test.fine", "test.refused"):
        run_execute(run_id=run_start(kind=kind, actor=actor_for(ada)).pk)
    run_execute(run_id=run_start(kind="test.fine", actor=SYSTEM).pk)
    assert told(ada) == ["Fine import: done.", "Refused import: failed."]


def test_people_choose_the_channel(ada, told):
    actor = actor_for(ada)
    preferences_change(channels={"api_keys.created": "none"}, actor=actor)
    api_key_create(owner=ada, name="One", scopes=None, expires_at=None, actor=actor)
    assert told(ada) == []
    preferences_change(channels={"api_keys.created": "mail"}, actor=actor)
    api_key_create(owner=ada, name="Two", scopes=None, expires_at=None, actor=actor)
    assert told(ada) == ["The API key “Two” was made with your account."]
    assert Mail.objects.filter(kind="notifications/mail/notice", recipient=ada.email).count() == 1
    for wrong in ({"nothing.happened": "none"}, {"api_keys.created": "pigeon"}):
        with pytest.raises(UnknownNotice):
            preferences_change(channels=wrong, actor=actor)
    assert list(Preference.objects.values_list("kind", "channel")) == [("api_keys.created", "mail")]


def test_nobody_is_told_who_is_disabled(ada, person, told):
    bob = person("member")
    user_roles_change(user=bob, roles=["reviewer"], actor=actor_for(ada))
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)
    assert told(bob) == []


def test_the_bell_counts_and_the_pages_mark(ada, browser, django_assert_max_num_queries):
    first, second = notify(ada, "First <b>"), notify(ada, "Second")
    client = browser(ada)
    page = client.get("/notifications/").content.decode()
    assert "Notifications, 2 new" in page and "First &lt;b&gt;" in page
    opened = client.post(f"/notifications/{first.pk}/open/")
    assert (opened.status_code, opened["Location"]) == (303, "/people/api-keys/")
    bell = client.get("/notifications/bell/", headers={"HX-Request": "true"}).content.decode()
    assert "Notifications, 1 new" in bell and "<html" not in bell
    assert "Second" in client.get("/notifications/newest/", headers={"HX-Request": "true"}).content.decode()
    assert client.post("/notifications/read/").status_code == 303
    assert not Notification.objects.filter(read_at=None).exists()
    assert client.post("/notifications/", {"do": "read", "chosen": [str(second.pk)]}).status_code in (302, 303)


def test_preferences_are_kept_by_the_page(ada, browser):
    client = browser(ada)
    page = client.get("/notifications/preferences/").content.decode()
    assert "An API key is made with my account" in page and "The brand is published" in page
    form = dict.fromkeys(_kinds(), "in_app") | {"api_keys.created": "none"}
    assert client.post("/notifications/preferences/", form).status_code in (302, 303)
    assert Preference.objects.get(kind="api_keys.created").channel == "none"


def _kinds():
    from core.notifications import notices

    return list(notices())


def test_nobody_reads_or_marks_what_is_somebody_elses(ada, person, browser, program, inside, other_tenant):
    hers = notify(ada, "For Ada alone")
    with tenant_context(other_tenant):
        twin = make_user("ada@example.org", roles=["tenant_admin"])
        type(hers).objects.create(
            id=hers.pk, user=twin, kind=hers.kind, event_id=hers.event_id, text="For the twin", icon="bell"
        )
    bob = person("tenant_admin")
    client, call = browser(bob), program(bob)
    for path in ("/notifications/", "/notifications/newest/"):
        shown = client.get(path).content.decode()
        assert "For Ada alone" not in shown and "For the twin" not in shown
    assert client.post(f"/notifications/{hers.pk}/open/").status_code == 404
    assert call("get", f"notifications/{hers.pk}/").status_code == 404
    assert call("post", f"notifications/{hers.pk}/read/").status_code == 404
    assert call("post", "notifications/read/").json() == {"marked": 0}
    hers.refresh_from_db()
    assert hers.read_at is None
    assert "For Ada alone" in browser(ada).get("/notifications/").content.decode()
    with tenant_context(other_tenant):
        assert Notification.objects.get().read_at is None


def test_rest_lists_counts_marks_and_chooses(ada, program):
    one = notify(ada, "One")
    notify(ada, "Two")
    call = program(ada)
    listed = call("get", "notifications/").json()["results"]
    assert [each["text"] for each in listed][-2:] == ["Two", "One"]
    assert call("get", "notifications/unread/").json() == {"unread": 2}
    assert call("post", f"notifications/{one.pk}/read/").json()["read_at"]
    assert [each["text"] for each in call("get", "notifications/?unread=true").json()["results"]] == ["Two"]
    assert call("post", "notifications/read/").json() == {"marked": 1}
    chosen = call("patch", "notifications/preferences/", {"channels": {"api_keys.created": "mail"}})
    assert chosen.status_code == 200
    assert {each["kind"]: each["channel"] for each in chosen.json()["results"]}["api_keys.created"] == "mail"
    assert call("patch", "notifications/preferences/", {"channels": {"x": "mail"}}).status_code == 422
    assert call("patch", "notifications/preferences/", {"channels": {"api_keys.created": "x"}}).status_code == 400


def test_a_page_asks_once_for_the_bell_however_much_waits(ada, browser, django_assert_max_num_queries):
    client = browser(ada)
    few = fewest_queries(partial(client.get, "/people/account/"))
    for number in range(120):
        notify(ada, f"Number {number}")
    with django_assert_max_num_queries(30) as many:
        page = client.get("/people/account/").content.decode()
    assert fewest_queries(partial(client.get, "/people/account/")) == few and "99+" in page
    assert sum("notifications_notification" in query["sql"] for query in many.captured_queries) == 1


def test_whoever_is_signed_out_is_not_led_away_by_the_bell(client_for, inside):
    answer = client_for(inside).get("/notifications/bell/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Reswap"], answer.content) == (286, "none", b"")
    assert "HX-Redirect" not in answer


def test_old_ones_are_deleted(ada):
    old = notify(ada, "Old", created_at=clock.now() - timedelta(days=181))
    new = notify(ada, "New", created_at=clock.now() - timedelta(days=179))
    assert notifications_purge() == 1
    assert list(Notification.objects.values_list("pk", flat=True)) == [new.pk] and old.pk != new.pk


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_notification_never_leads_to_another_host(ada, url):
    from django.db import IntegrityError

    from core.tenancy import atomic

    with pytest.raises(IntegrityError), atomic():
        Notification.objects.create(user=ada, kind="x", event_id=uuid7(), text="x", url=url, icon="bell")
    assert Notification.objects.count() == 0


def test_the_platforms_people_are_told_too(db, client_for):
    with platform_context():
        grace = make_user("grace@example.org", roles=["platform_admin"])
        api_key_create(owner=grace, name="Ops", scopes=None, expires_at=None, actor=actor_for(grace))
        events_dispatch()
        assert Notification.objects.get().text == "The API key “Ops” was made with your account."
