from datetime import timedelta

import time_machine
from allauth.account.models import EmailAddress, EmailConfirmation
from django.db import models

from core.clock import now
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import Mail, RefreshToken, SignIn, TokenFamily, User
from shared_apps.users.services import mail_queue, mail_send, purge_expired
from tests.support.factories.users import make_tokens, make_user

KEPT: tuple[type[models.Model], ...] = (EmailConfirmation, TokenFamily, RefreshToken, Mail, SignIn, User)


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in KEPT}


def fill() -> None:
    ada = make_user("ada@example.org")
    make_tokens(ada)
    dora = make_user("dora@example.org", verified=False)
    EmailConfirmation.create(EmailAddress.objects.get(user=dora))
    for recipient in ("done@example.org", "waiting@example.org"):
        mail_queue(template="users/mail/invitation", recipient=recipient, context={"link": "x", "days": 7})
    mail_send(mail_id=Mail.objects.get(recipient="done@example.org").pk)


def test_what_is_still_asked_for_stays(inside: TenantRef) -> None:
    fill()
    before = counts()
    assert purge_expired() == 0
    assert counts() == before


def test_what_is_past_goes_and_a_message_that_waits_stays(inside: TenantRef, other_tenant: TenantRef) -> None:
    fill()
    with tenant_context(other_tenant):
        make_user("dora@example.org", verified=False)
    with time_machine.travel(now() + timedelta(days=181)):
        assert purge_expired() == 5
        assert purge_expired() == 0
    assert counts() == {
        "EmailConfirmation": 0,
        "TokenFamily": 0,
        "RefreshToken": 0,
        "Mail": 1,
        "SignIn": 0,
        "User": 1,
    }
    assert User.objects.get().email == "ada@example.org"
    with tenant_context(other_tenant):
        assert User.objects.count() == 1


def test_somebody_who_signed_in_or_confirmed_stays(inside: TenantRef) -> None:
    confirmed = make_user("ada@example.org")
    used = make_user("dora@example.org", verified=False)
    User.objects.filter(pk=used.pk).update(last_login=now())
    with time_machine.travel(now() + timedelta(days=181)):
        purge_expired()
    assert set(User.objects.all()) == {confirmed, used}
