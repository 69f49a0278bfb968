"""Lists ask the database as often with a thousand rows as with ten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connections, models

from core.tenancy import atomic
from core.web.views import ListView
from tests.support.factories.rows import Filling, RowKey, row_of
from tests.support.twin_browser import Answer, Sent
from tests.support.twin_credentials import Keyring
from tests.support.twin_judge import World
from tests.support.twin_routes import Route, all_routes
from tests.support.twin_world import ADMIN, TWIN, Site

FEW, MANY = 10, 1000
# The rows of lists that are no ListView; of another one, the rows that its rows need besides.
MODELS = {
    "events:event_list": ["events.OutboxEvent"],
    "jobs:run_list": ["jobs.TaskRun"],
    "trail:entry_list": ["trail.TrailEntry"],
    "users:api_key_list": ["users.ApiKey"],
    "console:queue_list": ["tenants.Tenant", "console.TenantMeasure"],
}
# Lists that cannot have a thousand rows: a person's own devices.
SHORT = frozenset({"users:session_list"})
# Newer than whatever the world holds, so that lists that begin with the newest show them.
_FIRST = UUID("02000000-0000-7000-8000-000000000000").int


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A list page of a site."""

    ring: Keyring
    route: Route
    path: str

    def __str__(self) -> str:
        return f"http://{self.ring.site.host}{self.path}"


def listings(world: World) -> Iterator[Listing]:
    """The pages without parameters that are lists, by their views or their names."""
    for ring in (world.rings[0], world.rings[2]):
        for route in all_routes(ring.site.urlconf):
            view = getattr(route.views[ring.site.urlconf], "view_class", object)
            is_list = issubclass(view, ListView) or route.name.endswith("_list")
            if is_list and not route.parameters and not route.form.startswith("api/"):
                yield Listing(ring, route, route.path("twin", {}))


def test_a_list_asks_as_often_with_many_rows_as_with_few(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [listing for listing in listings(world) if listing.route.name not in SHORT]
    models = {listing: _models_of(world, listing, monkeypatch) for listing in found}
    assert all(models.values()), [f"{each}: say in MODELS what its rows are" for each in found if not models[each]]
    _add_all(models, range(FEW))
    first = {listing: _asked(world, listing) for listing in found}
    _add_all(models, range(FEW, MANY))
    wrong = []
    for listing in found:
        (few, small), (many, large) = first[listing], _asked(world, listing)
        if large.count(listing.ring.site.mark) <= small.count(listing.ring.site.mark):
            wrong.append(f"{listing}: shows no more with {MANY} rows than with {FEW}: {models[listing]}")
        if len(few) != len(many):
            wrong.append(f"{listing}: {len(few)} queries with {FEW} rows, {len(many)} with {MANY}: {_more(few, many)}")
    assert not wrong, "\n".join(wrong)


def _add_all(models: dict[Listing, list[type[models.Model]]], numbers: range) -> None:
    """Rows for each list; those that several lists show once."""
    for ring in {listing.ring.site.name: listing.ring for listing in models}.values():
        wanted = [model for listing, found in models.items() if listing.ring is ring for model in found]
        for model in dict.fromkeys(wanted):
            _add(ring.site, model, numbers)


def _models_of(world: World, listing: Listing, monkeypatch: pytest.MonkeyPatch) -> list[type[models.Model]]:
    if listing.route.name in MODELS:
        return [apps.get_model(label) for label in MODELS[listing.route.name]]
    view = getattr(listing.route.views[listing.ring.site.urlconf], "view_class", None)
    if view is None:
        return []
    rows, found = view.rows, []

    def noting(self: ListView) -> Any:
        found.append(rows(self))
        return found[-1]

    with monkeypatch.context() as patch:
        patch.setattr(view, "rows", noting)
        answer = _answer(world, listing)
    assert found, f"{listing} was answered with {answer.status}: {answer.faults}"
    return [found[0].model]


def _add(site: Site, model: type[models.Model], numbers: range) -> None:
    """Rows that are alike but for their keys and texts.

    What they refer to is what the world's row refers to, unless each needs one of its own.
    """
    filling = Filling(site.mark, ADMIN)
    shared = [field.attname for field in model._meta.concrete_fields if field.remote_field and not field.unique]
    references = {name: value for name, value in row_of(model, TWIN, filling).items() if name in shared}
    keys = [RowKey(UUID(int=_FIRST + number), 100_000 + number) for number in numbers]
    with site.entered(), atomic():
        model._base_manager.bulk_create([model(**{**row_of(model, key, filling), **references}) for key in keys])


def _asked(world: World, listing: Listing) -> tuple[list[str], str]:
    """The queries of a page, and what it says: the fewest of three looks, as some things are done once a minute."""
    return min((_look(world, listing) for _ in range(3)), key=lambda look: len(look[0]))


def _look(world: World, listing: Listing) -> tuple[list[str], str]:
    queries: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connections["default"].execute_wrapper(note):
        return queries, _answer(world, listing).text


def _answer(world: World, listing: Listing) -> Answer:
    return world.browser.send(Sent("GET", listing.ring.site.host, listing.path, listing.ring.sessions[ADMIN]))


def _more(few: list[str], many: list[str]) -> str:
    left = list(many)
    for sql in few:
        if sql in left:
            left.remove(sql)
    return "; ".join(sorted({sql[:200] for sql in left}))
