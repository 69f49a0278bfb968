from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from core.actor import Actor
from core.errors import LiveryError, Unprocessable
from core.ids import uuid7
from core.permissions import require
from core.tenancy import atomic, cursor, on_commit
from tenant_apps.accounting.errors import LedgerRefusal, LinesInvalid
from tenant_apps.accounting.services.calls import named_refusal, refusal_of, responsible
from tenant_apps.accounting.services.lines import Line, Source, Written, write_lines
from tenant_apps.accounting.services.posting import entry_post, fingerprint, source_options
from tenant_apps.events.services import events_wake

MOST = 10_000
_ONE_BY_ONE = "LV002"
# A key that another connection has just written, and a deadlock: undone to the savepoint, so worth another try.
_AGAIN = frozenset({"23505", "40P01"})
_TRIES = 3
_LINE_COLUMNS = (
    "p_base_debits",
    "p_base_credits",
    "p_rates",
    "p_rate_rows",
    "p_contacts",
    "p_dimensions",
    "p_memos",
)
_POST_MANY = """
SELECT place, entry, posted_at, number, is_replay, reason, facts FROM accounting_post_many(
    %s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[],
    %s::text[], %s, %s, %s::integer[], %s::integer[], %s::uuid[], %s::text[], %s::numeric[], %s::numeric[],
    %s::numeric[], %s::numeric[], %s::numeric[], %s::bigint[], %s::uuid[], %s::bigint[], %s::text[]
)
"""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One entry of a batch, as `entry_post` takes it."""

    journal: UUID
    date: date
    lines: Sequence[Line]
    idempotency_key: str
    memo: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry of a batch: it is in the books, or `error` says why not."""

    entry: UUID | None
    posted_at: datetime | None = None
    number: int | None = None
    is_replay: bool = False
    error: LiveryError | None = None


class BatchRefused(LedgerRefusal):
    """A batch was to be posted as a whole, and some of its entries cannot be; `outcomes` has a row for each."""

    code = "batch_refused"
    title = "The batch was not posted"
    sentence = "{count} of the entries cannot be posted, so none was."

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = outcomes
        super().__init__(facts={"count": sum(one.error is not None for one in outcomes)})


def entries_post(*, entries: Sequence[NewEntry], actor: Actor, whole: bool = False) -> list[Outcome]:
    """Write up to 10,000 entries in a few statements; returns an outcome for each, in their order.

    Each stands for itself: one that is refused keeps none of the others, unless `whole` asks for all or none. An entry
    with a key that is known gets its stored answer. Raises PermissionRefused, BatchRefused.
    """
    require("accounting.post", actor)
    if len(entries) > MOST:
        raise Unprocessable(f"Post at most {MOST} entries at once.")
    written, found = _written(entries)
    with atomic():
        found |= _posted([entries[index] for index in written], list(written.values()), list(written), actor)
        outcomes = [found[index] for index in range(len(entries))]
        if whole and any(one.error is not None for one in outcomes):
            raise BatchRefused(outcomes)
    return outcomes


def _written(entries: Sequence[NewEntry]) -> tuple[dict[int, Written], dict[int, Outcome]]:
    """Each entry's lines as parameters, and the outcome of those that could not be read."""
    written: dict[int, Written] = {}
    faulty: dict[int, Outcome] = {}
    for index, entry in enumerate(entries):
        try:
            written[index] = write_lines(entry.lines)
        except LinesInvalid as error:
            faulty[index] = Outcome(None, error=error)
    return written, faulty


def _posted(
    entries: Sequence[NewEntry], written: Sequence[Written], indexes: Sequence[int], actor: Actor
) -> dict[int, Outcome]:
    if not entries:
        return {}
    try:
        rows = _sent(_parameters(entries, written, actor))
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) == _ONE_BY_ONE:
            return {index: _alone(entry, actor) for index, entry in zip(indexes, entries, strict=True)}
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
    on_commit(events_wake)
    return {index: _outcome(row) for index, row in zip(indexes, rows, strict=True)}


def _sent(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The ledger's answer; asked again where somebody wrote one of the keys at the same moment."""
    for attempt in range(_TRIES):
        try:
            with atomic(), cursor() as opened:
                opened.execute(_POST_MANY, values)
                rows: list[tuple[Any, ...]] = opened.fetchall()
                return rows
        except DatabaseError as error:
            if getattr(error.__cause__, "pgcode", None) not in _AGAIN or attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _alone(entry: NewEntry, actor: Actor) -> Outcome:
    """An entry by itself, where those before it decide whether an account stays above its floor."""
    try:
        with atomic():
            done = entry_post(
                journal=entry.journal,
                date=entry.date,
                lines=entry.lines,
                actor=actor,
                idempotency_key=entry.idempotency_key,
                memo=entry.memo,
                source=entry.source,
            )
    except LedgerRefusal as refusal:
        return Outcome(None, error=refusal)
    return Outcome(done.entry, done.posted_at, done.number, done.is_replay)


def _outcome(row: tuple[Any, ...]) -> Outcome:
    _place, entry, posted_at, number, is_replay, reason, facts = row
    if reason is not None:
        return Outcome(None, error=named_refusal(reason, facts))
    return Outcome(entry, posted_at, number, is_replay)


def _parameters(entries: Sequence[NewEntry], written: Sequence[Written], actor: Actor) -> list[Any]:
    sources = [entry.source or Source("", "", "") for entry in entries]
    required = [
        "{" + ",".join(filter(None, (one.required[column][1:-1] for one in written))) + "}" for column in range(5)
    ]
    counts = [len(one.places) for one in written]
    of = "{" + ",".join(str(index) for index, count in enumerate(counts, start=1) for _ in range(count)) + "}"
    return [
        "{" + ",".join(str(uuid7()) for _ in entries) + "}",
        "{" + ",".join(str(uuid7()) for _ in entries) + "}",
        "{" + ",".join(str(entry.journal) for entry in entries) + "}",
        "{" + ",".join(entry.date.isoformat() for entry in entries) + "}",
        [entry.memo for entry in entries],
        [entry.idempotency_key for entry in entries],
        [
            fingerprint(entry.journal, entry.date, entry.memo, one, source_options(entry.source) | one.optional)
            for entry, one in zip(entries, written, strict=True)
        ],
        [source.room for source in sources],
        [source.id for source in sources],
        [source.event for source in sources],
        actor.kind,
        responsible(actor),
        of,
        *required,
        *(_column(name, written, counts) for name in _LINE_COLUMNS),
    ]


def _column(name: str, written: Sequence[Written], counts: Sequence[int]) -> list[Any] | None:
    if not any(name in one.optional for one in written):
        return None
    nothing: list[Any] = [None]
    return [
        value for one, count in zip(written, counts, strict=True) for value in one.optional.get(name, nothing * count)
    ]
