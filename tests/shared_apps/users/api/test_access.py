from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.clock import now
from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import ApiKey, TokenFamily, User
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer
from tests.support.factories.users import make_api_key, make_tokens, make_user

KEYS, SESSIONS, ME = "/api/v1/api-keys", "/api/v1/sessions", "/api/v1/auth/me/"


@pytest.fixture
def call(client_for, tenant: TenantRef) -> Callable[..., Any]:
    """Send a request with a credential from a browser that has no session."""

    def send(method: str, path: str, credential: str, body: dict[str, Any] | None = None) -> Any:
        browser = client_for(tenant)
        if body is None:
            return getattr(browser, method)(path, headers=bearer(credential))
        return getattr(browser, method)(path, body, content_type="application/json", headers=bearer(credential))

    return send


@pytest.fixture
def access(ada: User) -> str:
    return make_tokens(ada).access


def new_key(**values: Any) -> dict[str, Any]:
    return {"name": "Shop", "scopes": ["users.view"], **values}


def test_a_key_is_shown_once(call, access: str) -> None:
    made = call("post", f"{KEYS}/", access, new_key(expires_at=(now() + timedelta(days=1)).isoformat()))
    assert made.status_code == 201
    body = made.json()
    text = body.pop("key")
    assert text.startswith("lvk_")
    assert body["state"] == "active"
    assert made["Location"] == f"{KEYS}/{body['id']}/"
    assert call("get", "/api/v1/users/", text).status_code == 200
    assert call("get", "/api/v1/roles/", text).status_code == 403
    for path in (f"{KEYS}/", f"{KEYS}/{body['id']}/"):
        shown = call("get", path, access)
        assert shown.status_code == 200
        assert text not in shown.content.decode()
        assert text.rpartition("_")[2] not in shown.content.decode()


def test_its_answer_is_not_kept_for_a_retry(call, access: str, client_for, tenant: TenantRef) -> None:
    headers = {**bearer(access), "Idempotency-Key": "k" * 20}
    for _ in range(2):
        answer = client_for(tenant).post(f"{KEYS}/", new_key(), content_type="application/json", headers=headers)
        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (new_key(scopes=["no.such"]), 422),
        (new_key(scopes=["tenants.delete"]), 422),
        (new_key(scopes=[]), 400),
        ({"name": "Shop"}, 400),
        (new_key(name=""), 400),
        (new_key(owner="x"), 400),
        (new_key(expires_at="2020-01-01T00:00:00Z"), 422),
        (new_key(expires_at="tomorrow"), 400),
    ],
    ids=str,
)
def test_a_refused_key_leaves_nothing(call, access: str, body: dict[str, Any], status: int) -> None:
    assert call("post", f"{KEYS}/", access, body).status_code == status
    assert not ApiKey.objects.exists()


def test_null_scopes_follow_the_owner(call, access: str) -> None:
    text = call("post", f"{KEYS}/", access, new_key(scopes=None)).json()["key"]
    assert call("get", "/api/v1/roles/", text).status_code == 200


def test_a_key_with_scopes_cannot_widen_itself(call, ada: User) -> None:
    narrow = make_api_key(ada, scopes=["api_keys.create", "users.view"]).text
    assert call("post", f"{KEYS}/", narrow, new_key(scopes=None)).status_code == 422
    assert call("post", f"{KEYS}/", narrow, new_key(scopes=["users.invite"])).status_code == 422
    assert call("post", f"{KEYS}/", narrow, new_key()).status_code == 201
    assert call("get", f"{KEYS}/", narrow).status_code == 403


def test_revoking_and_deleting_end_a_key_and_keep_its_row(call, access: str, ada: User) -> None:
    first, second = make_api_key(ada), make_api_key(ada)
    revoked = call("post", f"{KEYS}/{first.id}/revoke/", access, {})
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert call("delete", f"{KEYS}/{second.id}/", access).status_code == 204
    assert call("get", ME, first.text).status_code == call("get", ME, second.text).status_code == 401
    assert ApiKey.objects.filter(revoked_at__isnull=False).count() == 2


def test_a_key_of_somebody_else_does_not_exist(call, ada: User, other_tenant: TenantRef) -> None:
    accountant = make_tokens(make_user("carl@example.org", roles=["accountant"])).access
    with tenant_context(other_tenant):
        foreign = make_api_key(make_user("eve@example.org")).id
    hidden = make_api_key(ada).id
    bodies = set()
    for key in (hidden, foreign, uuid7(), "x"):
        for method, path in (("get", ""), ("post", "revoke/"), ("delete", "")):
            answer = call(method, f"{KEYS}/{key}/{path}", accountant, None if method == "get" else {})
            assert answer.status_code == 404
            body = answer.json()
            del body["request_id"]
            bodies.add(str(body))
    assert len(bodies) == 1
    assert not ApiKey.objects.filter(revoked_at__isnull=False).exists()


def test_a_member_has_no_keys(call, bob: User) -> None:
    access = make_tokens(bob).access
    assert call("get", f"{KEYS}/", access).status_code == 403
    assert call("post", f"{KEYS}/", access, new_key()).status_code == 403


def test_an_administrator_ends_the_keys_of_others(call, access: str, ada: User) -> None:
    carl = make_user("carl@example.org", roles=["accountant"])
    key = make_api_key(carl)
    assert [row["owner"] for row in call("get", f"{KEYS}/", access).json()["results"]] == [str(carl.pk)]
    assert call("delete", f"{KEYS}/{key.id}/", access).status_code == 204


