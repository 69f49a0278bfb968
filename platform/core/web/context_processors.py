from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_bidi

from core.web.brand import Brand, brand_of
from core.web.requests import request_id_of

HostKind = Literal["tenant", "platform", "unknown"]


@dataclass(frozen=True, slots=True)
class Site:
    """Whose page this is. The name is empty where the host is not known, so that no page names the wrong one."""

    name: str
    host_kind: HostKind
    language: str
    direction: Literal["ltr", "rtl"]
    request_id: str
    brand: Brand

    @property
    def initials(self) -> str:
        """One or two letters for the brand mark where there is no logo."""
        words = self.name.split()
        return "".join(word[0] for word in (words if len(words) < 3 else [words[0], words[-1]])).upper()


def site_of(request: HttpRequest) -> Site:
    """The site of a request, without asking the database; `request.tenant` is None on the platform's host."""
    name, host_kind = _name_and_kind(request)
    return Site(
        name=name,
        host_kind=host_kind,
        language=get_language() or settings.LANGUAGE_CODE,
        direction="rtl" if get_language_bidi() else "ltr",
        request_id=request_id_of(request),
        brand=brand_of(request),
    )


def _name_and_kind(request: HttpRequest) -> tuple[str, HostKind]:
    if not hasattr(request, "tenant"):
        return "", "unknown"
    if request.tenant is None:
        return settings.PLATFORM_NAME, "platform"
    return request.tenant.name, "tenant"


def site(request: HttpRequest) -> dict[str, Any]:
    """`site` in every template."""
    return {"site": site_of(request)}
