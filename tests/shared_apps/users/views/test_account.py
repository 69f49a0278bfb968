import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib.sessions.models import Session

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantRef, directory, platform_context, tenant_context
from shared_apps.tenants.models import Tenant
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import Mail, User
from shared_apps.users.services import confirmation_send, user_disable
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import NEW_PASSWORD, SIGN_IN, link_in, login, path_in, signed_in
from tests.support.factories.second_factors import code_of, make_app
from tests.support.factories.users import PASSWORD, make_user

SignIn = Callable[[User], HostClient]


def test_signing_in_starts_a_new_session(ada: User, client: HostClient) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["before"] = "planted"
    session.save()
    before = session.session_key
    answer = login(client, "ADA@example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()
    assert signed_in(client)
    entry = TrailEntry.objects.get(action="users.sign_in")
    assert (entry.actor_id, entry.address, entry.changes) == (str(ada.pk), "127.0.0.1", {"by": "browser"})
    cookie = answer.cookies["sessionid"]
    assert (cookie["domain"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")
    assert cookie["expires"] == ""


def test_staying_signed_in_is_asked_for(ada: User, client: HostClient) -> None:
    assert login(client, remember="on").cookies["sessionid"]["max-age"] == 14 * 24 * 3600


def test_a_refused_sign_in_is_422_and_tells_nothing(ada: User, bob: User, client: HostClient) -> None:
    pages = []
    for email, password in (("ada@example.org", "wrong-password"), ("nobody@example.org", PASSWORD)):
        answer = login(client, email, password)
        assert answer.status_code == 422
        page = answer.content.decode().replace(email, "")
        pages.append(re.sub(r'csrfmiddlewaretoken" value="[^"]+|request-id" content="[^"]+', "", page))
    assert pages[0] == pages[1]
    assert not signed_in(client)
    assert not TrailEntry.objects.filter(action="users.sign_in").exists()


def test_a_disabled_person_is_told_so_only_with_the_right_password(ada: User, bob: User, client: HostClient) -> None:
    user_disable(user=bob, actor=SYSTEM)
    assert login(client, bob.email, "wrong-password").status_code == 422
    assert login(client, bob.email)["Location"] == "/account/disabled/"
    assert client.get("/account/disabled/").status_code == 200
    assert not signed_in(client)


def test_after_five_wrong_passwords_the_right_one_waits_too(ada: User, client: HostClient, client_for, tenant) -> None:
    for number in range(5):
        there = client_for(tenant)
        assert there.post(
            SIGN_IN,
            {"login": ada.email, "password": "wrong-password"},
            headers={"host": f"north.localhost:{7000 + number}"},
        )
    assert login(client).status_code == 422
    assert not signed_in(client)


def test_where_one_goes_after_signing_in_is_here(ada: User, client_for, tenant: TenantRef) -> None:
    for target, expected in (
        ("/people/", "/people/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://south.localhost:8000/", "/"),
        ("http://north.localhost/", "/"),
        ("javascript:alert(1)", "/"),
    ):
        assert login(client_for(tenant), next=target)["Location"] == expected


def test_pages_are_pages_whatever_the_caller_accepts(ada: User, client: HostClient) -> None:
    answer = client.post(
        SIGN_IN,
        {"login": ada.email, "password": "wrong-password"},
        headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"},
    )
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/html")


def test_signing_out_ends_the_session(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    key = client.session.session_key
    assert client.get("/account/sign-out/").status_code == 200
    assert client.post("/account/sign-out/").status_code == 302
    assert not Session.objects.filter(pk=key).exists()
    assert TrailEntry.objects.filter(action="users.sign_out").count() == 1
    assert not signed_in(client)


def test_pages_run_under_the_strict_policy(ada: User, sign_in: SignIn, client_for, tenant: TenantRef) -> None:
    client, stranger = sign_in(ada), client_for(tenant)
    make_app(ada)
    pages = [
        stranger.get(SIGN_IN),
        stranger.get("/account/password/reset/"),
        *[client.get(path) for path in ("/account/second-factor/", "/account/passkeys/add/", "/people/account/")],
    ]
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        assert "script-src 'self'" in page["Content-Security-Policy"]
        assert "unsafe" not in page["Content-Security-Policy"]
        for tag in re.findall(r"<script[^>]*>", text):
            assert "src=" in tag or 'type="application/json"' in tag, tag
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def ask_reset(client: HostClient, email: str = "ada@example.org") -> Any:
    return client.post("/account/password/reset/", {"email": email})


def open_reset(client: HostClient, mail: dict[str, str]) -> Any:
    """Follow a reset link; the page that it ends on."""
    return client.get(path_in(mail), follow=True)


def test_a_forgotten_password_is_replaced_once(ada: User, client: HostClient, client_for, tenant, mail_to) -> None:
    assert ask_reset(client).status_code == 302
    (mail,) = mail_to(ada.email)
    assert mail["subject"] == "A new password for North Ltd"
    page = open_reset(client, mail)
    assert page.status_code == 200
    assert page.redirect_chain[-1][0].endswith("-set-password/")
    path = page.redirect_chain[-1][0]
    assert client.post(path, {"password1": "short", "password2": "short"}).status_code == 422
    done = client.post(path, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert done.status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)
    assert ada.credential_version == 2
    assert not signed_in(client)
    assert open_reset(client_for(tenant), mail).status_code == 410
    assert TrailEntry.objects.get(action="users.set_password").object_id == str(ada.pk)
    assert [each["kind"] for each in mail_to(ada.email)][-1] == "account/email/password_reset"


def test_a_reset_link_names_the_stored_host_whatever_the_request_names(ada: User, client: HostClient, mail_to) -> None:
    client.post(
        "/account/password/reset/",
        {"email": ada.email},
        headers={"host": "WWW.north.localhost.:9999", "x-forwarded-host": "evil.example"},
    )
    assert link_in(mail_to(ada.email)[-1]).startswith("http://north.localhost:8000/account/password/reset/")


def test_asking_for_an_unknown_address_looks_the_same(ada: User, client: HostClient, mail_to) -> None:
    known, unknown = ask_reset(client), ask_reset(client, "nobody@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail_to("nobody@example.org")) == len(mail_to(ada.email)) == 1
    assert "http" not in mail_to("nobody@example.org")[0]["body"]


def test_a_reset_link_of_one_twin_is_dead_in_the_other(
    ada: User, client: HostClient, client_for, other_tenant: TenantRef, mail_to
) -> None:
    ask_reset(client)
    (mail,) = mail_to(ada.email)
    with tenant_context(other_tenant):
        User.objects.create(id=ada.pk, email=ada.email, password=ada.password, last_login=ada.last_login)
    there = client_for(other_tenant)
    assert open_reset(there, mail).status_code == 410
    assert open_reset(client_for("platform"), mail).status_code == 410
    assert open_reset(client, mail).status_code == 200
    with tenant_context(other_tenant):
        assert User.objects.get().password == ada.password


@pytest.mark.parametrize(
    "spoil", [lambda p: p[:-2] + "x/", lambda p: p.replace("-", "-x", 1), lambda p: p[:30] + "-a/"]
)
def test_a_spoiled_reset_link_is_dead(ada: User, client: HostClient, mail_to, spoil) -> None:
    ask_reset(client)
    assert client.get(spoil(path_in(mail_to(ada.email)[0])), follow=True).status_code == 410


def test_a_reset_link_dies_after_two_hours_and_with_any_change(ada: User, client, client_for, tenant, mail_to) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        ask_reset(client)
        clock.shift(timedelta(hours=2))
        assert open_reset(client_for(tenant), mail_to(ada.email)[0]).status_code == 200
        clock.shift(1)
        assert open_reset(client_for(tenant), mail_to(ada.email)[0]).status_code == 410
    make_user("second@example.org")
    ask_reset(client)
    user_disable(user=ada, actor=SYSTEM)
    assert open_reset(client_for(tenant), mail_to(ada.email)[-1]).status_code == 410


def test_a_reset_keeps_the_second_factor(ada: User, client: HostClient, mail_to) -> None:
    make_app(ada)
    ask_reset(client)
    path = open_reset(client, mail_to(ada.email)[0]).redirect_chain[-1][0]
    client.post(path, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert login(client, password=NEW_PASSWORD)["Location"] == "/account/second-factor/enter/"
    assert not signed_in(client)


def test_resets_are_not_asked_for_without_end(ada: User, client: HostClient, mail_to) -> None:
    assert [ask_reset(client).status_code for _ in range(4)] == [302, 302, 302, 429]
    assert len(mail_to(ada.email)) == 3


def test_changing_the_password_keeps_this_session_and_ends_the_others(
    ada: User, sign_in: SignIn, client_for, tenant: TenantRef, mail_to
) -> None:
    client, other = sign_in(ada), client_for(tenant)
    login(other)
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post("/account/password/change/", {**form, "oldpassword": "wrong"}).status_code == 422
    assert client.post("/account/password/change/", form).status_code == 302
    assert signed_in(client)
    assert not signed_in(other)
    assert TrailEntry.objects.get(action="users.set_password").actor_id == str(ada.pk)
    assert mail_to(ada.email)[-1]["subject"] == "Your password for North Ltd was changed"


def test_changing_the_address_takes_effect_when_it_is_confirmed(ada: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    assert client.post("/account/email/", {"action_add": "1", "email": "Lovelace@Example.org"}).status_code == 302
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"
    (mail,) = mail_to("lovelace@example.org")
    assert client.get("/account/email/").status_code == 200
    page = client.get(path_in(mail))
    assert page.status_code == 200
    client.post(path_in(mail))
    ada.refresh_from_db()
    assert ada.email == "lovelace@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("lovelace@example.org", True)]
    entry = TrailEntry.objects.get(action="users.change_email")
    assert entry.changes == {"email": {"from": "ada@example.org", "to": "lovelace@example.org"}}
    assert "ada@example.org" in mail_to("ada@example.org")[-1]["body"]
    assert client.get(path_in(mail)).status_code == 410


def test_a_confirmation_of_one_twin_is_dead_in_the_other(ada: User, client, client_for, other_tenant, mail_to) -> None:
    dora = make_user("dora@example.org", verified=False)
    assert login(client, dora.email)["Location"] == "/account/email/sent/"
    (mail,) = mail_to(dora.email)
    with tenant_context(other_tenant):
        User.objects.create(id=dora.pk, email=dora.email)
        address = EmailAddress.objects.create(user_id=dora.pk, email=dora.email, primary=True)
        EmailConfirmation.objects.create(email_address=address, key="0" * 64, sent=now())
    there = client_for(other_tenant)
    assert there.get(path_in(mail)).status_code == 410
    assert there.post(path_in(mail)).status_code == 404
    with tenant_context(other_tenant):
        assert not EmailAddress.objects.get().verified
    assert client.post(path_in(mail)).status_code == 302
    assert EmailAddress.objects.get(user=dora).verified
    assert login(client, dora.email)["Location"] == "/"


def test_opening_a_link_of_somebody_else_signs_nobody_out(ada: User, bob: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(bob)
    dora = make_user("dora@example.org", verified=False)
    confirmation_send(user=dora)
    confirm = path_in(mail_to(dora.email)[0])
    assert client.get(confirm).status_code == 200
    assert signed_in(client)
    ask_reset(client)
    page = open_reset(client, mail_to(ada.email)[0])
    assert page.status_code == 200
    assert signed_in(client)
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(page.redirect_chain[-1][0], form).status_code == 302
    assert not signed_in(client)
    login(client, bob.email)
    client.post(confirm)
    assert not signed_in(client)


@pytest.mark.parametrize(
    "path", ["sign-out/", "email/", "password/change/", "confirm-yourself/", "second-factor/app/add/"]
)
def test_nothing_is_changed_without_the_csrf_token(ada: User, client_for, tenant: TenantRef, path: str) -> None:
    client = client_for(tenant, enforce_csrf_checks=True)
    client.force_login(ada)
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "password": PASSWORD}
    form |= {"email": "x@example.org", "action_add": "1"}
    assert client.post(f"/account/{path}", form).status_code == 403
    assert signed_in(client)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_whoever_confirms_an_address_takes_it_from_a_registration_that_never_did(
    ada: User, sign_in: SignIn, mail_to
) -> None:
    squatter = make_user("lovelace@example.org", verified=False)
    client = sign_in(ada)
    client.post("/account/email/", {"action_add": "1", "email": "lovelace@example.org"})
    assert client.post(path_in(mail_to("lovelace@example.org")[-1])).status_code == 302
    ada.refresh_from_db()
    assert ada.email == "lovelace@example.org"
    assert not User.objects.filter(pk=squatter.pk).exists()


def test_a_refused_page_undoes_what_it_had_begun(ada: User, sign_in: SignIn, monkeypatch) -> None:
    client = sign_in(ada)
    client.raise_request_exception = False
    monkeypatch.setattr("shared_apps.users.adapter.mail_queue", lambda **_: 1 / 0)
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post("/account/password/change/", form).status_code == 500
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert (ada.credential_version, Mail.objects.count()) == (1, 0)


def test_a_read_only_tenant_s_people_sign_in_and_out_by_page(ada: User, tenant: TenantRef, client: HostClient) -> None:
    app = make_app(ada)
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(state="read_only")
    directory().forget()
    try:
        assert login(client)["Location"] == "/account/second-factor/enter/"
        assert client.post("/account/second-factor/enter/", {"code": code_of(app)})["Location"] == "/"
        assert signed_in(client)
        form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        assert client.post("/account/password/change/", form).status_code == 403
        assert client.post("/account/sign-out/").status_code == 302
        assert not signed_in(client)
    finally:
        directory().forget()
