from typing import Any

import pytest
from django.core.cache import caches
from django.db import IntegrityError

from core.tenancy import TenantRef, atomic, platform_context, tenant_context
from core.tenancy.errors import CrossedContext
from shared_apps.organisation.errors import CurrencyFixed, OrganisationRefused
from shared_apps.organisation.models import Organisation
from shared_apps.organisation.selectors import organisation, region
from shared_apps.organisation.services import currency_guard_register
from shared_apps.organisation.values import Details
from shared_apps.tenants.branding.models import BrandDraft
from shared_apps.tenants.branding.selectors import draft_of, published_of
from shared_apps.tenants.branding.services import brand_publish, draft_change
from shared_apps.tenants.services.region import tenant_region_change
from shared_apps.trail.models import TrailEntry
from tenant_apps.events.models import OutboxEvent

BERLIN = {"street": "Weg 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}


def details(tenant: TenantRef) -> Details:
    with tenant_context(tenant):
        return organisation()


def test_before_anybody_says_anything_there_are_defaults(tenant: TenantRef) -> None:
    assert details(tenant) == Details(currency="EUR", fiscal_year_month=1, fiscal_year_day=1, week_start=1)


def test_details_are_kept_with_a_trail_and_an_event(update: Any, tenant: TenantRef, other_tenant: TenantRef) -> None:
    assert details(tenant).legal_name == ""

    contact = {"email": "hello@river.example", "phone": "+49 30 123456"}
    update(tenant, legal_name="  River  Trust ", currency="gbp", **BERLIN, **contact, tax_id="de 136,695 976")

    found = details(tenant)
    assert (found.legal_name, found.currency, found.tax_id) == ("River Trust", "GBP", "DE136695976")
    assert (found.email, found.phone) == ("hello@river.example", "+49 30 123456")
    assert details(other_tenant) == Details()
    with tenant_context(tenant):
        entry = TrailEntry.objects.get(action="organisation.edit")
        assert entry.changes["currency"] == {"from": "EUR", "to": "GBP"}
        assert OutboxEvent.objects.filter(kind="organisation.changed").count() == 1


def test_saving_the_same_again_leaves_no_trace(update: Any, tenant: TenantRef) -> None:
    update(tenant, legal_name="River", time_zone="Europe/Berlin")
    update(tenant, legal_name="River", time_zone="Europe/Berlin")
    with tenant_context(tenant):
        assert TrailEntry.objects.filter(action="organisation.edit").count() == 2
        assert Organisation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"street": "Weg 1", "city": "Berlin"}, "country"),
        ({**BERLIN, "postal_code": "1"}, "postal_code"),
        ({**BERLIN, "city": ""}, "city"),
        ({**BERLIN, "country": "US", "region": "Nowhere", "postal_code": "95014"}, "region"),
        ({"country": "DE", "tax_id": "DE136695970"}, "tax_id"),
        ({"country": "JP", "tax_id": "7"}, "tax_id"),
        ({"tax_id": "7" * 41}, "tax_id"),
        ({"currency": "USDC"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"email": "nobody"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"fiscal_year_month": 2, "fiscal_year_day": 29}, "fiscal_year_day"),
        ({"fiscal_year_month": 13}, "fiscal_year_month"),
        ({"week_start": True}, "week_start"),
        ({"legal_name": "a\u202eb"}, "legal_name"),
        ({"legal_name": 7}, "legal_name"),
        ({"locale": "xx-XX"}, "locale"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"id": 2}, "id"),
    ],
    ids=str,
)
def test_what_is_not_valid_is_named_and_nothing_is_kept(
    update: Any, tenant: TenantRef, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(OrganisationRefused) as refusal:
        update(tenant, **{"legal_name": "River", "time_zone": "Europe/Berlin", **changes})
    assert [error["field"] for error in refusal.value.errors] == [field]
    assert details(tenant) == Details()
    with tenant_context(tenant):
        assert not TrailEntry.objects.filter(action="organisation.edit").exists()


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("DE", "136695976", "DE136695976"),
        ("GR", "EL 094259216", "EL094259216"),
        ("FR", "FR 40 303265045", "FR40303265045"),
        ("GB", "980 7806 84", "GB980780684"),
        ("GB", "XI 980780684", "XI980780684"),
        ("CH", "CHE107787577IVA", "CHE-107.787.577 IVA"),
        ("US", "911144442", "91-1144442"),
        ("NO", "NO 995 525 828 MVA", "995525828MVA"),
        ("BZ", "12 ab", "12 ab"),
        ("", " 12 ", "12"),
    ],
)
def test_a_tax_id_is_written_as_its_country_writes_it(
    update: Any, tenant: TenantRef, country: str, typed: str, kept: str
) -> None:
    update(tenant, country=country, tax_id=typed)
    assert details(tenant).tax_id == kept


