from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.users.api.authentication import _no_view
from shared_apps.users.models import ApiKey, RefreshToken, Role, RoleAssignment, TokenFamily, User
from shared_apps.users.services import password_set, sign_out_everywhere, user_disable, user_roles_change
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer
from tests.support.factories.users import PASSWORD, make_api_key, make_tokens, make_user

ME = "/api/v1/auth/me/"


@pytest.fixture
def credentials(ada: User, sign_in: Callable[[User], HostClient], client_for, tenant: TenantRef) -> dict[str, Any]:
    """Ada's three ways in: name to a function that asks who she is."""
    make_user("second@example.org")
    browser = sign_in(ada)
    access, key = make_tokens(ada).access, make_api_key(ada).text
    return {
        "session": lambda: browser.get(ME),
        "token": lambda: client_for(tenant).get(ME, headers=bearer(access)),
        "api_key": lambda: client_for(tenant).get(ME, headers=bearer(key)),
    }


@pytest.mark.parametrize("kind", ["session", "token", "api_key"])
def test_each_credential_says_who_it_is(credentials: dict[str, Any], kind: str) -> None:
    answer = credentials[kind]()
    assert answer.status_code == 200
    assert answer.json()["credential"] == kind


@pytest.mark.parametrize(
    "end",
    [
        lambda user: user_disable(user=user, actor=SYSTEM),
        lambda user: user_roles_change(user=user, roles=["cfo"], actor=SYSTEM),
        lambda user: password_set(user=user, password="another-long-phrase", actor=SYSTEM),
        lambda user: sign_out_everywhere(user=user, actor=SYSTEM),
    ],
    ids=["disabled", "role", "password", "everywhere"],
)
@pytest.mark.parametrize("kind", ["session", "token", "api_key"])
def test_the_next_request_feels_it(credentials: dict[str, Any], ada: User, kind: str, end) -> None:
    assert credentials[kind]().status_code == 200
    end(ada)
    assert credentials[kind]().status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer  x",
        "Bearer a b",
        "Bearer lvk_",
        "Bearer lvk_abcdefghijkm_short",
        "Bearer é",
        "Basic YWRhOnBhc3N3b3Jk",
        "Token abc",
        "lvk_abc",
        "",
    ],
)
def test_a_malformed_header_is_401_and_never_anonymous(ada: User, sign_in, header: str) -> None:
    browser = sign_in(ada)
    answer = browser.get(ME, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_every_refusal_says_the_same(ada: User, client: HostClient, other_tenant: TenantRef) -> None:
    with tenant_context(other_tenant):
        foreign = make_tokens(make_user("eve@example.org")).access
    bodies = set()
    for text in ("x.y.z", foreign, make_tokens(ada).refresh, f"lvk_abcdefghijkm_{'x' * 43}"):
        answer = client.get(ME, headers=bearer(text))
        assert answer.status_code == 401
        body = answer.json()
        del body["request_id"]
        bodies.add(str(body))
    assert len(bodies) == 1


def test_a_session_writes_only_with_its_csrf_token(ada: User, client_for, tenant: TenantRef) -> None:
    browser = client_for(tenant, enforce_csrf_checks=True)
    token = browser.get("/account/sign-in/").context["csrf_token"]
    browser.post("/account/sign-in/", {"login": ada.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    body = {"email": "cleo@example.org", "role": "staff"}
    refused = browser.post("/api/v1/users/invite/", body, content_type="application/json")
    assert refused.status_code == 403
    fresh = str(browser.get("/people/account/").context["csrf_token"])
    taken = browser.post("/api/v1/users/invite/", body, content_type="application/json", headers={"X-CSRFToken": fresh})
    assert taken.status_code == 201
    key = make_api_key(ada).text
    other = client_for(tenant, enforce_csrf_checks=True)
    body["email"] = "dora@example.org"
    by_key = other.post("/api/v1/users/invite/", body, content_type="application/json", headers=bearer(key))
    assert by_key.status_code == 201


def test_a_header_counts_before_the_session(ada: User, bob: User, sign_in) -> None:
    browser = sign_in(ada)
    answer = browser.get(ME, headers=bearer(make_tokens(bob).access))
    assert answer.json()["user"]["email"] == "bob@example.org"


def test_use_of_a_key_is_noted(ada: User, client: HostClient) -> None:
    key = make_api_key(ada)
    assert client.get(ME, headers=bearer(key.text)).status_code == 200
    assert ApiKey.objects.get(pk=key.id).last_used_at is not None


def test_an_access_token_ends_after_five_minutes(ada: User, client: HostClient) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        access = make_tokens(ada).access
        clock.shift(299)
        assert client.get(ME, headers=bearer(access)).status_code == 200
        clock.shift(2)
        assert client.get(ME, headers=bearer(access)).status_code == 401


def copy_everything(person: User, there: TenantRef) -> None:
    """Make the other twin's rows equal to the first's, secrets included: the worst clone of a tenant there can be."""
    rows = {
        model: list(model.objects.order_by("pk").values())
        for model in (User, TokenFamily, RefreshToken, ApiKey, Session)
    }
    with tenant_context(there):
        for model, values in rows.items():
            model.objects.bulk_create(model(**each) for each in values)
        RoleAssignment.objects.create(user_id=person.pk, role=Role.objects.get(code="tenant_admin"))


@pytest.mark.parametrize("kind", ["token", "session"])
def test_a_credential_of_one_twin_is_nothing_in_the_other_though_every_row_is_the_same(
    ada: User, sign_in, client_for, other_tenant: TenantRef, kind: str
) -> None:
    browser = sign_in(ada)
    access = make_tokens(ada).access
    copy_everything(ada, other_tenant)
    there = client_for(other_tenant)
    if kind == "session":
        there.cookies["sessionid"] = browser.cookies["sessionid"].value
        assert there.get(ME).status_code == 401
        assert browser.get(ME).status_code == 200
    else:
        assert there.get(ME, headers=bearer(access)).status_code == 401
        assert client_for("platform").get("/api/platform/v1/auth/me/", headers=bearer(access)).status_code == 401


def test_a_key_of_a_tenant_is_nothing_on_the_platform(ada: User, client_for) -> None:
    key = make_api_key(ada).text
    assert client_for("platform").get("/api/platform/v1/auth/me/", headers=bearer(key)).status_code == 401


def test_a_key_of_the_platform_is_nothing_in_a_tenant(on_platform: None, client_for, tenant: TenantRef) -> None:
    with platform_context():
        root = make_user("root@example.org", roles=["platform_admin"])
        key, access = make_api_key(root).text, make_tokens(root).access
    assert client_for("platform").get("/api/platform/v1/auth/me/", headers=bearer(key)).status_code == 200
    for text in (key, access):
        assert client_for(tenant).get(ME, headers=bearer(text)).status_code == 401


def test_the_view_that_the_csrf_check_is_shown_is_not_exempt() -> None:
    assert not getattr(_no_view, "csrf_exempt", False)
    assert _no_view(HttpRequest()).content == b""
