from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import caches

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantRef, directory, platform_context, tenant_context
from shared_apps.tenants.models import Tenant
from shared_apps.users.models import RefreshToken, TokenFamily, User
from shared_apps.users.services import user_disable
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer
from tests.support.factories.second_factors import code_of, make_app, make_recovery_codes
from tests.support.factories.users import PASSWORD, make_api_key, make_tokens, make_user

API = "/api/v1/auth"


def post(client: HostClient, path: str, body: dict[str, Any], prefix: str = API, **headers: str) -> Any:
    return client.post(f"{prefix}/{path}/", body, content_type="application/json", headers=headers)


def login(client: HostClient, email: str = "ada@example.org", password: str = PASSWORD, **more: str) -> Any:
    return post(client, "login", {"email": email, "password": password, **more})


def test_signing_in_gives_tokens_that_work(ada: User, client: HostClient, inside: TenantRef) -> None:
    answer = login(client, "ADA@Example.org")
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] in (298, 299, 300)
    assert "sessionid" not in answer.cookies
    assert answer["Cache-Control"] == "no-store, private"
    me = client.get(f"{API}/me/", headers=bearer(body["access"])).json()
    assert me["credential"] == "token"
    assert me["user"]["email"] == "ada@example.org"
    assert me["user"]["roles"] == ["tenant_admin"]
    assert me["site"] == {"kind": "tenant", "id": str(inside.uuid), "slug": "north", "name": "North Ltd"}
    assert "users.invite" in me["permissions"]
    assert "tenants.delete" not in me["permissions"]


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(ada: User, bob: User, client: HostClient) -> None:
    user_disable(user=bob, actor=SYSTEM)
    answers = [
        login(client, "nobody@example.org"),
        login(client, password="wrong-password"),
        login(client, "bob@example.org"),
        login(client, "no address"),
    ]
    bodies = []
    for answer in answers:
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        body = answer.json()
        del body["request_id"]
        bodies.append(body)
    assert all(body == bodies[0] for body in bodies)
    assert not TokenFamily.objects.exists()


def test_an_unknown_address_costs_a_password_hash_too(ada: User, client: HostClient, monkeypatch) -> None:
    hashed: list[str] = []
    original = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    for email in ("ada@example.org", "nobody@example.org", "no address"):
        hashed.clear()
        login(client, email, "wrong-password")
        assert hashed == ["wrong-password"]


def test_five_wrong_passwords_lock_the_address_for_a_while_whatever_its_spelling(ada: User, client: HostClient) -> None:
    with time_machine.travel(now(), tick=True) as clock:
        for email in ("ada@example.org", "ADA@example.org", " ada@Example.org ", "ada@example.org", "ada@example.org"):
            assert login(client, email, "wrong-password").status_code == 401
        locked = login(client)
        assert locked.status_code == 429
        assert locked.json()["type"] == "/problems/rate_limited"
        assert int(locked["Retry-After"]) > 0
        clock.shift(timedelta(minutes=5, seconds=1))
        assert login(client).status_code == 200


def test_the_lock_is_not_escaped_by_another_port_or_address_in_headers(ada: User, client_for, tenant) -> None:
    for number in range(5):
        there = client_for(tenant)
        answer = there.post(
            f"{API}/login/",
            {"email": "ada@example.org", "password": "wrong-password"},
            content_type="application/json",
            headers={"host": f"north.localhost:{7000 + number}", "x-forwarded-for": f"203.0.113.{number}"},
        )
        assert answer.status_code == 401
    assert login(client_for(tenant)).status_code == 429


def test_right_passwords_do_not_wear_the_limit_down(ada: User, client: HostClient) -> None:
    for _ in range(7):
        assert login(client).status_code == 200


def test_the_lock_of_one_tenant_is_none_in_the_other(ada: User, client, client_for, other_tenant: TenantRef) -> None:
    for _ in range(5):
        login(client, password="wrong-password")
    with tenant_context(other_tenant):
        make_user("ada@example.org")
    assert login(client).status_code == 429
    assert login(client_for(other_tenant)).status_code == 200


