from dataclasses import replace

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from core.actor import SYSTEM, Actor
from core.clock import now
from core.errors import NotFound
from core.tenancy import TenantRef
from shared_apps.trail.models import TrailEntry
from shared_apps.users.actors import person_actor
from shared_apps.users.errors import EmailTaken, LastAdministrator, PasswordRefused, PersonInactive, RoleBeyondOwn
from shared_apps.users.models import Invitation, Role, User
from shared_apps.users.selectors import permissions_of, user_get
from shared_apps.users.services import (
    owner_account_create,
    password_set,
    sign_out_everywhere,
    unclaimed_discard,
    user_create,
    user_disable,
    user_enable,
    user_profile_change,
    user_roles_change,
)
from tenant_apps.events.models import OutboxEvent
from tests.support.factories.users import PASSWORD, make_user


def trail(action: str) -> list[TrailEntry]:
    return list(TrailEntry.objects.filter(action=action))


def kinds() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("kind", flat=True))


def acting(user: User) -> Actor:
    return person_actor(user_get(user.pk), address="192.0.2.1")


def test_a_new_person_has_an_address_roles_and_a_trail(inside: TenantRef) -> None:
    user = user_create(email=" Ada@Example.org ", name=" Ada ", password=PASSWORD, roles=["cfo", "staff"], actor=SYSTEM)
    assert (user.email, user.name, user.check_password(PASSWORD)) == ("ada@example.org", "Ada", True)
    assert {role.code for role in user.roles.all()} == {"cfo", "staff"}
    assert EmailAddress.objects.get(user=user).verified
    assert [entry.changes for entry in trail("users.create")] == [
        {"email": "ada@example.org", "roles": ["cfo", "staff"]}
    ]
    assert kinds() == ["users.created"]


def test_without_a_password_nobody_can_sign_in_with_one(inside: TenantRef) -> None:
    user = user_create(email="ada@example.org", actor=SYSTEM)
    assert not user.has_usable_password()
    assert str(user) == "ada@example.org"


def test_a_hash_that_was_made_elsewhere_is_taken_over(inside: TenantRef) -> None:
    user = user_create(email="ada@example.org", password_hash=make_password(PASSWORD), actor=SYSTEM)
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"email": "ada@example.org"}, EmailTaken),
        ({"email": "nobody"}, ValidationError),
        ({"password": "short"}, PasswordRefused),
        ({"password": "password123"}, PasswordRefused),
        ({"password": "cleo@example"}, PasswordRefused),
        ({"roles": ["janitor"]}, NotFound),
        ({"roles": ["platform_admin"]}, NotFound),
    ],
    ids=str,
)
def test_a_refused_person_leaves_nothing(ada: User, values, error) -> None:
    before = len(kinds())
    with pytest.raises(error):
        user_create(**{"email": "cleo@example.org", "password": PASSWORD, "actor": SYSTEM, **values})
    assert User.objects.count() == 1
    assert (len(trail("users.create")), len(kinds())) == (1, before)


def test_a_refused_password_says_why(inside: TenantRef) -> None:
    with pytest.raises(PasswordRefused) as refused:
        user_create(email="ada@example.org", password="password", actor=SYSTEM)
    assert {error["code"] for error in refused.value.errors} == {"password_too_short", "password_too_common"}
    assert {error["field"] for error in refused.value.errors} == {"password"}


def test_what_else_the_database_refuses_is_not_called_a_taken_address(ada: User, monkeypatch) -> None:
    monkeypatch.setattr("shared_apps.users.services.people.normalise_email", str.upper)
    with pytest.raises(IntegrityError):
        user_create(email="cleo@example.org", actor=SYSTEM)


def test_a_registration_that_nobody_confirmed_gives_way_to_one_that_is(inside: TenantRef) -> None:
    squatter = user_create(email="ada@example.org", password=PASSWORD, verified=False, actor=SYSTEM)
    owner = user_create(email="ada@example.org", name="Ada", actor=SYSTEM)
    assert list(User.objects.all()) == [owner]
    assert owner.pk != squatter.pk


def test_a_registration_that_was_used_stays(inside: TenantRef) -> None:
    user = user_create(email="ada@example.org", verified=False, actor=SYSTEM)
    unclaimed_discard(email="ada@example.org", keep=user)
    User.objects.filter(pk=user.pk).update(last_login=now())
    unclaimed_discard(email="ada@example.org")
    assert User.objects.get() == user


def test_nobody_gives_a_role_that_allows_more_than_they_may(ada: User) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    with pytest.raises(RoleBeyondOwn):
        user_create(email="cleo@example.org", roles=["tenant_admin"], actor=acting(firm))
    bob = make_user("bob@example.org", roles=["member"])
    with pytest.raises(RoleBeyondOwn):
        user_roles_change(user=bob, roles=["tenant_admin"], actor=acting(firm))
    assert [role.code for role in user_get(bob.pk).roles.all()] == ["member"]
    assert user_roles_change(user=bob, roles=[], actor=acting(firm)).credential_version == 2


def test_nobody_takes_a_role_that_allows_more_than_they_may(ada: User) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    other = make_user("other@example.org", roles=["tenant_admin"])
    with pytest.raises(RoleBeyondOwn):
        user_roles_change(user=other, roles=["member"], actor=acting(firm))
    assert [role.code for role in user_get(other.pk).roles.all()] == ["tenant_admin"]


def test_a_key_gives_only_what_its_scopes_include(ada: User) -> None:
    limited = replace(acting(ada), kind="api_key", scopes=frozenset({"users.invite", "users.view"}))
    with pytest.raises(RoleBeyondOwn):
        user_create(email="cleo@example.org", roles=["staff"], actor=limited)


