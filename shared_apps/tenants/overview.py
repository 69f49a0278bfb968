"""What the platform's people read about all organisations at once, in a constant number of queries."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from core.errors import NotFound
from core.tenancy import TenantRef, TenantState
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import asset_content, published_of
from shared_apps.tenants.branding.theme import ink_of
from shared_apps.tenants.directory import tenant_ref
from shared_apps.tenants.models import StateChange, TemplateStep, Tenant, WarmSchema

# Their schema is whole, so it has a version.
_UNMADE = (TenantState.REQUESTED, TenantState.PROVISIONING, TenantState.DELETING, TenantState.PURGED)


@dataclass(frozen=True, slots=True)
class Template:
    """The newest version of the tenants' tables: its step, the checksum of all steps, the fingerprint of its tables."""

    step: int
    checksum: str
    shape: str


@dataclass(frozen=True, slots=True)
class Look:
    """How an organisation looks to its people; `square` is its small logo, if it has one."""

    name: str
    tagline: str
    brand: str
    on_brand: str
    accent: str
    number: int
    square: Any


def template_newest() -> Template | None:
    """The newest recorded version; None before the first migration."""
    row = TemplateStep.objects.order_by("-ordinal").values_list("ordinal", "checksum", "shape").first()
    return Template(*row) if row else None


def tenant_counts() -> dict[str, int]:
    """How many organisations are in each state that any is in."""
    rows = Tenant.objects.exclude(state=TenantState.PURGED).order_by().values_list("state")
    return dict(rows.annotate(count=Count("pk")).values_list("state", "count"))


def signups_by_day(since: date) -> dict[date, int]:
    """How many organisations were requested on each day (UTC) from then on, those that are gone included."""
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
    rows = Tenant.objects.filter(created_at__gte=begin).order_by().annotate(day=TruncDate("created_at", tzinfo=UTC))
    return dict(rows.values("day").annotate(count=Count("pk")).values_list("day", "count"))


def step_spread() -> dict[int, int]:
    """How many organisations are at each version of the tables."""
    rows = Tenant.objects.exclude(state__in=_UNMADE).order_by().values_list("template_step")
    return dict(rows.annotate(count=Count("pk")).values_list("template_step", "count"))


def lagging(step: int) -> Q:
    """Which organisations have tables older than a version, and so answer 503."""
    return Q(template_step__lt=step) & ~Q(state__in=_UNMADE)


def warm_counts(step: int) -> dict[str, int]:
    """How many schemas of this version are ready in advance in each cell that has any."""
    rows = WarmSchema.objects.filter(template_step=step).order_by().values_list("cell")
    return dict(rows.annotate(count=Count("pk")).values_list("cell", "count"))


def state_history(tenant: Tenant) -> QuerySet[StateChange]:
    """An organisation's changes of state, newest first."""
    return StateChange.objects.filter(tenant=tenant).order_by("-at", "-id")


def tenant_look(tenant: Tenant) -> Look:
    """What an organisation has published as its brand, else the plain one."""
    published = published_of(tenant_ref(tenant, ""))
    ink = ink_of(published.values)
    square = published.asset(AssetKind.SQUARE)
    values = published.values
    return Look(values.name, values.tagline, ink.brand, ink.on_brand, values.accent, published.number, square)


def square_logo(tenant: TenantRef) -> bytes:
    """The PNG of an organisation's small logo; in its own context. Raises NotFound where it has none."""
    square = published_of(tenant).asset(AssetKind.SQUARE)
    if square is None:
        raise NotFound
    return asset_content(square)
