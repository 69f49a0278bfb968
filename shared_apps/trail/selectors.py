from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext

from core.errors import NotFound
from core.permissions import actions
from shared_apps.trail.models import TrailEntry

_names: dict[str, Any] = {}


def entry_list() -> QuerySet[TrailEntry]:
    """The whole trail, newest first."""
    return TrailEntry.objects.order_by("-id")


def entry_get(entry_id: UUID | str) -> TrailEntry:
    """One entry; raises NotFound."""
    try:
        return entry_list().get(pk=entry_id)
    except TrailEntry.DoesNotExist as error:
        raise NotFound from error


def action_names_register(names: Mapping[str, Any]) -> None:
    """Name what happens by itself, or beside a registered action, from an AppConfig.ready; texts are translated."""
    _names.update(names)


def action_names() -> dict[str, str]:
    """What the actions of the trail are called, by code."""
    labels = {code: action.label for code, action in actions().items()} | _names
    return {code: gettext(str(label)) for code, label in labels.items()}


def action_name(code: str) -> str:
    """What an action is called; its code where nobody named it."""
    label = _names.get(code) or (actions()[code].label if code in actions() else "")
    return gettext(str(label)) if label else code