def test_a_role_that_the_tenant_made_allows_what_it_lists_and_no_action_of_the_platform(inside: TenantRef) -> None:
    Role.objects.create(code="clerk", name="Clerk", permissions=["users.view", "tenants.delete", "no.such"])
    assert permissions_of(make_user(roles=["clerk"])) == {"users.view"}


def test_roles_are_replaced_and_end_what_is_signed_in(ada: User, bob: User) -> None:
    changed = user_roles_change(user=bob, roles=["staff", "reviewer"], actor=acting(ada))
    assert {role.code for role in changed.roles.all()} == {"staff", "reviewer"}
    assert changed.credential_version == bob.credential_version + 1
    (entry,) = trail("users.change_role")
    assert entry.changes == {"roles": {"from": ["member"], "to": ["reviewer", "staff"]}}
    assert entry.actor_id == str(ada.pk)
    assert kinds()[-1] == "users.roles_changed"


def test_the_same_roles_change_nothing(ada: User, bob: User) -> None:
    assert user_roles_change(user=bob, roles=["member"], actor=acting(ada)).credential_version == bob.credential_version
    assert trail("users.change_role") == []


def test_a_disabled_person_gets_no_roles(ada: User, bob: User) -> None:
    user_disable(user=bob, actor=acting(ada))
    with pytest.raises(PersonInactive):
        user_roles_change(user=bob, roles=["staff"], actor=acting(ada))


def test_disabling_and_enabling_each_end_what_is_signed_in(ada: User, bob: User) -> None:
    off = user_disable(user=bob, actor=acting(ada), reason="Left")
    assert (off.is_active, off.credential_version) == (False, 2)
    assert user_disable(user=bob, actor=acting(ada)).credential_version == 2
    on = user_enable(user=bob, actor=acting(ada))
    assert (on.is_active, on.credential_version) == (True, 3)
    assert user_enable(user=bob, actor=acting(ada)).credential_version == 3
    assert [entry.summary for entry in trail("users.disable")] == ["Left"]
    assert len(trail("users.enable")) == 1
    assert kinds()[-2:] == ["users.disabled", "users.enabled"]


def test_the_last_administrator_stays(ada: User, bob: User) -> None:
    for change in (
        lambda: user_disable(user=ada, actor=SYSTEM),
        lambda: user_roles_change(user=ada, roles=["member"], actor=SYSTEM),
    ):
        with pytest.raises(LastAdministrator):
            change()
    fresh = user_get(ada.pk)
    assert fresh.is_active
    assert [role.code for role in fresh.roles.all()] == ["tenant_admin"]
    assert fresh.credential_version == ada.credential_version


def test_a_disabled_administrator_does_not_count(ada: User) -> None:
    second = make_user("second@example.org")
    user_disable(user=second, actor=SYSTEM)
    with pytest.raises(LastAdministrator):
        user_disable(user=ada, actor=SYSTEM)
    user_enable(user=second, actor=SYSTEM)
    assert not user_disable(user=ada, actor=SYSTEM).is_active


def test_the_platform_keeps_an_administrator_too(on_platform: None) -> None:
    root = make_user("root@example.org", roles=["platform_admin"])
    with pytest.raises(LastAdministrator):
        user_roles_change(user=root, roles=["support"], actor=SYSTEM)
    make_user("second@example.org", roles=["platform_admin"])
    assert [role.code for role in user_roles_change(user=root, roles=["support"], actor=SYSTEM).roles.all()] == [
        "support"
    ]


def test_a_new_password_ends_what_is_signed_in(ada: User) -> None:
    password_set(user=ada, password="another-long-phrase", actor=acting(ada))
    fresh = user_get(ada.pk)
    assert fresh.check_password("another-long-phrase")
    assert fresh.credential_version == 2 == ada.credential_version
    assert len(trail("users.set_password")) == 1
    with pytest.raises(PasswordRefused):
        password_set(user=ada, password="ada@example.org", actor=acting(ada))
    assert user_get(ada.pk).check_password("another-long-phrase")


def test_signing_out_everywhere_raises_the_version(ada: User) -> None:
    assert sign_out_everywhere(user=ada, actor=acting(ada)).credential_version == 2
    assert len(trail("users.sign_out_everywhere")) == 1


def test_a_profile_changes_only_where_it_differs(ada: User) -> None:
    same = {"name": "Ada", "language": "", "time_zone": ""}
    user_profile_change(user=ada, actor=acting(ada), **same)
    assert trail("users.change_profile") == []
    user_profile_change(user=ada, actor=acting(ada), **{**same, "name": " Ada L. ", "time_zone": "Europe/Berlin"})
    fresh = user_get(ada.pk)
    assert (fresh.name, fresh.time_zone, fresh.credential_version) == ("Ada L.", "Europe/Berlin", 1)
    assert set(trail("users.change_profile")[0].changes) == {"name", "time_zone"}


def test_the_owner_of_a_new_organisation_gets_in_by_password(inside: TenantRef) -> None:
    for _ in range(2):
        owner_account_create(email="Owner@example.org", name="Owner", password_hash=make_password(PASSWORD))
    owner = User.objects.get()
    assert (owner.email, owner.check_password(PASSWORD)) == ("owner@example.org", True)
    assert [role.code for role in owner.roles.all()] == ["tenant_admin"]


def test_the_owner_of_a_new_organisation_gets_in_by_invitation(inside: TenantRef) -> None:
    for _ in range(2):
        owner_account_create(email="owner@example.org", name="Owner")
    assert Invitation.objects.get().roles.get().code == "tenant_admin"
    assert not User.objects.exists()