def test_sessions_are_listed_and_ended(call, ada: User, bob: User, sign_in) -> None:
    browser = sign_in(ada)
    pair, other = make_tokens(ada), make_tokens(ada)
    make_tokens(bob)
    rows = call("get", f"{SESSIONS}/", pair.access).json()["results"]
    assert [(row["kind"], row["current"]) for row in rows] == [
        ("program", False),
        ("program", True),
        ("browser", False),
    ]
    assert call("delete", f"{SESSIONS}/{rows[0]['id']}/", pair.access).status_code == 204
    assert call("get", ME, other.access).status_code == 401
    assert browser.get(f"{SESSIONS}/").json()["results"][-1]["current"] is True
    assert call("delete", f"{SESSIONS}/{rows[2]['id']}/", pair.access).status_code == 204
    assert browser.get(ME).status_code == 401
    assert call("get", ME, pair.access).status_code == 200


def test_other_people_s_sessions_do_not_exist(call, ada: User, bob: User) -> None:
    make_tokens(bob)
    family = TokenFamily.objects.get()
    access = make_tokens(ada).access
    for device in (family.pk, uuid7(), "x"):
        assert call("delete", f"{SESSIONS}/{device}/", access).status_code == 404
    assert TokenFamily.objects.get(pk=family.pk).revoked_at is None


def test_signing_out_everywhere(call, ada: User, sign_in) -> None:
    browser, pair, key = sign_in(ada), make_tokens(ada), make_api_key(ada)
    assert call("delete", f"{SESSIONS}/everywhere/", pair.access).status_code == 204
    assert call("get", ME, pair.access).status_code == call("get", ME, key.text).status_code == 401
    assert browser.get(ME).status_code == 401


def test_a_key_has_no_say_over_sessions(call, ada: User) -> None:
    key = make_api_key(ada).text
    make_tokens(ada)
    device = TokenFamily.objects.get().pk
    for method, path in (("get", ""), ("delete", f"{device}/"), ("delete", "everywhere/")):
        assert call(method, f"{SESSIONS}/{path}", key).status_code == 403
    assert TokenFamily.objects.get().revoked_at is None
    ada.refresh_from_db()
    assert ada.credential_version == 1


ROLES = ("tenant_admin", "firm_admin", "cfo", "accountant", "staff", "reviewer", "member")
MATRIX = [
    ("get", "/api/v1/users/", "11100 00"),
    ("get", "/api/v1/roles/", "11100 00"),
    ("get", "/api/v1/invitations/", "11000 00"),
    ("post", "/api/v1/users/invite/", "11000 00"),
    ("post", "/api/v1/users/{id}/disable/", "11000 00"),
    ("post", "/api/v1/users/{id}/enable/", "11000 00"),
    ("post", "/api/v1/users/{id}/roles/", "11000 00"),
    ("get", "/api/v1/api-keys/", "11110 00"),
    ("post", "/api/v1/api-keys/", "11110 00"),
    ("get", "/api/v1/sessions/", "11111 11"),
    ("get", "/api/v1/auth/me/", "11111 11"),
]


@pytest.mark.parametrize(("method", "path", "allowed"), MATRIX, ids=[f"{row[0]} {row[1]}" for row in MATRIX])
def test_who_may_do_what(call, bob: User, ada: User, method: str, path: str, allowed: str) -> None:
    for role, may in zip(ROLES, allowed.replace(" ", ""), strict=True):
        access = make_tokens(make_user(f"{role}@matrix.example", roles=[role])).access
        status = call(method, path.format(id=bob.pk), access, None if method == "get" else {}).status_code
        assert (status != 403) == (may == "1"), (role, status)


@pytest.mark.parametrize(("method", "path", "allowed"), MATRIX, ids=[f"{row[0]} {row[1]}" for row in MATRIX])
def test_nobody_unknown_does_anything(client: HostClient, bob: User, method: str, path: str, allowed: str) -> None:
    before = User.objects.count()
    answer = getattr(client, method)(path.format(id=bob.pk), {}, content_type="application/json")
    assert answer.status_code == 401
    assert User.objects.count() == before


def test_a_key_is_replaced_by_its_owner_alone(ada: User, client: HostClient) -> None:
    carl = make_user("carl@example.org", roles=["accountant"])
    key = make_api_key(carl, scopes=["api_keys.view", "api_keys.create"], expires_at=now() + timedelta(days=30))
    path = f"/api/v1/api-keys/{key.id}/rotate/"

    def post(text: str, body: Any) -> Any:
        return client.post(path, body, content_type="application/json", headers=bearer(text))

    assert post(make_api_key(ada).text, {}).status_code == 403
    assert post(key.text, {"overlap_hours": 169}).status_code == 400
    answer = post(key.text, {"overlap_hours": 2})
    assert answer.status_code == 201
    assert answer.json()["scopes"] == ["api_keys.create", "api_keys.view"]
    lifetime = ApiKey.objects.get(pk=answer.json()["id"]).expires_at - now()
    assert timedelta(days=29) < lifetime <= timedelta(days=30)
    assert ApiKey.objects.get(pk=key.id).expires_at <= now() + timedelta(hours=2)
    again = post(answer.json()["key"], {})
    assert (again.status_code, ApiKey.objects.get(pk=key.id).state) == (201, "revoked")
    assert post(answer.json()["key"], {}).json()["type"] == "/problems/key_ended"
    assert client.get("/api/v1/api-keys/?state=revoked", headers=bearer(again.json()["key"])).status_code == 200
