"""Every route of both URL configurations, read from the resolver, and what its parameters may be."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import unwrap
from typing import Any, Literal

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize

from tests.support.twin_words import LINKS, PARAMETERS
from tests.support.twin_world import FOREIGN, NOWHERE, TWIN

# What the object is that a path names: one that both tenants have, one that only the other has, none, and nonsense.
Which = Literal["twin", "foreign", "nowhere", "malformed"]
ROWS = {"twin": TWIN, "foreign": FOREIGN, "nowhere": NOWHERE}

# Views that are in no room, by the package that has them.
_ROOMS = {"allauth": "account", "config": "core", "core": "core", "drf_spectacular": "core", "tests": "planted"}


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

    def room(self, urlconf: str = "") -> str:
        """The app whose view answers here; the pages of the sign-in library are “account”, everything common “core”."""
        view = self.views[urlconf or next(iter(self.views))]
        view = getattr(view, "view_class", None) or getattr(view, "cls", None) or unwrap(view)
        floor, _, rest = view.__module__.partition(".")
        return _ROOMS.get(floor) or rest.partition(".")[0]

    @property
    def is_api(self) -> bool:
        """Whether it is REST and not a page."""
        return self.form.startswith("api/")

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
        if name in PARAMETERS.get(self.name, {}):
            return PARAMETERS[self.name][name]
        if kind == "int":
            return "0" if which == "malformed" else str(ROWS[which].number)
        if kind == "uuid" or (kind == "str" and (name == "id" or name.endswith("_id"))):
            return "not-an-id" if which == "malformed" else str(ROWS[which].uuid)
        raise CannotFill(
            f"/{self} is new here: say in PARAMETERS of tests/support/twin_words.py what <{kind}:{name}> of "
            f"“{self.name}” may be. An object's id needs no word: call it `id` or `…_id`. A part of a link that is "
            "mailed or signed belongs into LINKS there, and the link into twin_credentials.py."
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


def rooms_of(routes: Iterable[Route]) -> dict[str, list[Route]]:
    """The routes by the room that answers them."""
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(route.room(), []).append(route)
    return dict(sorted(found.items()))


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
