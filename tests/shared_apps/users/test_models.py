from datetime import timedelta
from hashlib import md5

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from core.clock import now
from core.ids import uuid7
from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.users.choices import SYSTEM_ROLE_IDS, FamilyEnd, PlatformRole, TenantRole
from shared_apps.users.models import (
    ApiKey,
    Invitation,
    InvitationRole,
    Mail,
    RefreshToken,
    Role,
    RoleAssignment,
    TokenFamily,
    User,
)
from tests.support.factories.users import PASSWORD, make_user


def refused(make) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_every_tenant_has_the_same_built_in_roles_and_the_platform_has_its_own(
    tenant: TenantRef, other_tenant: TenantRef
) -> None:
    expected = {(SYSTEM_ROLE_IDS[code], str(code)) for code in TenantRole}
    for each in (tenant, other_tenant):
        with tenant_context(each):
            assert set(Role.objects.values_list("id", "code")) == expected
            assert all(role.is_system and not role.permissions for role in Role.objects.all())
    with platform_context():
        assert set(Role.objects.values_list("id", "code")) == {
            (SYSTEM_ROLE_IDS[code], str(code)) for code in PlatformRole
        }


def test_an_address_is_taken_once_in_any_case(inside: TenantRef) -> None:
    User.objects.create(email="ada@example.org")
    refused(lambda: User.objects.create(email="ada@example.org"))
    refused(lambda: User.objects.create(email="Ada@example.org"))
    refused(lambda: User.objects.create(email=""))


def test_the_same_person_may_be_in_two_tenants_under_one_id(tenant: TenantRef, other_tenant: TenantRef) -> None:
    key = uuid7()
    for each in (tenant, other_tenant):
        with tenant_context(each):
            User.objects.create(id=key, email="ada@example.org", name=each.slug)
    with tenant_context(tenant):
        assert User.objects.get(pk=key).name == "north"


def test_a_person_is_found_by_address_in_any_case(ada: User) -> None:
    assert User.objects.get_by_natural_key("ADA@example.org") == ada


def test_a_version_below_one_is_refused(ada: User) -> None:
    ada.credential_version = 0
    refused(lambda: ada.save())


def test_a_built_in_role_keeps_its_actions_in_code(inside: TenantRef) -> None:
    role = Role.objects.get(code="cfo")
    role.permissions = ["users.view"]
    refused(lambda: role.save())
    refused(lambda: Role.objects.create(code="Clerk", name="Clerk"))
    refused(lambda: Role.objects.create(code="", name="Clerk"))
    refused(lambda: Role.objects.create(code="cfo", name="Second"))
    refused(lambda: Role.objects.create(code="second", name="ACCOUNTANT"))
    assert str(Role.objects.create(code="clerk", name="Clerk", permissions=["users.view"])) == "Clerk"


def test_a_role_is_held_once_and_not_deleted_while_held(ada: User) -> None:
    role = ada.roles.get()
    refused(lambda: RoleAssignment.objects.create(user=ada, role=role))
    with pytest.raises(ProtectedError):
        role.delete()
    assert str(RoleAssignment.objects.get()) == f"{ada.pk} {role.pk}"


def make_invitation(**values) -> Invitation:
    defaults = {
        "email": "cleo@example.org",
        "token_hash": uuid7().hex * 2,
        "expires_at": now() + timedelta(days=1),
    }
    return Invitation.objects.create(**defaults | values)


def test_an_address_has_one_open_invitation(inside: TenantRef) -> None:
    first = make_invitation()
    assert str(first) == "cleo@example.org"
    refused(make_invitation)
    first.revoked_at = now()
    first.save()
    second = make_invitation()
    refused(lambda: make_invitation(email="dora@example.org", token_hash=second.token_hash))
    refused(lambda: make_invitation(email="Dora@example.org"))
    refused(lambda: make_invitation(email="dora@example.org", expires_at=now() - timedelta(days=1)))
    refused(lambda: make_invitation(email="dora@example.org", revoked_at=now(), accepted_at=now()))


