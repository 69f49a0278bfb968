from dataclasses import dataclass
from typing import Any

from django.core.cache import caches

from core.tenancy import current_tenant
from shared_apps.organisation.models import Organisation
from shared_apps.organisation.values import FIELDS, Details

_KEY = "organisation"
_KEPT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Region:
    """Where the organisation is at home; both come from the registry, which each request carries."""

    locale: str
    time_zone: str


def organisation() -> Details:
    """The details of the current tenant, from its cache; the defaults where nobody has entered any."""
    kept: dict[str, Any] = caches["tenant"].get_or_set(_KEY, _read, _KEPT_SECONDS) or {}
    return Details(**{name: kept[name] for name in FIELDS if name in kept})


def region() -> Region:
    """The locale and the time zone of the current tenant; an empty text where none was chosen."""
    options = current_tenant().options
    return Region(str(options.get("locale", "")), str(options.get("time_zone", "")))


def organisation_refresh() -> None:
    """Keep the details as they are now, for every process; called once a change has committed."""
    caches["tenant"].set(_KEY, _read(), _KEPT_SECONDS)


def details_of(row: Organisation | None) -> Details:
    """The details of a row; the defaults without one."""
    return Details() if row is None else Details(**{name: getattr(row, name) for name in FIELDS})


def _read() -> dict[str, Any]:
    return details_of(Organisation.objects.first()).stored()
