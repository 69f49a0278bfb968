from collections.abc import Callable, Iterator
from contextvars import Context
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connections

from core.actor import SYSTEM
from core.errors import LiveryError
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.actors import person_actor
from shared_apps.users.credentials import secret_hash
from shared_apps.users.errors import AlreadyInvited, EmailTaken, InvitationUnusable, LastAdministrator
from shared_apps.users.models import Invitation, Mail, RefreshToken, TokenFamily, User
from shared_apps.users.selectors import user_get
from shared_apps.users.services import (
    invitation_accept,
    invitation_create,
    mail_queue,
    mail_send,
    second_factor_use,
    token_refresh,
    user_create,
    user_disable,
    user_roles_change,
)
from shared_apps.users.tokens import TokenInvalid
from tests.support.factories.second_factors import code_of, make_app
from tests.support.factories.users import PASSWORD, make_tokens, make_user
from tests.support.twins import Twins


@pytest.fixture
def here(committed: Twins) -> Iterator[TenantRef]:
    with tenant_context(committed.first):
        yield committed.first


def at_once(tenant: TenantRef, *functions: Callable[[], Any]) -> list[Any]:
    """Run functions in threads with connections of their own, from one moment on; their results or refusals."""
    barrier, results = Barrier(len(functions)), [None] * len(functions)

    def run(index: int, function: Callable[[], Any]) -> None:
        try:
            with tenant_context(tenant):
                # The connection is open before the start, so that it does not decide who comes first.
                User.objects.exists()
                barrier.wait(10)
                results[index] = function()
        except LiveryError as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [Thread(target=Context().run, args=(run, *pair)) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def refused(results: list[Any], error: type[Exception]) -> int:
    return sum(isinstance(result, error) for result in results)


def test_of_refreshes_at_once_one_wins_and_the_family_ends(here: TenantRef) -> None:
    pair = make_tokens(make_user())
    results = at_once(here, *[lambda: token_refresh(refresh=pair.refresh)] * 4)
    assert refused(results, TokenInvalid) == 3
    assert RefreshToken.objects.count() == 2
    assert TokenFamily.objects.get().revoked_for == "reused"


def test_two_administrators_cannot_shut_each_other_out(here: TenantRef) -> None:
    first, second = make_user("first@example.org"), make_user("second@example.org")
    results = at_once(
        here,
        lambda: user_disable(user=first, actor=person_actor(user_get(second.pk))),
        lambda: user_disable(user=second, actor=person_actor(user_get(first.pk))),
    )
    assert refused(results, LastAdministrator) == 1
    assert User.objects.filter(is_active=True).count() == 1


def test_an_administrator_is_left_when_all_are_demoted_at_once(here: TenantRef) -> None:
    people = [make_user(f"p{number}@example.org") for number in range(4)]
    results = at_once(
        here, *[lambda each=each: user_roles_change(user=each, roles=["member"], actor=SYSTEM) for each in people]
    )
    assert refused(results, LastAdministrator) == 1
    assert User.objects.filter(roles__code="tenant_admin").count() == 1


def test_an_invitation_lets_one_of_two_in(here: TenantRef) -> None:
    invitation = invitation_create(email="cleo@example.org", roles=["staff"], actor=SYSTEM)
    Invitation.objects.filter(pk=invitation.pk).update(token_hash=secret_hash("token"))
    results = at_once(
        here,
        *[lambda name=name: invitation_accept(token="token", name=name, password=PASSWORD) for name in ("One", "Two")],
    )
    assert refused(results, InvitationUnusable) == 1
    assert User.objects.count() == 1


def test_an_address_is_invited_once_at_a_time(here: TenantRef) -> None:
    results = at_once(here, *[lambda: invitation_create(email="cleo@example.org", roles=["staff"], actor=SYSTEM)] * 2)
    assert refused(results, AlreadyInvited) + Invitation.objects.filter(revoked_at__isnull=False).count() == 1
    assert Invitation.objects.filter(revoked_at=None).count() == 1


def test_an_address_is_taken_by_one(here: TenantRef) -> None:
    results = at_once(here, *[lambda: user_create(email="ada@example.org", password=PASSWORD, actor=SYSTEM)] * 3)
    assert refused(results, EmailTaken) == 2
    assert User.objects.count() == 1


def test_a_code_is_taken_by_one(here: TenantRef) -> None:
    user = make_user()
    code = code_of(make_app(user))
    results = at_once(here, *[lambda: second_factor_use(user=user, code=code)] * 3)
    assert sum(result is not None for result in results) == 1


def test_a_message_is_sent_by_one(here: TenantRef) -> None:
    mail = mail_queue(
        template="users/mail/invitation", recipient="cleo@example.org", context={"link": "x", "inviter": "", "days": 7}
    )
    assert sorted(at_once(here, *[lambda: mail_send(mail_id=mail.pk)] * 3)) == [False, False, True]
    assert len(outbox.outbox) == 1
    assert Mail.objects.get().attempts == 1
