import pytest

from core.actor import SYSTEM
from core.permissions import check
from shared_apps.trail.models import TrailEntry
from shared_apps.users.actors import person_actor
from shared_apps.users.errors import RoleBeyondOwn, RoleBuiltIn, RoleInUse, RoleRefused
from shared_apps.users.models import InvitationRole, Role, User
from shared_apps.users.selectors import user_get
from shared_apps.users.services import (
    invitation_create,
    invitation_revoke,
    role_change,
    role_create,
    role_delete,
)
from shared_apps.users.services import roles as module
from tests.support.factories.users import make_user


@pytest.fixture
def clerk(ada: User) -> Role:
    return role_create(name="  Cl\u00e9rk  of all ", permissions=["users.view"], actor=person_actor(ada))


def test_a_role_gets_a_code_and_leaves_a_trail(clerk: Role) -> None:
    assert (clerk.name, clerk.code[:13]) == ("Cl\u00e9rk of all", "clerk_of_all_")
    assert TrailEntry.objects.get(action="roles.create").changes == {"permissions": ["users.view"]}
    assert role_create(name="\u6797", permissions=["users.view"], actor=SYSTEM).code.startswith("role_")


def test_whoever_has_it_feels_a_change_with_the_next_request(clerk: Role, ada: User) -> None:
    carl = make_user("carl@example.org", roles=[clerk.code])
    assert not check("users.invite", person_actor(carl))
    role_change(role=clerk, name="Clerk", permissions=["users.invite"], actor=person_actor(ada))
    assert check("users.invite", person_actor(user_get(carl.pk)))
    assert not check("users.view", person_actor(user_get(carl.pk)))
    assert TrailEntry.objects.get(action="roles.edit").changes["permissions"]["to"] == ["users.invite"]
    role_change(role=clerk, name="Clerk", permissions=["users.invite"], actor=person_actor(ada))
    assert TrailEntry.objects.filter(action="roles.edit").count() == 1


def test_nobody_gives_or_takes_what_goes_beyond_their_own(ada: User, clerk: Role) -> None:
    Role.objects.create(code="keeper", name="Keeper", permissions=["roles.edit", "users.view"])
    keeper = person_actor(make_user("kim@example.org", roles=["keeper"]))
    strong = role_create(name="Strong", permissions=["api_keys.manage"], actor=person_actor(ada))
    with pytest.raises(RoleBeyondOwn):
        role_create(name="Mine", permissions=["users.view", "users.invite"], actor=keeper)
    with pytest.raises(RoleBeyondOwn):
        role_change(role=clerk, name="Clerk", permissions=["users.view", "users.invite"], actor=keeper)
    with pytest.raises(RoleBeyondOwn):
        role_change(role=strong, name="Strong", permissions=["users.view"], actor=keeper)
    with pytest.raises(RoleBeyondOwn):
        role_delete(role=strong, actor=keeper)
    assert set(Role.objects.filter(is_system=False).values_list("name", flat=True)) == {
        "Cl\u00e9rk of all",
        "Keeper",
        "Strong",
    }


@pytest.mark.parametrize("permissions", [[], ["no.such"], ["tenants.delete"]])
def test_actions_of_other_realms_and_none_are_refused(ada: User, permissions: list[str]) -> None:
    with pytest.raises(RoleRefused):
        role_create(name="Clerk", permissions=permissions, actor=SYSTEM)
    assert not Role.objects.filter(is_system=False).exists()


def test_names_are_each_s_own(clerk: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "x" * 101, "ACCOUNTANT"):
        with pytest.raises(RoleRefused):
            role_create(name=name, permissions=["users.view"], actor=SYSTEM)
    # Somebody takes the code in the same moment.
    monkeypatch.setattr(module, "_code", lambda name: clerk.code)
    with pytest.raises(RoleRefused):
        role_create(name="Another", permissions=["users.view"], actor=SYSTEM)


def test_only_a_role_that_nobody_has_or_waits_for_is_deleted(clerk: Role) -> None:
    invitation = invitation_create(email="cleo@example.org", roles=[clerk.code], actor=SYSTEM)
    with pytest.raises(RoleInUse):
        role_delete(role=clerk, actor=SYSTEM)
    invitation_revoke(invitation=invitation, actor=SYSTEM)
    role_delete(role=clerk, actor=SYSTEM)
    assert not InvitationRole.objects.exists()
    assert TrailEntry.objects.get(action="roles.delete").object_label == clerk.name
    with pytest.raises(RoleBuiltIn):
        role_delete(role=Role.objects.get(code="cfo"), actor=SYSTEM)
