from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Brand:
    """What a page of one organisation wears. Addresses are of the same host; an empty one leaves the part out."""

    theme_url: str = ""
    favicon_url: str = ""
    mark_url: str = ""
    icon: str = ""
    tagline: str = ""


Source = Callable[[HttpRequest], Brand]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Say where brands come from, once, from an AppConfig.ready; a source asks no database while a page is drawn."""
    if _sources:
        raise ValueError("Brands have a source already.")
    _sources.append(source)


def brand_of(request: HttpRequest) -> Brand:
    """The brand of the host's organisation; a plain one where there is no organisation or no source."""
    return _sources[0](request) if _sources and getattr(request, "tenant", None) is not None else Brand()
