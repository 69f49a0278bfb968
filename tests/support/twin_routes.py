"""Every route of both URL configurations, read from the resolver, and what its parameters may be."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize

from tests.support.twin_world import FOREIGN, NOWHERE, TWIN

# What the object is that a path names: one that both tenants have, one that only the other has, none, and nonsense.
Which = Literal["twin", "foreign", "nowhere", "malformed"]
ROWS = {"twin": TWIN, "foreign": FOREIGN, "nowhere": NOWHERE}

# Parameters that are no ids, by the name of the route and their own; a callable makes it from links that were mailed.
WORDS: dict[str, Mapping[str, str]] = {
    "console:tenant_change": {"change": "suspend"},
    "console:order": {"kind": "verify"},
    "console:retry": {"backlog": "jobs"},
    "onboarding:skip": {"code": "api_key"},
    "tenants-work-retry": {"backlog": "jobs"},
}
# Routes that a mailed or signed link opens: their parameters are parts of that link.
LINKS = {
    "account_confirm_email": "confirmation",
    "account_reset_password_from_key": "reset",
    "file": "file",
}


class CannotFill(AssertionError):
    """A route whose parameter nobody said how to fill."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the two URL configurations; `views` are what answers it, by URL configuration."""

    form: str
    parameters: tuple[tuple[str, str], ...]
    name: str
    views: Mapping[str, Any] = field(hash=False, compare=False)

    def __str__(self) -> str:
        return re.sub(r"%\((\w+)\)s", r"{\1}", self.form)

    @property
    def names_an_object(self) -> bool:
        """Whether the path holds an id or a link's token."""
        return bool(self.parameters)

    def path(self, which: Which, links: Mapping[str, Mapping[str, str]]) -> str:
        """The path to an object; `links` are the parameters of links by their kind. Raises CannotFill."""
        return "/" + self.form % {name: self._value(name, kind, which, links) for name, kind in self.parameters}

    def _value(self, name: str, kind: str, which: Which, links: Mapping[str, Mapping[str, str]]) -> str:
        if self.name in LINKS:
            return links[LINKS[self.name]][name] if which in ("twin", "foreign") else _nonsense(name, which)
        if name in WORDS.get(self.name, {}):
            return WORDS[self.name][name]
        if kind == "int":
            return "0" if which == "malformed" else str(ROWS[which].number)
        if kind == "uuid" or (kind == "str" and (name == "id" or name.endswith("_id"))):
            return "not-an-id" if which == "malformed" else str(ROWS[which].uuid)
        raise CannotFill(
            f"/{self}: say in WORDS of tests/support/twin_routes.py what <{kind}:{name}> of “{self.name}” may be, "
            "or name it after what it is, `id` or `…_id`."
        )


def _nonsense(name: str, which: Which) -> str:
    return "0" if name == "uidb36" else {"nowhere": "nobody-ever-had-this-link", "malformed": "x"}[which]


def all_routes(*urlconfs: str) -> list[Route]:
    """The routes of the given URL configurations, of the tenants' and the platform's by default, by their paths."""
    found: dict[str, Route] = {}
    for urlconf in urlconfs or (settings.TENANT_URLCONF, settings.PLATFORM_URLCONF):
        for form, parameters, name, view in _walk(get_resolver(urlconf)):
            known = found.get(form)
            views = {**(known.views if known else {}), urlconf: view}
            found[form] = Route(form, parameters, name, views)
    return [found[form] for form in sorted(found)]


_Leaf = tuple[str, tuple[tuple[str, str], ...], str, Callable[..., Any]]


def _walk(resolver: URLResolver, before: str = "", known: tuple[Any, ...] = (), space: str = "") -> Iterator[_Leaf]:
    for entry in resolver.url_patterns:
        form, parameters = _read(entry.pattern)
        form, parameters = before + form, (*known, *parameters)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry, form, parameters, inner)
        elif isinstance(entry, URLPattern):
            yield form, parameters, f"{space}{entry.name}", entry.callback


@cache
def _kind(converter: type) -> str:
    return converter.__name__.removesuffix("Converter").removeprefix("String").lower() or "str"


def _read(pattern: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A pattern as a format string, and its parameters with the names of their converters."""
    if isinstance(pattern, RoutePattern):
        form = re.sub(r"<(?:[^>:]+:)?(\w+)>", r"%(\1)s", str(pattern).replace("%", "%%"))
        return form, tuple((name, _kind(type(converter))) for name, converter in pattern.converters.items())
    form, names = normalize(pattern.regex.pattern)[0]
    return form, tuple((name, "regular expression") for name in names)