def test_nobody_signs_in_while_attempts_cannot_be_counted(ada: User, client: HostClient, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = login(client)
    assert answer.status_code == 503
    assert not TokenFamily.objects.exists()


def test_a_second_factor_is_asked_for_here_too(ada: User, client: HostClient) -> None:
    app = make_app(ada)
    codes = make_recovery_codes(ada)
    missing = login(client)
    assert (missing.status_code, missing.json()["type"]) == (401, "/problems/mfa_required")
    wrong = login(client, totp="000000")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/mfa_failed")
    assert not TokenFamily.objects.exists()
    code = code_of(app)
    assert login(client, totp=code).status_code == 200
    assert login(client, totp=code).json()["type"] == "/problems/mfa_failed"
    assert login(client, recovery_code=codes[0]).status_code == 200
    assert login(client, recovery_code=codes[0]).status_code == 401
    assert login(client, totp=codes[1]).status_code == 401


def test_codes_are_not_guessed_without_end(ada: User, client: HostClient) -> None:
    app = make_app(ada)
    for _ in range(5):
        assert login(client, totp="000000").status_code == 401
    assert login(client, totp=code_of(app)).status_code == 429


def test_an_address_that_is_not_confirmed_signs_nobody_in(client: HostClient, inside: TenantRef, mail_to) -> None:
    make_user("dora@example.org", verified=False)
    answer = login(client, "dora@example.org")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/email_unverified")
    assert len(mail_to("dora@example.org")) == 1
    assert not TokenFamily.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.org"},
        {"email": "ada@example.org", "password": PASSWORD, "admin": True},
        {"email": ["ada@example.org"], "password": PASSWORD},
        {"email": "ada@example.org", "password": "x" * 2000},
    ],
    ids=str,
)
def test_a_malformed_sign_in_is_400(ada: User, client: HostClient, body) -> None:
    assert post(client, "login", body).status_code == 400
    assert not TokenFamily.objects.exists()


