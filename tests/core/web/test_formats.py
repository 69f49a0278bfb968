from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone, translation

from core.money import Money
from core.tenancy import tenant_context
from core.web import formats

NOON = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "money", "day"),
    [("en", "€1,234.50", "20 Nov 2026"), ("de", "1.234,50\xa0€", "20.11.2026"), ("en-us", "€1,234.50", "Nov 20, 2026")],
)
def test_figures_follow_the_language(language, money, day):
    with translation.override(language):
        assert formats.money_text(Money(Decimal("1234.5"), "EUR")) == money
        assert formats.date_text(NOON) == day


def test_figures_follow_the_tenants_region_where_it_speaks_the_same_language(ref):
    for chosen, expected in (("de-CH", "1’234.50"), ("fr-FR", "1.234,50")):
        with tenant_context(replace(ref(), options={"locale": chosen})), translation.override("de"):
            assert formats.number_text(Decimal("1234.5"), 2) == expected


def test_a_region_that_does_not_exist_breaks_no_page(ref):
    with tenant_context(replace(ref(), options={"locale": "en-QQ"})):
        assert formats.date_text(date(2026, 11, 20)) == "20 Nov 2026"


@pytest.mark.parametrize(
    ("amount", "currency", "parts"),
    [
        ("184920.44", "EUR", ("€184,920", ".44", "")),
        ("1200", "JPY", ("JP¥1,200", "", "")),
        ("-3.5", "EUR", ("-€3", ".50", "")),
        ("40", "USDC", ("USDC\xa040", ".000000", "")),
    ],
)
def test_an_amount_is_cut_before_its_decimals(amount, currency, parts):
    assert formats.money_parts(Money(Decimal(amount), currency)) == parts


def test_an_amount_is_cut_also_where_the_symbol_stands_behind():
    with translation.override("de"):
        assert formats.money_parts(Money(Decimal("3.5"), "EUR")) == ("3", ",50", "\xa0€")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("180000", "€180k"), ("1500", "€1.5k"), ("2400000", "€2.4m"), ("-40000", "-€40k"), ("60", "€60"), ("0", "€0")],
)
def test_an_axis_is_written_short(amount, text):
    assert formats.short_money(Money(Decimal(amount), "EUR")) == text


def test_instants_are_on_the_persons_clock():
    with timezone.override("Asia/Tokyo"):
        assert formats.datetime_text(NOON) == "20 Nov 2026, 21:05"
        assert formats.date_text(datetime(2026, 11, 20, 20, tzinfo=UTC), "weekday") == "Saturday 21 November"
    assert formats.date_text(date(2026, 11, 20), "day") == "20 Nov"


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(minutes=-12), "12 minutes ago"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=-90), "22 Aug 2026"),
    ],
)
def test_distances_are_said_in_words(distance, text):
    with time_machine.travel(NOON, tick=False):
        assert formats.ago_text(NOON + distance) == text


def test_a_float_is_no_figure():
    with pytest.raises(TypeError):
        formats.number_text(1.5)


def test_shares_are_percent():
    assert formats.percent_text(Decimal("0.126"), 1) == "12.6%"
    assert formats.percent_text(Decimal("0.64")) == "64%"
