import json
import smtplib
from collections.abc import Mapping
from datetime import timedelta
from email.utils import formataddr, make_msgid
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation

from core.clock import now
from core.secrets import seal, unseal
from core.tenancy import atomic, require_scope
from core.tenancy.tasks import enqueue
from core.web.letters import compose, letterhead
from shared_apps.users.links import site_host
from shared_apps.users.models import Mail, User

ATTEMPTS = 8
_FIELD = "users_mail.sealed"
# A message that is being sent is not sent again by the sweep before this time has passed.
_CLAIM = timedelta(minutes=2)
_logger = structlog.get_logger("mail")


def mail_queue(*, template: str, recipient: str, context: Mapping[str, Any]) -> Mail:
    """Write a message in the caller's transaction and send it once that has committed.

    `template` names `<template>.html`, from which `core.web.letters` makes text and HTML. It speaks the recipient's
    language where that is known, else that of whoever caused it.
    """
    known = User.objects.filter(email=recipient).values_list("language", flat=True).first()
    with translation.override(known or translation.get_language()):
        letter = compose(template, {**context, "recipient": recipient})
    written = {"subject": letter.subject, "body": letter.text, "html": letter.html}
    mail = Mail.objects.create(
        kind=template,
        recipient=recipient,
        sealed=seal(json.dumps(written), field=_FIELD),
    )
    enqueue("users.mail_send", mail.pk)
    return mail


def mail_send(*, mail_id: UUID) -> bool:
    """Send one message if it is due; returns whether it left. A server that refuses is asked again later.

    The attempt is committed before the message leaves, so a process that is killed in between sends it twice at most
    and loses it never.
    """
    mail = _claim(mail_id)
    if mail is None:
        return False
    try:
        _message(mail).send()
    except (smtplib.SMTPException, OSError) as error:
        _logger.warning("mail_not_sent", mail=str(mail.pk), attempt=mail.attempts, error=type(error).__name__)
        if mail.attempts >= ATTEMPTS:
            Mail.objects.filter(pk=mail.pk).update(failed_at=now(), sealed="")
        return False
    Mail.objects.filter(pk=mail.pk).update(sent_at=now(), sealed="")
    return True


@atomic()
def _claim(mail_id: UUID) -> Mail | None:
    mail = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail_id, sent_at=None, failed_at=None).first()
    if mail is None or mail.due_at > now():
        return None
    mail.attempts += 1
    mail.due_at = now() + _CLAIM * 2 ** (mail.attempts - 1)
    mail.save(update_fields=["attempts", "due_at"])
    return mail


def mail_due() -> list[UUID]:
    """The ids of messages that should have left by now, oldest first."""
    waiting = Mail.objects.filter(sent_at=None, failed_at=None, due_at__lte=now()).order_by("due_at")
    return list(waiting.values_list("pk", flat=True)[:100])


def _message(mail: Mail) -> EmailMultiAlternatives:
    text = json.loads(unseal(mail.sealed, field=_FIELD))
    head = letterhead()
    address = settings.DEFAULT_FROM_EMAIL if require_scope().is_platform else settings.TENANT_FROM_EMAIL
    message = EmailMultiAlternatives(
        text["subject"],
        text["body"],
        formataddr((" ".join(head.sender.split()), address)),
        [mail.recipient],
        reply_to=[head.reply_to] if head.reply_to else None,
        # By itself Django would name the machine, and with it the platform.
        headers={"Auto-Submitted": "auto-generated", "Message-ID": make_msgid(domain=site_host())},
    )
    message.attach_alternative(text["html"], "text/html")
    return message
