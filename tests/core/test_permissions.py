from collections.abc import Iterator

import pytest

from core import permissions
from core.actor import ANONYMOUS, SYSTEM, Actor
from core.errors import PermissionRefused
from core.permissions import (
    Decision,
    UnknownAction,
    action,
    actions,
    check,
    grantable,
    granted,
    require,
    role_grants,
)
from shared_apps.users.choices import PlatformRole, TenantRole


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    kept = dict(permissions._actions)
    yield
    permissions._actions.clear()
    permissions._actions.update(kept)


def actor_with(*codes: str, scopes: frozenset[str] | None = None) -> Actor:
    return Actor(kind="user", id="1", label="Ada", permissions=frozenset(codes), scopes=scopes)


def test_a_granted_action_is_for_those_whose_role_has_it() -> None:
    granted("attic.open", "Open the attic", roles=("cfo",))
    assert check("attic.open", actor_with("attic.open"))
    refused = check("attic.open", actor_with())
    assert not refused
    assert refused.reason == "Your role does not allow you to open the attic. Ask an administrator."
    assert not check("attic.open", ANONYMOUS)
    assert check("attic.open", SYSTEM)


def test_scopes_limit_what_the_roles_allow() -> None:
    granted("attic.open", "Open the attic", roles=("cfo",))
    assert not check("attic.open", actor_with("attic.open", scopes=frozenset({"cellar.open"})))
    assert not check("attic.open", actor_with("cellar.open", scopes=frozenset({"attic.open"})))


def test_require_raises_with_the_reason() -> None:
    action("attic.burn", "Burn the attic")(lambda actor, obj: Decision(False, "Nobody burns attics."))
    with pytest.raises(PermissionRefused, match="Nobody burns attics"):
        require("attic.burn", SYSTEM)
    granted("attic.open", "Open the attic")
    require("attic.open", SYSTEM)


def test_an_unknown_action_is_an_error_and_never_a_yes() -> None:
    with pytest.raises(UnknownAction):
        check("attic.opne", SYSTEM)


def test_an_action_is_registered_once_and_for_known_roles() -> None:
    granted("attic.open", "Open the attic", roles=("cfo",))
    with pytest.raises(ValueError, match="twice"):
        granted("attic.open", "Open the attic")
    with pytest.raises(ValueError, match="janitor"):
        granted("attic.sweep", "Sweep the attic", roles=("janitor",))
    assert "attic.sweep" not in actions()


def test_roles_know_what_they_grant() -> None:
    granted("attic.open", "Open the attic", roles=("cfo", "platform_admin"))
    granted("attic.burn", "Burn the attic")
    assert "attic.open" in role_grants("cfo")
    assert "attic.open" not in role_grants("member")
    assert role_grants("janitor") == frozenset()
    assert "attic.open" in grantable(permissions.TENANT_ROLES)
    assert "attic.burn" not in grantable((*permissions.TENANT_ROLES, *permissions.PLATFORM_ROLES))


def test_the_roles_of_code_are_the_roles_of_the_tables() -> None:
    assert tuple(TenantRole.values) == permissions.TENANT_ROLES
    assert tuple(PlatformRole.values) == permissions.PLATFORM_ROLES
