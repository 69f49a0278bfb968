import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.permissions import require
from core.web.formats import date_text
from core.web.views import Column, DetailView, Fact, ListView
from core.web.views.base import Crumb, Offer
from core.web.views.lists import MOST_EXPORTED, TooManyRows
from shared_apps.trail.exports import export_response
from shared_apps.trail.filters import EntryPageFilter
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import action_name, entry_get, entry_list
from shared_apps.trail.services import trail_record


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry, before and after; `before` is None where only the new value was written down."""

    name: str
    before: str | None
    after: str


class EntryList(ListView):
    """Who did what, newest first. Nothing here can be changed."""

    action = "trail.view"
    title = gettext_lazy("Audit trail")
    template_name = "settings/list.html"
    columns = (
        Column(
            "action",
            gettext_lazy("What"),
            value=lambda row: action_name(row.action),
            link=True,
            note=lambda row: row.summary,
        ),
        Column("at", gettext_lazy("When"), kind="datetime", place="amt"),
        Column("actor_label", gettext_lazy("Who"), place="num", value=lambda row: row.actor_label or row.actor_kind),
        Column("object_label", gettext_lazy("Object"), place="hide", value=lambda row: row.object_label[:60]),
        Column("address", gettext_lazy("From"), kind="code", place="hide"),
    )
    search = ("actor_label", "object_label", "summary")
    filter_class = EntryPageFilter
    ordering = ("-id",)
    export_action = "trail.view"
    empty_icon = "history"
    empty_title = gettext_lazy("Nobody has done anything yet")

    def rows(self) -> QuerySet[TrailEntry]:
        return entry_list()

    def row_url(self, row: TrailEntry) -> str:
        return reverse("trail:entry_detail", args=[row.pk])

    def offers(self) -> list[Offer]:
        state = self._state()
        state["export"] = "jsonl"
        url = f"{self.request.path}?{state.urlencode()}"
        return [self.offer(_("JSON lines"), url, action="trail.view", icon="download")]

    def _export(self, found: QuerySet, kind: str) -> HttpResponseBase:
        require(self.export_action, self.actor)
        if found.order_by()[: MOST_EXPORTED + 1].count() > MOST_EXPORTED:
            raise TooManyRows
        response = export_response(found, kind)
        trail_record(
            actor=self.actor, action="trail.export", obj=self.actor.user, summary=kind, changes=self._state().dict()
        )
        return response


class EntryDetail(DetailView):
    """One entry: who, what, from where, and each change side by side."""

    action = "trail.view"
    template_name = "trail/entry_detail.html"
    fragment = ""
    obj: TrailEntry

    def find(self, **kwargs: Any) -> TrailEntry:
        return entry_get(kwargs["entry_id"])

    def heading(self) -> str:
        return action_name(self.obj.action)

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Audit trail"), reverse("trail:entry_list"))]

    def facts(self) -> list[Fact]:
        entry = self.obj
        who = {"actor_kind": entry.actor_kind, "actor_id": entry.actor_id}
        what = {"object_type": entry.object_type, "object_id": entry.object_id}
        return [
            Fact(_("When"), f"{date_text(entry.at)}, {entry.at:%H:%M:%S} UTC"),
            Fact(_("Who"), entry.actor_label or entry.get_actor_kind_display(), _narrowed(**who)),
            Fact(_("Kind of actor"), entry.get_actor_kind_display()),
            Fact(_("Object"), entry.object_label or entry.object_id, _narrowed(**what)),
            Fact(_("Kind of object"), entry.object_type),
            Fact(_("Address"), entry.address, _narrowed(address=entry.address or "")),
            Fact(_("Request"), entry.request_id),
            Fact(_("Code"), entry.action, _narrowed(action=entry.action)),
        ]

    def more(self) -> dict[str, Any]:
        return {"changes": changes_of(self.obj)}


def changes_of(entry: TrailEntry) -> list[Change]:
    """What an entry changed, field by field."""
    found = []
    for name, value in entry.changes.items():
        if isinstance(value, dict) and set(value) <= {"from", "to"} and value:
            found.append(Change(name, _text(value["from"]) if "from" in value else None, _text(value.get("to"))))
        else:
            found.append(Change(name, None, _text(value)))
    return found


def _text(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _narrowed(**parameters: str) -> str:
    return f"{reverse('trail:entry_list')}?{urlencode(parameters)}"
