"""The trail as files: one row for each entry, with its changes."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.web.exports import csv_response, xlsx_response
from core.web.keyset import in_chunks
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import action_name

KINDS = ("csv", "xlsx", "jsonl")
FIELDS = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_label",
    "action",
    "object_type",
    "object_id",
    "object_label",
    "summary",
    "changes",
    "address",
    "request_id",
)


def export_response(entries: Any, kind: str) -> HttpResponseBase:
    """A file of an ordered queryset of entries: `csv`, `xlsx`, or `jsonl` with an object on each line."""
    if kind not in KINDS:
        raise NotFound
    name, rows = f"audit-trail-{clock.today()}", in_chunks(entries)
    if kind == "jsonl":
        response = StreamingHttpResponse(_lines(rows), content_type="application/jsonl; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.jsonl"'
        return response
    heads = [
        _("Time"),
        _("Actor"),
        _("Kind of actor"),
        _("Actor's id"),
        _("Action"),
        _("Code"),
        _("Object"),
        _("Kind of object"),
        _("Object's id"),
        _("Summary"),
        _("Changes"),
        _("Address"),
        _("Request"),
    ]
    cells = (_cells(entry) for entry in rows)
    return csv_response(name, heads, cells) if kind == "csv" else xlsx_response(name, heads, cells)


def _cells(entry: TrailEntry) -> list[Any]:
    return [
        entry.at,
        entry.actor_label,
        entry.get_actor_kind_display(),
        entry.actor_id,
        action_name(entry.action),
        entry.action,
        entry.object_label,
        entry.object_type,
        entry.object_id,
        entry.summary,
        json.dumps(entry.changes, ensure_ascii=False) if entry.changes else "",
        entry.address,
        entry.request_id,
    ]


def _lines(entries: Iterable[TrailEntry]) -> Iterator[bytes]:
    for entry in entries:
        values = {name: getattr(entry, name) for name in FIELDS}
        written = values | {"id": str(entry.pk), "at": entry.at.isoformat()}
        yield json.dumps(written, ensure_ascii=False).encode() + b"\n"
