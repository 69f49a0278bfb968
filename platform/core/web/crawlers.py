"""`/robots.txt` and `/sitemap.xml` of an organisation's host."""

from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.tenancy.context import TenantRef, current_tenant

ROBOTS_PATH = "/robots.txt"
_FOR_TEN_MINUTES = {"Cache-Control": "public, max-age=600"}
# What a public page is drawn with.
_PARTS = ("/static/", "/theme.css", "/brand/", "/manifest.webmanifest", "/favicon.ico")
# At most this many addresses are in one sitemap (sitemaps.org, protocol 0.9).
_MOST = 50_000
Pages = Callable[[TenantRef], Iterable[str]]
_sources: list[Pages] = []


def register(pages: Pages) -> None:
    """Name the public pages of a room, by path, from its AppConfig.ready: what crawlers may read and shall find.

    It is asked in the organisation's context and names nothing where the organisation keeps to itself.
    """
    _sources.append(pages)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: the public pages and their parts (RFC 9309)."""
    paths = _paths()
    if not paths:
        return refusal()
    allowed = [f"Allow: {'/$' if path == '/' else path}" for path in (*paths, *_PARTS)]
    lines = ["User-agent: *", *allowed, "Disallow: /", "", f"Sitemap: {_site()}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8", headers=_FOR_TEN_MINUTES)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The public pages (sitemaps.org, protocol 0.9); empty where there are none."""
    pages = "".join(f"<url><loc>{escape(_site() + path)}</loc></url>" for path in _paths())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{pages}</urlset>\n'
    )
    return HttpResponse(body, content_type="application/xml; charset=utf-8", headers=_FOR_TEN_MINUTES)


def refusal() -> HttpResponse:
    """What a host answers that crawlers shall leave alone; a mere error would let them in (RFC 9309, section 2.3.1)."""
    return HttpResponse(
        "User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8", headers=_FOR_TEN_MINUTES
    )


def _paths() -> list[str]:
    tenant = current_tenant()
    return [path for pages in _sources for path in pages(tenant)][:_MOST]


def _site() -> str:
    usual = {"http": 80, "https": 443}[settings.PUBLIC_SCHEME]
    port = "" if usual == settings.PUBLIC_PORT else f":{settings.PUBLIC_PORT}"
    return f"{settings.PUBLIC_SCHEME}://{current_tenant().primary_host}{port}"
