from functools import partial
from typing import Any

import pytest

from core.errors import Conflict
from core.tenancy import TenantRef, tenant_context
from shared_apps.organisation.models import Organisation
from shared_apps.organisation.selectors import organisation
from shared_apps.organisation.services import currency_guard_register
from shared_apps.trail.models import TrailEntry
from tests.support.queries import fewest_queries

PAGE = "/settings/organisation/"
FORM = {
    "legal_name": "River Trust",
    "country": "DE",
    "street": "Weg 1",
    "city": "Berlin",
    "postal_code": "10115",
    "currency": "GBP",
    "fiscal_year_month": "4",
    "fiscal_year_day": "6",
    "week_start": "1",
    "time_zone": "Europe/Berlin",
    "locale": "de-DE",
}


def kept(tenant: TenantRef) -> Any:
    with tenant_context(tenant):
        return Organisation.objects.first()


def test_details_are_saved_and_shown(browser: Any, tenant: TenantRef, other_tenant: TenantRef, now_of: Any) -> None:
    client = browser(tenant)
    assert client.get(PAGE).status_code == 200
    for _ in range(2):
        assert client.post(PAGE, FORM).status_code == 303
    assert "The organisation&#x27;s details are saved." in client.get(PAGE).content.decode()
    assert (kept(tenant).legal_name, kept(tenant).fiscal_year_day) == ("River Trust", 6)
    assert now_of(tenant).options["time_zone"] == "Europe/Berlin"
    assert kept(other_tenant) is None
    with tenant_context(tenant):
        assert TrailEntry.objects.filter(action="organisation.edit").count() == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"postal_code": "1"}, "This is not how it is written in this country. Examples: "),
        ({"city": ""}, "An address in this country needs this."),
        ({"tax_id": "DE1"}, "This is no valid tax id"),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"locale": "nowhere"}, "Give a locale such as en-GB"),
    ],
    ids=str,
)
def test_what_is_refused_stands_at_its_field(browser: Any, tenant: TenantRef, change: Any, words: str) -> None:
    answer = browser(tenant).post(PAGE, FORM | change)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{next(iter(change))}"' in page
    assert words in page
    assert 'value="River Trust"' in page
    assert kept(tenant) is None


def test_a_fixed_currency_is_said_at_its_field(browser: Any, tenant: TenantRef) -> None:
    currency_guard_register(lambda: "Entries are posted.")
    answer = browser(tenant).post(PAGE, FORM)
    assert answer.status_code == 422
    assert "Entries are posted." in answer.content.decode()
    assert kept(tenant) is None


def test_choosing_a_country_asks_for_the_form_of_that_country(browser: Any, tenant: TenantRef) -> None:
    client = browser(tenant)
    answer = client.post(PAGE, FORM | {"do": "look", "country": "US"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "ZIP code" in page
    assert "California" in page
    assert "<html" not in page
    assert 'value="River Trust"' in page
    assert kept(tenant) is None
    without = client.post(PAGE, FORM | {"do": "look", "country": "AE"}).content.decode()
    assert "Emirate" in without
    assert "Dubai" in without


def test_what_cannot_be_done_now_stands_above_the_form(
    browser: Any, tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(**values: Any) -> None:
        raise Conflict("The organisation is being moved.")

    client = browser(tenant)
    monkeypatch.setattr("shared_apps.organisation.views.organisation_update", held)
    answer = client.post(PAGE, FORM)
    assert answer.status_code == 422
    assert "The organisation is being moved." in answer.content.decode()


def test_a_day_that_rarely_begins_a_week_stays_on_offer(browser: Any, tenant: TenantRef) -> None:
    with tenant_context(tenant):
        Organisation.objects.create(currency="EUR", week_start=3)
    assert '<option value="3" selected>Wednesday' in browser(tenant).get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("tenant_admin", 200, 303),
        ("cfo", 200, 303),
        ("firm_admin", 200, 403),
        ("accountant", 200, 403),
        ("staff", 403, 403),
        ("member", 403, 403),
    ],
)
def test_who_reads_and_who_writes(browser: Any, tenant: TenantRef, role: str, reads: int, writes: int) -> None:
    client = browser(tenant, role)
    page = client.get(PAGE)
    assert page.status_code == reads
    assert ("savebar" in page.content.decode()) == (writes == 303)
    assert client.post(PAGE, FORM).status_code == writes
    assert (kept(tenant) is not None) == (writes == 303)
    if reads == 200 and writes == 403:
        with tenant_context(tenant):
            Organisation.objects.create(currency="EUR", legal_name="River")
        assert "Change the details" in client.get(PAGE).content.decode()


def test_the_area_shows_what_one_may_open(browser: Any, tenant: TenantRef) -> None:
    client = browser(tenant)
    page = client.get("/settings/", follow=True)
    assert page.redirect_chain == [(PAGE, 302)]
    text = page.content.decode()
    for url in (PAGE, "/settings/brand/", "/people/", "/people/api-keys/", "/trail/"):
        assert f'href="{url}"' in text, url
    assert text.count('aria-current="page">Organisation') == 2
    accountant = browser(tenant, "accountant").get(PAGE).content.decode()
    assert 'href="/settings/brand/"' not in accountant
    assert browser(tenant, "member").get("/settings/").status_code == 403


def test_settings_are_found_by_what_is_set_there(browser: Any, tenant: TenantRef) -> None:
    client = browser(tenant)
    assert PAGE in client.get("/search/?q=fiscal").content.decode()
    assert PAGE not in browser(tenant, "member").get("/search/?q=fiscal").content.decode()


def test_the_page_costs_the_same_with_and_without_details(browser: Any, tenant: TenantRef) -> None:
    client = browser(tenant)
    with tenant_context(tenant):
        organisation()
    assert fewest_queries(partial(client.get, PAGE)) <= 14
