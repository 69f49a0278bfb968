"""Plausible bodies: what a page's own form would post, and what the API's description gives as an example."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.urls import set_urlconf
from drf_spectacular.generators import SchemaGenerator

from tests.support.factories.users import PASSWORD
from tests.support.twin_browser import NOTHING, Browser, Sent, form, json_body
from tests.support.twin_credentials import Keyring
from tests.support.twin_routes import Route

# Better than a made-up text, by the name of the field; a field that is not here gets its example, or a word.
WORDS: dict[str, Any] = {
    "email": "somebody@example.org",
    "login": "nobody-at-all@example.org",
    "expires_at": None,
    "language": "",
    "lifetime": "30",
    "oldpassword": PASSWORD,
    "owner_email": "owner@example.org",
    "password": PASSWORD,
    "password1": "another-long-passphrase",
    "password2": "another-long-passphrase",
    "scopes": ["trail.view"],
    "slug": "another-one",
    "time_zone": "Europe/Prague",
}
_ANY = "a plausible text"
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
        elif tag == "option" and given.get("value") and self._select not in self._open.fields:
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
        fields[name] = [given.get("value", "on") if kept else (given.get("value") or _ANY)]


class Bodies:
    """What to send to a route of one site, learnt from that site once."""

    def __init__(self, ring: Keyring, browser: Browser, routes: list[Route]) -> None:
        role = ring.site.roles[1]
        self._words = WORDS | {"role": role, "roles": [role]}
        self._forms = dict(_crawl(ring, browser, routes))
        self._examples = dict(_examples(ring))

    def of(self, route: Route, method: str, path: str) -> dict[str, Any]:
        """The parts of a `Sent`: a form for a page, JSON for the API."""
        if route.form.startswith("api/"):
            example = self._examples.get((method, f"/{route}"), {})
            return json_body({name: self._words.get(name, value) for name, value in example.items()})
        fields = self._forms.get(path, {})
        known = {
            name: self._words.get(name, value) if value == [_ANY] or name == "language" else value
            for name, value in fields.items()
        }
        # A form that nobody shows still gets the fields that it most likely has.
        return form(known or self._words)


def _crawl(ring: Keyring, browser: Browser, routes: list[Route]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    site, links = ring.site, ring.links()
    pages = [route.path("twin", links) for route in routes if site.urlconf in route.views]
    for credential in (NOTHING, ring.alive()[0]):
        for page in (*pages, *ring.mailed.values()):
            if page.startswith("/api/"):
                continue
            answer = browser.send(Sent("GET", site.host, page, credential))
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            parser = _Forms()
            parser.feed(answer.body.decode())
            for found in parser.found:
                yield urlsplit(urljoin(page, found.action)).path, found.fields


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
