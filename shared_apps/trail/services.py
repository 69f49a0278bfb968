import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from core.actor import Actor
from core.observability.redaction import REDACTED, redact, redact_text
from core.web.request_id import current_request_id
from shared_apps.trail.models import TrailEntry

_email = re.compile(r"[^\s@:/]+@[^\s@:/]+").fullmatch


def trail_record(
    *, actor: Actor, action: str, obj: Model, summary: str = "", changes: Mapping[str, Any] | None = None
) -> TrailEntry:
    """Write down what an actor did to an object, in the caller's transaction: it is undone with what it tells of.

    `changes` maps a field to its new value or to `{"from": …, "to": …}`; values of secret fields are masked.
    """
    return TrailEntry.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=_text(actor.label),
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=_text(str(obj)),
        summary=_text(summary),
        changes=_masked(changes or {}),
        address=actor.address,
        request_id=actor.request_id or current_request_id(),
    )


def _masked(value: Any, name: str = "") -> Any:
    """A copy that JSON can hold, without the values that stand under a secret's name or look like one."""
    if name and redact("", name=name) == REDACTED:
        return REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_text(str(key)): _masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    text = _text(str(value))
    # An address that was changed is what the trail is there to show; logs mask it, the trail does not.
    return text if _email(text) else redact_text(text)


def _text(value: str) -> str:
    """Text that PostgreSQL can hold: it has no character NUL."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