def test_the_currency_is_fixed_once_a_room_says_so(update: Any, tenant: TenantRef) -> None:
    said = [""]
    currency_guard_register(lambda: said[0])
    update(tenant, currency="USD")
    said[0] = "Two entries are posted in USD."
    with pytest.raises(CurrencyFixed, match="Two entries") as refusal:
        update(tenant, currency="JPY", legal_name="River")
    assert refusal.value.errors[0]["field"] == "currency"
    assert (details(tenant).currency, details(tenant).legal_name) == ("USD", "")
    update(tenant, currency="USD", legal_name="River")
    assert details(tenant).legal_name == "River"


def test_a_guard_counts_once(update: Any, tenant: TenantRef) -> None:
    asked = []

    def guard() -> str:
        asked.append(1)
        return ""

    currency_guard_register(guard)
    currency_guard_register(guard)
    update(tenant, currency="USD")
    assert asked == [1]


def test_locale_and_time_zone_are_the_registry_s_and_the_brand_agrees(
    update: Any, tenant: TenantRef, now_of: Any, ada: Any
) -> None:
    draft = draft_change(tenant=tenant, changes={"time_zone": "Europe/Paris"}, version=0, actor=ada)
    brand_publish(tenant=tenant, version=draft.version, actor=ada)
    open_page = draft_of(now_of(tenant)).version

    update(tenant, time_zone="Europe/Berlin", locale="de_at")

    found = now_of(tenant)
    assert (found.options["time_zone"], found.options["locale"]) == ("Europe/Berlin", "de-AT")
    with tenant_context(found):
        assert (region().time_zone, region().locale) == ("Europe/Berlin", "de-AT")
        entry = TrailEntry.objects.filter(action="organisation.edit").latest("id")
        assert entry.changes["time_zone"] == {"from": "Europe/Paris", "to": "Europe/Berlin"}
    assert published_of(found).values.time_zone == "Europe/Berlin"
    assert draft_of(found).values.locale == "de-AT"
    assert draft_of(found).version == open_page + 1
    with platform_context():
        assert BrandDraft.objects.get(tenant_id=found.uuid).values["time_zone"] == "Europe/Berlin"


def test_a_first_draft_begins_with_the_registry_s_time_zone(update: Any, tenant: TenantRef, now_of: Any) -> None:
    update(tenant, time_zone="Europe/Berlin")
    assert draft_of(now_of(tenant)).values.time_zone == "Europe/Berlin"


def test_nobody_writes_another_organisation_s_region(tenant: TenantRef, other_tenant: TenantRef, ada: Any) -> None:
    with pytest.raises(CrossedContext), tenant_context(tenant):
        tenant_region_change(tenant=other_tenant, changes={"time_zone": "Europe/Berlin"}, actor=ada)


def test_the_cache_is_each_organisation_s_own(update: Any, tenant: TenantRef, other_tenant: TenantRef) -> None:
    update(tenant, legal_name="River")
    update(other_tenant, legal_name="Kiln")
    assert [details(each).legal_name for each in (tenant, other_tenant)] == ["River", "Kiln"]
    with tenant_context(tenant):
        Organisation.objects.update(legal_name="Changed beside the service")
        assert organisation().legal_name == "River"
        caches["tenant"].clear()
        assert organisation().legal_name == "Changed beside the service"


@pytest.mark.parametrize(
    "values",
    [
        {"id": 2},
        {"currency": "eur"},
        {"country": "de"},
        {"week_start": 8},
        {"fiscal_year_month": 2, "fiscal_year_day": 29},
        {"fiscal_year_month": 4, "fiscal_year_day": 31},
        {"fiscal_year_day": 0},
    ],
    ids=str,
)
def test_the_database_keeps_to_it_as_well(tenant: TenantRef, values: dict[str, Any]) -> None:
    with tenant_context(tenant), pytest.raises(IntegrityError), atomic():
        Organisation.objects.create(**{"currency": "EUR", **values})
    with tenant_context(tenant):
        assert not Organisation.objects.exists()