def test_refreshing_rotates_and_reuse_ends_everything_after_it(ada: User, client: HostClient) -> None:
    first = login(client).json()
    second = post(client, "refresh", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert client.get(f"{API}/me/", headers=bearer(second.json()["access"])).status_code == 200
    again = post(client, "refresh", {"refresh": first["refresh"]})
    assert (again.status_code, again.json()["type"]) == (401, "/problems/authentication_failed")
    assert client.get(f"{API}/me/", headers=bearer(second.json()["access"])).status_code == 401
    assert post(client, "refresh", {"refresh": second.json()["refresh"]}).status_code == 401


def test_an_idempotency_key_does_not_shield_a_stolen_token(ada: User, client: HostClient) -> None:
    first = login(client).json()
    post(client, "refresh", {"refresh": first["refresh"]})
    post(client, "refresh", {"refresh": first["refresh"]}, **{"Idempotency-Key": "0" * 32})
    assert TokenFamily.objects.get().revoked_for == "reused"


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(ada: User, client: HostClient) -> None:
    pair = login(client).json()
    assert post(client, "refresh", {"refresh": pair["access"]}).status_code == 401
    assert client.get(f"{API}/me/", headers=bearer(pair["refresh"])).status_code == 401
    assert RefreshToken.objects.get().used_at is None


def test_signing_out_by_access_token(ada: User, client: HostClient) -> None:
    pair, other = login(client).json(), login(client).json()
    assert post(client, "logout", {}, **bearer(pair["access"])).status_code == 204
    assert client.get(f"{API}/me/", headers=bearer(pair["access"])).status_code == 401
    assert post(client, "refresh", {"refresh": pair["refresh"]}).status_code == 401
    assert client.get(f"{API}/me/", headers=bearer(other["access"])).status_code == 200
    assert TokenFamily.objects.filter(revoked_for="signed_out").count() == 1


def test_signing_out_by_refresh_token(ada: User, client: HostClient) -> None:
    pair = login(client).json()
    assert post(client, "logout", {"refresh": pair["refresh"]}).status_code == 204
    assert client.get(f"{API}/me/", headers=bearer(pair["access"])).status_code == 401
    assert post(client, "logout", {"refresh": pair["refresh"]}).status_code == 401


def test_signing_out_by_session_needs_the_csrf_token(ada: User, sign_in, client_for, tenant) -> None:
    browser = client_for(tenant, enforce_csrf_checks=True)
    page = browser.get("/account/sign-in/")
    token = page.context["csrf_token"]
    browser.post("/account/sign-in/", {"login": ada.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert post(browser, "logout", {}).status_code == 403
    assert browser.get(f"{API}/me/").json()["credential"] == "session"
    fresh = browser.get("/people/account/").context["csrf_token"]
    assert post(browser, "logout", {}, **{"X-CSRFToken": str(fresh)}).status_code == 204
    assert browser.get(f"{API}/me/").status_code == 401


def test_signing_out_needs_something_to_sign_out_of(ada: User, client: HostClient) -> None:
    assert post(client, "logout", {}).status_code == 401
    assert post(client, "logout", {"refresh": "x"}).status_code == 401
    assert post(client, "logout", {}, **bearer(make_api_key(ada).text)).status_code == 401
    pair = make_tokens(ada)
    assert post(client, "logout", {"refresh": pair.access}).status_code == 401
    assert TokenFamily.objects.get().revoked_at is None


def test_registration_is_closed_by_default(client: HostClient, inside: TenantRef) -> None:
    answer = post(client, "register", {"email": "dora@example.org", "name": "Dora", "password": PASSWORD})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/registration_closed")
    assert not User.objects.exists()


@pytest.fixture
def open_house(tenant: TenantRef) -> Iterator[TenantRef]:
    """The first twin, where the registry says that anybody may register."""
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(options={"registration_open": True})
    directory().forget()
    with tenant_context(replace(tenant, options=MappingProxyType({"registration_open": True}))):
        yield tenant
    directory().forget()


def test_registration_tells_nobody_who_is_known(open_house: TenantRef, client: HostClient, mail_to) -> None:
    make_user("ada@example.org")
    bodies = []
    for email in ("dora@example.org", "ada@example.org"):
        answer = post(client, "register", {"email": email, "name": "Dora", "password": PASSWORD})
        assert answer.status_code == 202
        bodies.append(answer.json())
    assert bodies[0] == bodies[1]
    assert [role.code for role in User.objects.get(email="dora@example.org").roles.all()] == ["member"]
    assert len(mail_to("dora@example.org")) == len(mail_to("ada@example.org")) == 1


def test_registration_gives_no_role_that_is_asked_for(open_house: TenantRef, client: HostClient) -> None:
    body = {"email": "dora@example.org", "name": "Dora", "password": PASSWORD}
    for extra in ({"role": "tenant_admin"}, {"roles": ["tenant_admin"]}, {"is_active": True}, {"id": "1"}):
        assert post(client, "register", body | extra).status_code == 400
    assert not User.objects.exists()
    weak = post(client, "register", body | {"password": "short"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")
    bad = post(client, "register", body | {"email": "nobody"})
    assert bad.status_code == 400


def test_registrations_from_one_address_are_counted(open_house: TenantRef, client: HostClient) -> None:
    for number in range(10):
        body = {"email": f"p{number}@example.org", "name": "P", "password": PASSWORD}
        assert post(client, "register", body).status_code == 202
    body = {"email": "p11@example.org", "name": "P", "password": PASSWORD}
    assert post(client, "register", body).status_code == 429
    assert User.objects.count() == 10


def test_the_platform_has_its_own_sign_in_and_no_registration(on_platform: None, client_for) -> None:
    root = make_user("root@example.org", roles=["platform_admin"])
    client = client_for("platform")
    body = {"email": root.email, "password": PASSWORD}
    pair = post(client, "login", body, prefix="/api/platform/v1/auth").json()
    me = client.get("/api/platform/v1/auth/me/", headers=bearer(pair["access"])).json()
    assert me["site"] == {"kind": "platform", "id": None, "slug": None, "name": "Livery"}
    assert "users.invite" in me["permissions"]
    register = {"email": "x@example.org", "name": "X", "password": PASSWORD}
    assert post(client, "register", register, prefix="/api/platform/v1/auth").status_code == 404


def test_limits_of_the_pages_and_of_rest_are_one(ada: User, client: HostClient) -> None:
    for _ in range(5):
        client.post("/account/sign-in/", {"login": "ada@example.org", "password": "wrong-password"})
    assert login(client).status_code == 429
    caches["default"].clear()
    assert login(client).status_code == 200
