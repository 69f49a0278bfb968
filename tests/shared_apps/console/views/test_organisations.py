from uuid import uuid4

import pytest

from core.actor import SYSTEM
from core.tenancy import TenantState, platform_context
from shared_apps.console.changes import CHANGES
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.tenants.services import tenant_request
from shared_apps.trail.models import TrailEntry
from tests.support.messages import waiting
from tests.support.twins import Twins

LIST, NEW = "/tenants/", "/tenants/new/"
FORM = {"name": "Riverbank Trust", "slug": "riverbank", "owner_email": "olga@example.org", "owner_name": "Olga"}


@pytest.fixture
def north(db, twins: Twins) -> Tenant:
    with platform_context():
        return Tenant.objects.get(pk=twins.first.uuid)


def put(tenant, state):
    with platform_context():
        Tenant.objects.filter(pk=tenant.pk).update(state=state)


def rows():
    with platform_context():
        entries = TrailEntry.objects.filter(object_type="tenants.tenant").count()
        return list(Tenant.objects.values_list("slug", "state")), StateChange.objects.count(), entries


def path_of(tenant, change=""):
    return f"/tenants/{tenant.pk}/{change}"


def test_the_organisations_are_listed_and_searched(signed_in, twins: Twins):
    client = signed_in("support")
    page = client.get(LIST).content.decode()
    assert page.index("South Ltd") < page.index("North Ltd") and "north.localhost:8000" in page
    assert f'href="{NEW}"' not in page and twins.first.schema not in page
    found = client.get(f"{LIST}?q=NOR").content.decode()
    assert "North Ltd" in found and "South Ltd" not in found
    assert "Nothing found" in client.get(f"{LIST}?q=nobody").content.decode()


def test_the_list_is_cut_into_pages(signed_in):
    with platform_context():
        for number in range(30):
            tenant_request(slug=f"tenant-{number}", name=f"Tenant {number}", owner=None, actor=SYSTEM)
    client = signed_in("platform_admin")
    page = client.get(LIST).content.decode()
    assert "Tenant 29" in page and "North Ltd" not in page and 'rel="next"' in page
    older = page.split('" rel="next"')[0].rpartition('href="?')[2].replace("&amp;", "&")
    assert "North Ltd" in client.get(f"{LIST}?{older}").content.decode()


def test_an_administrator_creates_an_organisation(signed_in, django_capture_on_commit_callbacks):
    client = signed_in("platform_admin")
    assert client.get(NEW).status_code == 200 and f'href="{NEW}"' in client.get(LIST).content.decode()
    waiting()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(NEW, FORM)
    with platform_context():
        tenant = Tenant.objects.get(slug="riverbank")
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(tenant))
    assert ("tenants.provision", [str(tenant.pk)]) in [(message.task, message.args) for message in waiting()]
    page = client.get(path_of(tenant)).content.decode()
    assert "The organisation is being set up." in page and "http://riverbank.localhost:8000" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"slug": "north"}, "“north” is taken."),
        ({"slug": "admin"}, "“admin” is reserved."),
        ({"name": ""}, "This field is required."),
        ({"owner_email": "nobody"}, "Enter a valid email address."),
    ],
)
def test_an_invalid_form_says_what_is_wrong_and_keeps_the_rest(signed_in, values, said):
    client, before = signed_in("platform_admin"), rows()
    answer = client.post(NEW, {**FORM, **values})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (said in page and "olga@example.org" in page) or "owner_email" in values
    assert rows() == before


def test_a_refusal_without_a_field_stands_above_the_form(signed_in, monkeypatch):
    from core.errors import Conflict
    from shared_apps.console.views import organisations

    def refuse(**values):
        raise Conflict("Not now.")

    monkeypatch.setattr(organisations, "tenant_create", refuse)
    answer = signed_in("platform_admin").post(NEW, FORM)
    assert answer.status_code == 422 and "Not now." in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("requested", {"delete"}),
        ("active", {"read-only", "suspend", "archive"}),
        ("read_only", {"resume", "suspend", "archive"}),
        ("suspended", {"resume", "read-only", "archive"}),
        ("archived", {"resume", "delete"}),
        ("deleting", set()),
    ],
)
def test_a_page_offers_what_the_state_allows(signed_in, north, state, offered):
    put(north, state)
    client = signed_in("platform_admin")
    page = client.get(path_of(north)).content.decode()
    assert {code for code in CHANGES if path_of(north, f"{code}/") in page} == offered


