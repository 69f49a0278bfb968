"""What allauth does by itself goes into the trail, in the transaction that does it."""

from datetime import timedelta
from typing import Any

import structlog
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, email_confirmed, user_logged_in
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in as session_begun
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils.translation import gettext

from core.actor import SYSTEM, Actor
from core.events import emit
from core.tenancy import atomic
from core.web import actor_of, client_address, request_id_of
from core.web.formats import date_text
from shared_apps.trail.services import trail_record
from shared_apps.users.actors import person_actor
from shared_apps.users.choices import SignInReason
from shared_apps.users.models import User
from shared_apps.users.selectors import second_factor_due
from shared_apps.users.services import method_of, sign_in_note
from shared_apps.users.sign_in_policy import stamp_sign_in

_logger = structlog.get_logger("sign_in")


def connect() -> None:
    """Listen to allauth and to the two tables that it writes."""
    session_begun.connect(_stamp, dispatch_uid="users.session_begun")
    user_logged_in.connect(_signed_in, dispatch_uid="users.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="users.signed_out")
    email_confirmed.connect(_confirmed, dispatch_uid="users.confirmed")
    email_changed.connect(_changed_email, dispatch_uid="users.changed_email")
    authentication_failed.connect(_wrong_code, dispatch_uid="users.wrong_code")
    post_save.connect(_added_factor, sender=Authenticator, dispatch_uid="users.added_factor")
    post_delete.connect(_removed_factor, sender=Authenticator, dispatch_uid="users.removed_factor")


def _person(request: HttpRequest, user: User) -> Actor:
    return person_actor(user, address=client_address(request), request_id=request_id_of(request) or None)


def _stamp(request: HttpRequest, **_: Any) -> None:
    stamp_sign_in(request)


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    method = method_of(get_authentication_records(request, user))
    actor = _person(request, user)
    trail_record(actor=actor, action="users.sign_in", obj=user, changes={"by": "browser"})
    note(request, email=user.email, user=user, method=method)
    due = second_factor_due(user)
    if due is not None:
        text = gettext("From %(day)s on your organisation needs two-factor sign-in. Set it up under “Your account”.")
        messages.warning(request, text % {"day": date_text(due + timedelta(days=1))})


def note(request: HttpRequest, *, email: str, **values: Any) -> None:
    """Keep a sign-in of a browser, or its refusal."""
    agent = request.headers.get("User-Agent", "")
    sign_in_note(email=email, address=client_address(request), user_agent=agent, **values)


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        trail_record(actor=_person(request, user), action="users.sign_out", obj=user)


def _confirmed(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    user = email_address.user
    changes = {"email": email_address.email}
    trail_record(actor=_person(request, user), action="users.confirm_email", obj=user, changes=changes)


def _changed_email(
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_: Any,
) -> None:
    before = from_email_address.email if from_email_address else ""
    changes = {"email": {"from": before, "to": to_email_address.email}}
    trail_record(actor=_person(request, user), action="users.change_email", obj=user, changes=changes)
    emit(kind="users.email_changed", subject_id=user.pk)


def _wrong_code(request: HttpRequest, user: User, **_: Any) -> None:
    _logger.warning("second_factor_failed", user=str(user.pk), address=client_address(request))
    note(request, email=user.email, user=user, reason=SignInReason.CODE)


def _added_factor(instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        _record_factor("users.add_second_factor", instance)


def _removed_factor(instance: Authenticator, **_: Any) -> None:
    with atomic():
        _record_factor("users.remove_second_factor", instance)
        # Codes that are made anew are no loss, and a person who is deleted is told of nothing.
        if instance.type != Authenticator.Type.RECOVERY_CODES and User.objects.filter(pk=instance.user_id).exists():
            emit(kind="users.second_factor_removed", subject_id=instance.user_id, payload={"kind": str(instance.type)})


def _record_factor(action: str, authenticator: Authenticator) -> None:
    # Outside of a request it is a script of ours that does it.
    request = context.request
    actor = actor_of(request) if request is not None else SYSTEM
    trail_record(actor=actor, action=action, obj=authenticator.user, changes={"kind": authenticator.type})
