from collections.abc import Callable

import pytest

from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import Role, User
from tests.conftest import HostClient
from tests.support.factories.users import make_user

SignIn = Callable[[User], HostClient]
CLERK = {"name": "Clerk", "permissions": ["users.view", "api_keys.view"]}


@pytest.fixture
def clerk(inside: TenantRef) -> Role:
    return Role.objects.create(code="clerk", name="Clerk", permissions=["users.view"])


def test_roles_are_shown_with_what_they_allow(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    cfo = Role.objects.get(code="cfo")
    page = client.get(f"/people/roles/{cfo.pk}/").content.decode()
    assert "Read the trail" in page
    assert "Change the organisation&#x27;s details" in page
    assert f"/people/roles/new/?copy={cfo.pk}" in page
    assert f"/people/roles/{cfo.pk}/change/" not in page
    assert "Administrator" in client.get("/people/roles/").content.decode()


def test_a_role_is_made_from_a_copy_changed_and_deleted(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    copied = client.get(f"/people/roles/new/?copy={Role.objects.get(code='reviewer').pk}").content.decode()
    assert 'value="Reviewer, copy"' in copied
    made = client.post("/people/roles/new/", CLERK)
    role = Role.objects.get(name="Clerk")
    assert (made.status_code, made["Location"]) == (303, f"/people/roles/{role.pk}/")
    assert "Clerk" in client.get(f"/people/roles/{role.pk}/change/").content.decode()
    changed = client.post(f"/people/roles/{role.pk}/change/", {"name": "Scribe", "permissions": ["users.view"]})
    assert changed.status_code == 303
    role.refresh_from_db()
    assert (role.name, role.permissions) == ("Scribe", ["users.view"])
    assert "can no longer be given" in client.get(f"/people/roles/{role.pk}/delete/").content.decode()
    assert client.post(f"/people/roles/{role.pk}/delete/").status_code == 303
    assert not Role.objects.filter(pk=role.pk).exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "permissions": ["users.view"]}, "This field is required"),
        ({"name": "Clerk", "permissions": []}, "This field is required"),
        ({"name": "Clerk", "permissions": ["tenants.delete"]}, "Select a valid choice"),
        ({"name": "administrator", "permissions": ["users.view"]}, "Another role has this name."),
        ({"name": " \0 ", "permissions": ["users.view"]}, "Null characters are not allowed."),
    ],
    ids=str,
)
def test_a_refused_role_is_422_with_the_reason(ada: User, sign_in: SignIn, form, words: str) -> None:
    answer = sign_in(ada).post("/people/roles/new/", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Role.objects.filter(is_system=False).count() == 0


def test_a_role_in_use_or_built_in_stays(ada: User, clerk: Role, sign_in: SignIn) -> None:
    make_user("carl@example.org", roles=["clerk"])
    client = sign_in(ada)
    answer = client.post(f"/people/roles/{clerk.pk}/delete/")
    assert (answer.status_code, "Somebody has this role" in answer.content.decode()) == (422, True)
    cfo = Role.objects.get(code="cfo")
    for path in ("change", "delete"):
        assert client.post(f"/people/roles/{cfo.pk}/{path}/", CLERK | {"name": "X"}).status_code == 422
    assert Role.objects.filter(pk__in=[clerk.pk, cfo.pk]).count() == 2


def test_missing_foreign_and_malformed_roles_are_answered_alike(
    ada: User, sign_in: SignIn, other_tenant: TenantRef
) -> None:
    with tenant_context(other_tenant):
        foreign = Role.objects.create(code="clerk", name="Clerk", permissions=["users.view"])
    client = sign_in(ada)
    for key in (foreign.pk, uuid7()):
        for path in ("", "change/", "delete/"):
            assert client.get(f"/people/roles/{key}/{path}").status_code == 404
    for copied in (foreign.pk, "nonsense"):
        assert client.get(f"/people/roles/new/?copy={copied}").status_code == 404
