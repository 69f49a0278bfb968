"""Plausible bodies: what a page's own form would post, and what the API's description gives as an example."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.urls import set_urlconf
from drf_spectacular.generators import SchemaGenerator

from tests.support.factories.rows import Filling
from tests.support.twin_browser import NOTHING, Browser, Sent, form, json_body
from tests.support.twin_credentials import Keyring
from tests.support.twin_routes import CannotFill, Route
from tests.support.twin_words import ANY, BY_TYPE, FIELDS
from tests.support.twin_world import ADMIN, TWIN

# Belongs to whoever looked at the form, and to nobody who posts it.
_TOKEN = "csrfmiddlewaretoken"


@dataclass
class Form:
    """A form that a page shows: where it is sent, and what is in it."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """The forms of a page that are posted."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and given.get("method", "get").lower() == "post":
            self._open = Form(given.get("action", ""))
            self.found.append(self._open)
        elif self._open is None:
            return
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and given.get("value") and (self._select not in self._open.fields or "selected" in given):
            self._open.fields[self._select] = [given["value"]]
        elif tag in ("input", "textarea", "button") and given.get("name", _TOKEN) != _TOKEN:
            self._field(given, self._open.fields)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def _field(self, given: Mapping[str, str], fields: dict[str, list[str]]) -> None:
        kind, name = given.get("type", "text"), given["name"]
        if kind in ("checkbox", "radio") and name in fields:
            return
        kept = kind in ("hidden", "checkbox", "radio", "submit")
        fields[name] = [given.get("value", "on") if kept else (given.get("value") or _made_up(name, kind))]


class Bodies:
    """What to send to a route of one site, learnt from that site once."""

    def __init__(self, ring: Keyring, browser: Browser, routes: list[Route]) -> None:
        role = ring.site.roles[1]
        name_of_twin = Filling(ring.site.mark, ADMIN).text(TWIN)
        self._words = FIELDS | {"role": role, "roles": [role], "confirmation": name_of_twin}
        self._forms = dict(_crawl(ring, browser, routes))
        self._examples = dict(_examples(ring))

    def of(self, route: Route, method: str, path: str) -> dict[str, Any]:
        """The parts of a `Sent`: a form for a page, JSON for the API."""
        if route.is_api:
            example = self._examples.get((method, f"/{route}"), {})
            return json_body({name: self._word(name, value) for name, value in example.items()})
        known = {
            name: self._words.get(name, value) if value == [_made_up(name)] or name == "language" else value
            for name, value in self._forms.get(path, {}).items()
        }
        # A form that nobody shows still gets the fields that it most likely has.
        return form(known or self._words)

    def _word(self, name: str, example: Any) -> Any:
        return self._words.get(name, _made_up(name) if example == "text" else example)


def _made_up(name: str, kind: str = "") -> str:
    return BY_TYPE.get(kind) or BY_TYPE.get(name.rpartition("_")[2], ANY)


def _crawl(ring: Keyring, browser: Browser, routes: list[Route]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    site = ring.site
    pages = [*_pages(ring, routes), *ring.mailed.values()]
    for credential in (NOTHING, ring.alive()[0]):
        for page in pages:
            answer = browser.send(Sent("GET", site.host, page, credential))
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            parser = _Forms()
            parser.feed(answer.body.decode())
            for found in parser.found:
                yield urlsplit(urljoin(page, found.action)).path, found.fields


def _pages(ring: Keyring, routes: list[Route]) -> Iterator[str]:
    links = ring.links()
    for route in routes:
        if ring.site.urlconf in route.views and not route.is_api:
            # A route that cannot be filled is told by its own test.
            with suppress(CannotFill):
                yield route.path("twin", links)


def _examples(ring: Keyring) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    with ring.site.entered():
        set_urlconf(ring.site.urlconf)
        try:
            document = SchemaGenerator(urlconf=ring.site.urlconf).get_schema(request=None, public=True)
        finally:
            set_urlconf(None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in media:
                yield (method.upper(), path), media["example"]
