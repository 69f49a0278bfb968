import smtplib
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail import EmailMessage
from django.utils import translation

from core.clock import now
from core.ids import uuid7
from core.tenancy import TenantRef, platform_context, tenant_context
from core.web.letters import Letter
from shared_apps.users.models import Mail
from shared_apps.users.services import mail_due, mail_queue, mail_send
from shared_apps.users.services.mail import ATTEMPTS
from tests.support.factories.users import make_user


def queued(**context: object) -> Mail:
    return mail_queue(
        template="users/mail/invitation",
        recipient="cleo@example.org",
        context={"link": "https://north.example/join", "inviter": "Ada", "days": 7, **context},
    )


@pytest.fixture
def broken_server(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A mail server that refuses; call it to repair it."""

    def refuse(self: EmailMessage, fail_silently: bool = False) -> int:
        raise smtplib.SMTPServerDisconnected("closed")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    return monkeypatch.undo


def test_a_message_leaves_once_and_its_text_is_wiped(inside: TenantRef) -> None:
    mail = queued()
    assert "north.example" not in mail.sealed
    assert mail_send(mail_id=mail.pk)
    assert not mail_send(mail_id=mail.pk)
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject) == (["cleo@example.org"], "You are invited to North Ltd")
    assert sent.from_email == "North Ltd <no-reply@localhost>"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert sent.extra_headers["Message-ID"].endswith("@north.localhost>")
    assert "https://north.example/join" in sent.body
    mail.refresh_from_db()
    assert (mail.sealed, mail.attempts) == ("", 1)
    assert mail.sent_at


def test_it_speaks_the_recipient_s_language_where_that_is_known(inside: TenantRef, monkeypatch) -> None:
    spoken: list[str] = []

    def hear(*_: object) -> Letter:
        spoken.append(translation.get_language())
        return Letter("x", "x", "x")

    monkeypatch.setattr("shared_apps.users.services.mail.compose", hear)
    make_user("cleo@example.org", language="de")
    with translation.override("fr"):
        queued()
        mail_queue(template="users/mail/invitation", recipient="dora@example.org", context={})
    assert spoken == ["de", "fr"]


def test_names_cannot_write_headers_or_markup(inside: TenantRef) -> None:
    mail_send(mail_id=queued(inviter="Eve\nBcc: all@example.org <b>&").pk)
    (sent,) = outbox.outbox
    assert "\n" not in sent.subject
    assert "Eve Bcc: all@example.org <b>& invites you" in sent.body
    ((html, _),) = sent.alternatives
    assert "Eve Bcc: all@example.org &lt;b&gt;&amp; invites you" in html
    assert set(sent.message().keys()) >= {"Subject", "From", "To"}
    assert "Bcc" not in sent.message()


def test_a_server_that_refuses_is_asked_again_ever_more_rarely(inside: TenantRef, broken_server) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        mail = queued()
        assert mail_due() == [mail.pk]
        waited = []
        for _ in range(3):
            assert not mail_send(mail_id=mail.pk)
            assert mail_due() == []
            assert not mail_send(mail_id=mail.pk)
            mail.refresh_from_db()
            waited.append(mail.due_at - now())
            clock.move_to(mail.due_at)
        assert waited == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
        assert mail.attempts == 3
        broken_server()
        assert mail_due() == [mail.pk]
        assert mail_send(mail_id=mail.pk)
    assert len(outbox.outbox) == 1


def test_after_eight_attempts_it_is_given_up_and_wiped(inside: TenantRef, broken_server) -> None:
    mail = queued()
    Mail.objects.filter(pk=mail.pk).update(attempts=ATTEMPTS - 1)
    assert not mail_send(mail_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.sealed, mail.sent_at) == ("", None)
    assert mail.failed_at
    assert mail_due() == []


def test_an_error_of_ours_is_not_swallowed(inside: TenantRef) -> None:
    mail = queued()
    Mail.objects.filter(pk=mail.pk).update(sealed="v1.development.AAAA")
    with pytest.raises(RuntimeError):
        mail_send(mail_id=mail.pk)
    mail.refresh_from_db()
    assert mail.sent_at is None


def test_a_message_of_one_tenant_is_nothing_in_the_other(inside: TenantRef, other_tenant: TenantRef) -> None:
    mail = queued()
    with tenant_context(other_tenant):
        assert not mail_send(mail_id=mail.pk)
        assert mail_due() == []
    assert not mail_send(mail_id=uuid7())
    assert outbox.outbox == []


def test_the_platform_writes_in_its_own_name(on_platform: None) -> None:
    mail_send(mail_id=queued().pk)
    assert outbox.outbox[0].subject == "You are invited to Livery"


def test_a_process_that_died_after_its_claim_is_followed_by_the_sweep(tenant: TenantRef) -> None:
    with tenant_context(tenant), time_machine.travel(now(), tick=False) as clock:
        mail = queued()
        Mail.objects.filter(pk=mail.pk).update(attempts=1, due_at=now() + timedelta(minutes=2))
        assert mail_due() == []
        clock.shift(timedelta(minutes=2))
        assert mail_due() == [mail.pk]
        assert mail_send(mail_id=mail.pk)
    with platform_context():
        assert mail_due() == []