def test_support_sees_the_history_and_is_offered_nothing(signed_in, north):
    put(north, TenantState.ACTIVE)
    admin = signed_in("platform_admin")
    admin.post(path_of(north, "suspend/"), {"confirmation": "north", "reason": "Unpaid bill"})
    page = signed_in("support").get(path_of(north)).content.decode()
    assert "Active → Suspended" in page and "Unpaid bill" in page and "Platform_Admin" in page
    assert not any(path_of(north, f"{code}/") in page for code in CHANGES)


def test_a_change_is_made_once_the_subdomain_was_typed(signed_in, north):
    client = signed_in("platform_admin")
    asked = client.get(path_of(north, "suspend/"))
    assert asked.status_code == 200 and "Nothing is lost." in asked.content.decode()
    before = rows()
    for typed in ("", "south", "NORTH"):
        answer = client.post(path_of(north, "suspend/"), {"confirmation": typed, "reason": "so"})
        assert answer.status_code == 422
        assert rows() == before
    answer = client.post(path_of(north, "suspend/"), {"confirmation": "north", "reason": "so"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(north))
    with platform_context():
        change = StateChange.objects.get()
        assert (change.to_state, change.reason, change.actor_label) == ("suspended", "so", "Platform_Admin")
    assert "The state was changed." in client.get(path_of(north)).content.decode()


def test_a_change_that_came_too_late_is_refused_with_its_reason(signed_in, north):
    client = signed_in("platform_admin")
    put(north, TenantState.ARCHIVED)
    before = rows()
    answer = client.post(path_of(north, "suspend/"), {"confirmation": "north"})
    assert answer.status_code == 422
    assert "archived cannot become suspended" in answer.content.decode()
    assert rows() == before


def test_deleting_says_what_it_means(signed_in, north):
    put(north, TenantState.ARCHIVED)
    client = signed_in("platform_admin")
    assert "This cannot be undone." in client.get(path_of(north, "delete/")).content.decode()
    assert client.post(path_of(north, "delete/"), {"confirmation": "north"}).status_code == 303
    with platform_context():
        assert Tenant.objects.get(pk=north.pk).state == TenantState.DELETING


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [("platform_admin", 200, 200), ("support", 200, 403), (None, 403, 403)]
)
def test_who_sees_which_page(signed_in, north, role, reads, writes):
    client, before = signed_in(role), rows()
    assert [client.get(path).status_code for path in (LIST, path_of(north))] == [reads, reads]
    assert [client.get(path).status_code for path in (NEW, path_of(north, "suspend/"))] == [writes, writes]
    if writes == 403:
        assert client.post(NEW, FORM).status_code == 403
        assert client.post(path_of(north, "suspend/"), {"confirmation": "north"}).status_code == 403
    assert rows() == before


def test_signed_out_people_are_led_to_the_sign_in(db, client_for, north):
    for path in (LIST, NEW, path_of(north), path_of(north, "suspend/")):
        answer = client_for("platform").get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/account/sign-in/?next={path}")


def test_what_is_not_there_answers_alike(signed_in, north):
    client = signed_in("platform_admin")
    put(north, TenantState.PURGED)
    paths = (f"/tenants/{uuid4()}/", path_of(north), path_of(north, "suspend/"), path_of(north, "explode/"))
    assert [client.get(path).status_code for path in paths] == [404] * 4


def test_no_page_of_it_is_on_an_organisations_host(client_for, tenant):
    assert client_for(tenant).get(LIST).status_code == 404
