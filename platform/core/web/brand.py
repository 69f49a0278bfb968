from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from core.tenancy.context import TenantRef, current_scope

THEME_PATH = "/theme.css"


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
# The address of a stylesheet and the stylesheet, of an organisation whose host serves nothing else at present.
Held = Callable[[TenantRef], tuple[str, str]]
_held: list[Held] = []


def register(source: Source, held: Held) -> None:
    """Say where brands come from, once, from an AppConfig.ready; neither asks a database.

    `source` is asked in the organisation's context, `held` without any, for a host such as a suspended one.
    """
    if _sources:
        raise ValueError("Brands have a source already.")
    _sources.append(source)
    _held.append(held)


def brand_of(request: HttpRequest) -> Brand:
    """The brand of the organisation in whose context the page is drawn; a plain one where there is none, or no source.

    A host that serves nothing at present, such as a suspended one, serves its stylesheet all the same: that it is
    closed is said in its own colours, without its pictures.
    """
    scope = current_scope()
    if _sources and scope is not None and scope.tenant is not None:
        return _sources[0](request)
    tenant = getattr(request, "tenant", None)
    if _held and scope is None and tenant is not None:
        return Brand(theme_url=_held[0](tenant)[0])
    return Brand()


def held_stylesheet(tenant: TenantRef) -> HttpResponse:
    """The stylesheet of an organisation whose host serves nothing else at present."""
    css = _held[0](tenant)[1] if _held else ""
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=60"})
