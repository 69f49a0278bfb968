from typing import Any

import pytest

from core.actor import SYSTEM
from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import Invitation, User
from shared_apps.users.services import user_disable
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer
from tests.support.factories.users import make_api_key, make_tokens, make_user

USERS = "/api/v1/users"


@pytest.fixture
def api(client: HostClient, ada: User) -> Any:
    """Ada's requests, by API key."""
    headers = bearer(make_api_key(ada).text)

    def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if method == "get":
            return client.get(path, headers=headers)
        return getattr(client, method)(path, body or {}, content_type="application/json", headers=headers)

    return call


def test_people_are_listed_searched_and_filtered(api, ada: User, bob: User) -> None:
    user_disable(user=bob, actor=SYSTEM)
    listed = api("get", f"{USERS}/").json()["results"]
    assert [row["email"] for row in listed] == ["bob@example.org", "ada@example.org"]
    assert set(listed[0]) == {
        "id",
        "email",
        "name",
        "is_active",
        "language",
        "time_zone",
        "roles",
        "date_joined",
        "last_login",
        "second_factor",
    }
    for query, expected in (
        ("search=Bo", ["bob@example.org"]),
        ("is_active=true", ["ada@example.org"]),
        ("role=member", ["bob@example.org"]),
        ("state=disabled", ["bob@example.org"]),
        ("second_factor=on", []),
        ("second_factor=off&state=active", ["ada@example.org"]),
        ("ordering=email", ["ada@example.org", "bob@example.org"]),
    ):
        assert [row["email"] for row in api("get", f"{USERS}/?{query}").json()["results"]] == expected
    assert api("get", f"{USERS}/?password=x").status_code == 400


def test_one_person(api, bob: User) -> None:
    row = api("get", f"{USERS}/{bob.pk}/").json()
    assert (row["id"], row["roles"], row["is_active"]) == (str(bob.pk), ["member"], True)


def test_a_foreign_a_missing_and_a_malformed_id_are_answered_alike(api, other_tenant: TenantRef) -> None:
    with tenant_context(other_tenant):
        eve = make_user("eve@example.org")
    bodies = set()
    for key in (eve.pk, uuid7(), "nonsense"):
        for method, path in (
            ("get", ""),
            ("post", "disable/"),
            ("post", "enable/"),
            ("post", "roles/"),
        ):
            answer = api(method, f"{USERS}/{key}/{path}", {"roles": []} if path == "roles/" else None)
            assert answer.status_code == 404
            body = answer.json()
            del body["request_id"]
            bodies.add(str(body))
    assert len(bodies) == 1
    with tenant_context(other_tenant):
        assert User.objects.get().is_active


def test_inviting_sends_a_mail_and_never_shows_the_link(api, mail_to) -> None:
    answer = api("post", f"{USERS}/invite/", {"email": "Cleo@example.org", "role": "staff"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["email"], body["roles"], body["state"]) == ("cleo@example.org", ["staff"], "open")
    (mail,) = mail_to("cleo@example.org")
    token = mail["body"].partition("token=")[2].split()[0]
    assert token not in answer.content.decode()
    listed = api("get", "/api/v1/invitations/?search=cleo").json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    assert api("get", f"/api/v1/invitations/{body['id']}/").json()["state"] == "open"
    assert api("post", f"/api/v1/invitations/{body['id']}/revoke/").json()["state"] == "revoked"
    assert Invitation.objects.get().state == "revoked"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "bob@example.org", "role": "staff"}, 409),
        ({"email": "nobody", "role": "staff"}, 400),
        ({"email": "cleo@example.org", "role": "janitor"}, 404),
        ({"email": "cleo@example.org"}, 400),
        ({"email": "cleo@example.org", "role": "staff", "invited_by": "x"}, 400),
        ({"email": "cleo@example.org", "role": "platform_admin"}, 404),
    ],
    ids=str,
)
def test_a_refused_invitation_leaves_nothing(api, bob: User, body, status: int) -> None:
    assert api("post", f"{USERS}/invite/", body).status_code == status
    assert not Invitation.objects.exists()


def test_disabling_and_enabling(api, bob: User) -> None:
    off = api("post", f"{USERS}/{bob.pk}/disable/", {"reason": "Left"})
    assert (off.status_code, off.json()["is_active"]) == (200, False)
    on = api("post", f"{USERS}/{bob.pk}/enable/")
    assert (on.status_code, on.json()["is_active"]) == (200, True)
    assert api("post", f"{USERS}/{bob.pk}/enable/", {"x": 1}).status_code == 400


def test_roles_are_set_as_a_whole(api, bob: User, ada: User) -> None:
    changed = api("post", f"{USERS}/{bob.pk}/roles/", {"roles": ["staff", "reviewer"]})
    assert sorted(changed.json()["roles"]) == ["reviewer", "staff"]
    last = api("post", f"{USERS}/{ada.pk}/roles/", {"roles": []})
    assert (last.status_code, last.json()["type"]) == (409, "/problems/last_administrator")
    assert api("post", f"{USERS}/{bob.pk}/roles/", {"roles": ["janitor"]}).status_code == 404


def test_a_firm_administrator_has_no_say_over_an_administrator(client: HostClient, ada: User, bob: User) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    make_user("second@example.org")
    headers = bearer(make_tokens(firm).access)
    for action, body in (("disable", {}), ("enable", {}), ("roles", {"roles": ["member"]})):
        refused = client.post(f"{USERS}/{ada.pk}/{action}/", body, content_type="application/json", headers=headers)
        assert refused.status_code == 403
        assert "may do more than you" in refused.json()["detail"]
    beyond = client.post(
        f"{USERS}/{bob.pk}/roles/", {"roles": ["tenant_admin"]}, content_type="application/json", headers=headers
    )
    assert (beyond.status_code, beyond.json()["type"]) == (403, "/problems/role_beyond_own")
    fresh = User.objects.get(pk=ada.pk)
    assert (fresh.is_active, fresh.credential_version) == (True, 1)


def test_roles_are_listed_with_what_they_allow(api) -> None:
    rows = {row["code"]: row for row in api("get", "/api/v1/roles/").json()["results"]}
    assert len(rows) == 7
    assert "users.invite" in rows["tenant_admin"]["permissions"]
    assert "users.invite" not in rows["member"]["permissions"]
    assert "tenants.delete" not in rows["tenant_admin"]["permissions"]
    one = api("get", f"/api/v1/roles/{rows['cfo']['id']}/").json()
    assert (one["code"], one["is_system"]) == ("cfo", True)
