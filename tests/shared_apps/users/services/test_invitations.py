from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.actors import person_actor
from shared_apps.users.credentials import secret_hash
from shared_apps.users.errors import EmailTaken, InvitationUnusable, PasswordRefused, RoleBeyondOwn
from shared_apps.users.models import Invitation, User
from shared_apps.users.selectors import invitation_with, user_get, user_is_verified
from shared_apps.users.services import (
    invitation_accept,
    invitation_create,
    invitation_revoke,
    user_disable,
    user_roles_change,
)
from tests.shared_apps.users.conftest import link_in
from tests.support.factories.users import PASSWORD, make_user

MailTo = Callable[[str], list[dict[str, str]]]


def token_of(mail: dict[str, str]) -> str:
    return parse_qs(urlsplit(link_in(mail)).query)["token"][0]


@pytest.fixture
def invited(ada: User, mail_to: MailTo) -> Callable[..., tuple[Invitation, str]]:
    """Invite somebody as Ada; the invitation, and the token of its mail."""

    def invite(email: str = "cleo@example.org", role: str = "staff", by: User = ada) -> tuple[Invitation, str]:
        invitation = invitation_create(email=email, roles=[role], actor=person_actor(user_get(by.pk)))
        return invitation, token_of(mail_to(invitation.email)[-1])

    return invite


def test_an_invitation_lets_one_person_in_with_its_role(invited, mail_to: MailTo, inside: TenantRef) -> None:
    invitation, token = invited("Cleo@Example.org")
    (mail,) = mail_to("cleo@example.org")
    assert mail["subject"] == "You are invited to North Ltd"
    assert "Ada invites you to North Ltd." in mail["body"]
    assert link_in(mail).startswith("http://north.localhost:8000/people/join/?token=")
    assert invitation.token_hash == secret_hash(token)
    user = invitation_accept(token=token, name="Cleo", password=PASSWORD, address="192.0.2.9")
    assert (user.email, user.name, user_is_verified(user)) == ("cleo@example.org", "Cleo", True)
    assert [role.code for role in user.roles.all()] == ["staff"]
    invitation.refresh_from_db()
    assert (invitation.state, invitation.accepted_by) == ("accepted", user)
    entry = TrailEntry.objects.get(action="users.accept_invitation")
    assert (entry.actor_id, entry.address) == (str(user.pk), "192.0.2.9")


def test_it_works_once(invited) -> None:
    _, token = invited()
    invitation_accept(token=token, name="Cleo", password=PASSWORD)
    with pytest.raises(InvitationUnusable):
        invitation_accept(token=token, name="Again", password=PASSWORD)
    assert User.objects.filter(email="cleo@example.org").count() == 1
    assert invitation_with(token) is None


def test_it_works_for_a_week(invited) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        _, token = invited()
        clock.shift(timedelta(days=7, seconds=-1))
        assert invitation_with(token)
        clock.shift(1)
        assert invitation_with(token) is None
        with pytest.raises(InvitationUnusable):
            invitation_accept(token=token, name="Cleo", password=PASSWORD)
    assert not User.objects.filter(email="cleo@example.org").exists()


def test_one_that_was_taken_back_is_dead(invited) -> None:
    invitation, token = invited()
    assert invitation_revoke(invitation=invitation, actor=SYSTEM).state == "revoked"
    invitation_revoke(invitation=invitation, actor=SYSTEM)
    assert TrailEntry.objects.filter(action="users.revoke_invitation").count() == 1
    with pytest.raises(InvitationUnusable):
        invitation_accept(token=token, name="Cleo", password=PASSWORD)


def test_one_that_was_accepted_stays_accepted(invited) -> None:
    invitation, token = invited()
    invitation_accept(token=token, name="Cleo", password=PASSWORD)
    assert invitation_revoke(invitation=invitation, actor=SYSTEM).state == "accepted"


def test_a_second_one_replaces_the_first(invited) -> None:
    _, first = invited()
    _, second = invited(role="reviewer")
    assert invitation_with(first) is None
    assert invitation_with(second).roles.get().code == "reviewer"


def test_a_link_of_one_tenant_is_dead_in_the_other(invited, other_tenant: TenantRef) -> None:
    invitation, token = invited()
    with tenant_context(other_tenant):
        Invitation.objects.create(
            id=invitation.pk,
            email=invitation.email,
            token_hash="0" * 64,
            expires_at=invitation.expires_at,
        )
        with pytest.raises(InvitationUnusable):
            invitation_accept(token=token, name="Cleo", password=PASSWORD)
        assert not User.objects.exists()


@pytest.mark.parametrize("token", ["", "guess", "é", "0" * 64])
def test_a_guessed_token_opens_nothing(inside: TenantRef, token: str) -> None:
    assert invitation_with(token) is None
    with pytest.raises(InvitationUnusable):
        invitation_accept(token=token, name="Cleo", password=PASSWORD)


def test_it_dies_with_the_right_of_whoever_invited(invited, ada: User) -> None:
    second = make_user("second@example.org")
    _, first = invited(by=second)
    user_roles_change(user=second, roles=["member"], actor=SYSTEM)
    with pytest.raises(InvitationUnusable):
        invitation_accept(token=first, name="Cleo", password=PASSWORD)
    third = make_user("third@example.org")
    _, other = invited("dora@example.org", by=third)
    user_disable(user=third, actor=SYSTEM)
    with pytest.raises(InvitationUnusable):
        invitation_accept(token=other, name="Dora", password=PASSWORD)
    assert User.objects.count() == 3


def test_one_of_the_system_needs_nobody(inside: TenantRef, mail_to: MailTo) -> None:
    invitation_create(email="owner@example.org", roles=["tenant_admin"], actor=SYSTEM)
    (mail,) = mail_to("owner@example.org")
    assert "You are invited to North Ltd." in mail["body"]
    assert invitation_accept(token=token_of(mail), name="Owner", password=PASSWORD).email == "owner@example.org"


def test_who_is_here_is_not_invited(invited, bob: User) -> None:
    with pytest.raises(EmailTaken):
        invited("BOB@example.org")
    assert not Invitation.objects.exists()


def test_an_easy_password_is_refused_and_the_link_still_works(invited) -> None:
    _, token = invited()
    with pytest.raises(PasswordRefused):
        invitation_accept(token=token, name="Cleo", password="short")
    assert not User.objects.filter(email="cleo@example.org").exists()
    assert invitation_with(token)


def test_somebody_who_came_in_otherwise_keeps_the_account(invited) -> None:
    _, token = invited()
    make_user("cleo@example.org", roles=["member"])
    with pytest.raises(EmailTaken):
        invitation_accept(token=token, name="Cleo", password=PASSWORD)
    assert [role.code for role in User.objects.get(email="cleo@example.org").roles.all()] == ["member"]


def test_nobody_invites_beyond_their_own_role(invited, ada: User, mail_to: MailTo) -> None:
    firm = make_user("firm@example.org", roles=["firm_admin"])
    with pytest.raises(RoleBeyondOwn):
        invited(role="tenant_admin", by=firm)
    assert mail_to("cleo@example.org") == []