def test_an_invitation_brings_a_role_once(inside: TenantRef) -> None:
    invitation, role = make_invitation(), Role.objects.get(code="member")
    invitation.roles.add(role)
    refused(lambda: InvitationRole.objects.create(invitation=invitation, role=role))
    assert str(InvitationRole.objects.get()) == f"{invitation.pk} {role.pk}"


def test_an_invitation_is_in_one_state(inside: TenantRef) -> None:
    invitation = make_invitation()
    assert invitation.state == "open"
    invitation.expires_at = now()
    assert invitation.state == "expired"
    invitation.revoked_at = now()
    assert invitation.state == "revoked"
    invitation.accepted_at, invitation.revoked_at = now(), None
    assert invitation.state == "accepted"


def test_a_key_is_in_one_state(ada: User) -> None:
    key = ApiKey.objects.create(
        owner=ada, name="Shop", public_id="abc", secret_hash="0" * 64, credential_version=ada.credential_version
    )
    assert (str(key), key.hint, key.state) == ("Shop", "lvk_abc_…", "active")
    ada.credential_version += 1
    assert key.state == "ended"
    ada.credential_version -= 1
    ada.is_active = False
    assert key.state == "ended"
    key.expires_at = now()
    assert key.state == "expired"
    key.revoked_at = now()
    assert key.state == "revoked"
    refused(lambda: ApiKey.objects.create(owner=ada, name="", public_id="d", secret_hash="", credential_version=1))
    refused(lambda: ApiKey.objects.create(owner=ada, name="x", public_id="abc", secret_hash="", credential_version=1))


def test_an_ended_family_says_why(ada: User) -> None:
    family = TokenFamily.objects.create(user=ada, credential_version=1, expires_at=now())
    token = RefreshToken.objects.create(family=family, jti_hash="a" * 64, expires_at=now())
    assert (str(family), str(token)) == (str(family.pk), str(token.pk))
    refused(lambda: RefreshToken.objects.create(family=family, jti_hash="a" * 64, expires_at=now()))
    family.revoked_at = now()
    refused(lambda: family.save())
    family.revoked_at, family.revoked_for = None, FamilyEnd.REUSED
    refused(lambda: family.save())


def test_a_message_that_is_done_keeps_no_text(inside: TenantRef) -> None:
    mail = Mail.objects.create(kind="hello", recipient="ada@example.org", sealed="v1…")
    assert str(mail) == f"hello {mail.pk}"
    mail.sent_at = now()
    refused(lambda: mail.save())
    mail.sealed, mail.failed_at = "", now()
    refused(lambda: mail.save())


def test_a_session_belongs_to_its_tenant_version_and_password(ada: User, other_tenant: TenantRef) -> None:
    first = ada.get_session_auth_hash()
    assert first == ada.get_session_auth_hash()
    with tenant_context(other_tenant):
        assert ada.get_session_auth_hash() != first
    ada.credential_version += 1
    assert ada.get_session_auth_hash() != first
    ada.credential_version -= 1
    ada.password = "other"
    assert ada.get_session_auth_hash() != first


def test_an_older_hash_is_renewed_but_not_in_a_read_only_tenant(inside: TenantRef, settings) -> None:
    settings.PASSWORD_HASHERS = [
        "shared_apps.users.hashers.Argon2Hasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    user = make_user()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    User.objects.filter(pk=user.pk).update(password="md5$salt$" + md5(b"salt" + PASSWORD.encode()).hexdigest())
    user.refresh_from_db()
    with tenant_context(inside, read_only=True):
        assert user.check_password(PASSWORD)
        assert not user.check_password("wrong")
    assert user.password.startswith("md5$")
    assert user.check_password(PASSWORD)
    user.refresh_from_db()
    assert user.password.startswith("argon2$")
