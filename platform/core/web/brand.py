from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from core.tenancy import current_scope


@dataclass(frozen=True, slots=True)
class Logo:
    """A wide logo, which has the name in it."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Brand:
    """What a page of one organisation wears. Addresses are of the same host; an empty one leaves the part out."""

    theme_url: str = ""
    favicon_url: str = ""
    mark_url: str = ""
    icon: str = ""
    tagline: str = ""
    # One for light and one for dark backgrounds.
    logo: Logo | None = None
    logo_dark: Logo | None = None
    is_sidebar_dark: bool = False


Source = Callable[[HttpRequest], Brand]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Say where brands come from, once, from an AppConfig.ready; a source asks no database while a page is drawn."""
    if _sources:
        raise ValueError("Brands have a source already.")
    _sources.append(source)


def brand_of(request: HttpRequest) -> Brand:
    """The brand of the organisation in whose context the page is drawn; a plain one where there is none, or no source.

    A host that serves nothing at present, such as a suspended one, could not serve its stylesheet either.
    """
    scope = current_scope()
    return _sources[0](request) if _sources and scope is not None and scope.tenant is not None else Brand()
