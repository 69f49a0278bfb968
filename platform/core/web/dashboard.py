"""The home page's frame: rooms register figures, cards and what needs attention; each person sees what they may."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from django.http import HttpRequest

from core import permissions
from core.web.components.blocks import Stat
from core.web.context_processors import HostKind, site_of
from core.web.requests import actor_of

# `main` is the wide column, `side` the narrow one, `lead` its top, which comes right after the figures on phones.
Place = Literal["main", "side", "lead"]
MOST_FIGURES = 4
MOST_ATTENTION = 6


@dataclass(frozen=True, slots=True)
class Card:
    """A card as its template draws it; the template writes the card's own frame."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that waits for this person: what, what it means, and where it is done."""

    title: Any
    text: Any
    url: str
    act: Any
    icon: str = "triangle-alert"
    kind: Literal["bad", "warn", "info", "brand"] = "warn"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What one person sees."""

    figures: list[Stat]
    attention: list[Attention]
    lead: list[Card]
    main: list[Card]
    side: list[Card]

    @property
    def is_empty(self) -> bool:
        """Whether no room has anything for this person."""
        return not (self.figures or self.attention or self.lead or self.main or self.side)


Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True)
class _Part(Generic[Drawn]):
    draw: Callable[[HttpRequest], Drawn]
    action: str | None
    host_kinds: frozenset[HostKind]
    order: int
    place: Place = "main"


_figures: dict[str, _Part[Stat | None]] = {}
_cards: dict[str, _Part[Card | None]] = {}
_attention: dict[str, _Part[Iterable[Attention]]] = {}


def register_figure(
    name: str,
    draw: Callable[[HttpRequest], Stat | None],
    *,
    action: str | None = None,
    on: Iterable[HostKind] = ("tenant",),
    order: int = 100,
) -> None:
    """Offer a key figure, from AppConfig.ready; the first four that a person may see are shown.

    Like every part it asks the database a fixed number of times, and is not asked where `action` is refused.
    """
    _figures[name] = _Part(draw, action, frozenset(on), order)


def register_card(
    name: str,
    draw: Callable[[HttpRequest], Card | None],
    *,
    place: Place = "main",
    action: str | None = None,
    on: Iterable[HostKind] = ("tenant",),
    order: int = 100,
) -> None:
    """Offer a card; None where there is nothing to show."""
    _cards[name] = _Part(draw, action, frozenset(on), order, place)


def register_attention(
    name: str,
    find: Callable[[HttpRequest], Iterable[Attention]],
    *,
    action: str | None = None,
    on: Iterable[HostKind] = ("tenant",),
    order: int = 100,
) -> None:
    """Say what waits for a person."""
    _attention[name] = _Part(find, action, frozenset(on), order)


def dashboard_of(request: HttpRequest) -> Dashboard:
    """All that the request's person may see, in order."""
    figures: list[Stat] = []
    for part in _shown(_figures, request):
        figure = part.draw(request) if len(figures) < MOST_FIGURES else None
        figures += [figure] if figure is not None else []
    waiting = [each for found in _shown(_attention, request) for each in found.draw(request)]
    cards: dict[Place, list[Card]] = {"main": [], "side": [], "lead": []}
    for offered in _shown(_cards, request):
        card = offered.draw(request)
        cards[offered.place] += [card] if card is not None else []
    return Dashboard(figures, waiting[:MOST_ATTENTION], cards["lead"], cards["main"], cards["side"])


def _shown(parts: Mapping[str, _Part[Drawn]], request: HttpRequest) -> list[_Part[Drawn]]:
    actor, host_kind = actor_of(request), site_of(request).host_kind
    return [
        part
        for part in sorted(parts.values(), key=lambda part: part.order)
        if host_kind in part.host_kinds and (part.action is None or permissions.check(part.action, actor))
    ]
