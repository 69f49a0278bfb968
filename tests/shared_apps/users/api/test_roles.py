from typing import Any

import pytest

from shared_apps.users.models import Invitation, Role, User
from shared_apps.users.selectors import has_second_factor
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer
from tests.support.factories.second_factors import make_app
from tests.support.factories.users import make_api_key, make_user

ROLES = "/api/v1/roles/"


@pytest.fixture
def api(client: HostClient, ada: User) -> Any:
    """Requests by API key, Ada's unless it is somebody else's."""

    def call(method: str, path: str, body: Any = None, *, by: User = ada) -> Any:
        headers = bearer(make_api_key(by).text)
        if method == "get":
            return client.get(path, headers=headers)
        return getattr(client, method)(path, body or {}, content_type="application/json", headers=headers)

    return call


def test_a_role_is_made_changed_and_deleted(api: Any) -> None:
    made = api("post", ROLES, {"name": "Clerk", "permissions": ["users.view"]})
    assert (made.status_code, made.json()["is_system"]) == (201, False)
    one = made["Location"]
    assert api("patch", one, {"name": "Scribe"}).json()["permissions"] == ["users.view"]
    assert api("put", one, {"name": "Scribe", "permissions": ["roles.view"]}).json()["permissions"] == ["roles.view"]
    assert api("get", one).json()["name"] == "Scribe"
    assert api("delete", one).status_code == 204
    assert not Role.objects.filter(is_system=False).exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "Clerk", "permissions": []}, 422),
        ({"name": "Clerk", "permissions": ["no.such"]}, 422),
        ({"name": "Accountant", "permissions": ["users.view"]}, 422),
        ({"name": "Clerk"}, 400),
        ({"name": "Clerk", "permissions": ["users.view"], "is_system": True}, 400),
    ],
    ids=str,
)
def test_a_refused_role_leaves_nothing(api: Any, body: Any, status: int) -> None:
    assert api("post", ROLES, body).status_code == status
    assert not Role.objects.filter(is_system=False).exists()


def test_built_in_roles_stay(api: Any) -> None:
    path = f"{ROLES}{Role.objects.get(code='member').pk}/"
    assert api("patch", path, {"name": "X"}).status_code == 409
    assert api("delete", path).status_code == 409
    assert Role.objects.get(code="member").name == "Member"


def test_roles_are_the_administrators_matter(api: Any) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    assert api("post", ROLES, {"name": "Clerk", "permissions": ["users.view"]}, by=firm).status_code == 403
    assert not Role.objects.filter(is_system=False).exists()


def test_several_are_invited_at_once_or_nobody(api: Any, bob: User, mail_to: Any) -> None:
    body = {"emails": ["Cleo@example.org", "dora@example.org"], "roles": ["staff", "reviewer"]}
    made = api("post", "/api/v1/invitations/", body)
    assert made.status_code == 201
    assert [row["email"] for row in made.json()["results"]] == ["cleo@example.org", "dora@example.org"]
    assert sorted(made.json()["results"][0]["roles"]) == ["reviewer", "staff"]
    refused = api("post", "/api/v1/invitations/", {"emails": ["eve@example.org", bob.email, "x"], "roles": ["staff"]})
    assert (refused.status_code, len(refused.json()["errors"])) == (422, 2)
    assert Invitation.objects.count() == 2
    one = f"/api/v1/invitations/{made.json()['results'][0]['id']}/"
    assert api("post", f"{one}resend/").status_code == 200
    assert len(mail_to("cleo@example.org")) == 2
    assert api("post", f"{one}revoke/").status_code == 200
    assert api("post", f"{one}resend/").json()["type"] == "/problems/invitation_closed"
    assert api("get", "/api/v1/invitations/?state=revoked").json()["results"][0]["email"] == "cleo@example.org"


def test_a_person_is_signed_out_and_their_factor_reset(api: Any, bob: User) -> None:
    path = f"/api/v1/users/{bob.pk}/"
    assert api("post", f"{path}sign-out/").status_code == 200
    assert api("post", f"{path}reset-second-factor/", {"reason": "Lost"}).status_code == 409
    make_app(bob)
    assert api("post", f"{path}reset-second-factor/", {}).status_code == 400
    answer = api("post", f"{path}reset-second-factor/", {"reason": "Lost"})
    assert (answer.status_code, answer.json()["second_factor"]) == (200, False)
    assert not has_second_factor(bob)
    bob.refresh_from_db()
    assert bob.credential_version == 3
