import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from core.charts import Series, Slice, area_chart, bar_chart, donut_chart, line_chart, long_chart, stacked_chart
from core.money import Money
from core.web.formats import date_text, money_text, short_money
from core.web.styleguide import pages, samples

_MONTHS = ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]


class StatesForm(forms.Form):
    """A field of each kind."""

    name = forms.CharField(label="Text", help_text="A hint says what is meant.")
    optional = forms.CharField(label="Optional text", required=False)
    amount = forms.DecimalField(label="Amount", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    kind = forms.ChoiceField(label="Choice", choices=[("a", "EUR, euro"), ("b", "JPY, yen")])
    day = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(label="File", required=False)
    note = forms.CharField(label="Long text", widget=forms.Textarea, required=False)
    often = forms.ChoiceField(
        label="One of several", widget=forms.RadioSelect, choices=[("once", "One time"), ("monthly", "Monthly")]
    )
    parts = forms.MultipleChoiceField(
        label="Any of several", widget=forms.CheckboxSelectMultiple, choices=[("i", "Invoices"), ("b", "Bills")]
    )
    agree = forms.BooleanField(label="A box to tick")
    locked = forms.CharField(label="Cannot be changed", disabled=True, required=False, initial="INV-2046")


def foundations() -> dict[str, Any]:
    """Colours, type and icons."""
    sprite = (settings.BASE_DIR / "static/icons/lucide.svg").read_text()
    return {
        "icons": re.findall(r'<symbol id="([^"]+)"', sprite),
        "sizes": ["2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl", "4xl"],
        "kinds": ["", "ok", "warn", "bad", "info", "brand"],
    }


def controls() -> dict[str, Any]:
    """Buttons, chips, menus."""
    return {"menu": samples.MENU, "kinds": ["", "primary", "soft", "ghost", "danger"]}


def content() -> dict[str, Any]:
    """Cards, figures, badges, timelines."""
    return {
        "stats": pages.stats(),
        "facts": samples.FACTS,
        "happenings": samples.HAPPENINGS,
        "states": samples.STATES.values(),
        "now": samples.NOW,
        "amounts": [
            samples.euro("184920.44"),
            samples.euro("-1250.5"),
            Money(Decimal(120000), "JPY"),
            Money(Decimal("7.125"), "KWD"),
            Money(Decimal("40.25"), "USDC"),
        ],
        "people": ["Inês Duarte", "Rui Faria", "Marta Lopes", "Jonas Weber", "Ana"],
    }


def charts() -> dict[str, Any]:
    """Every chart."""
    income, spending = [42, 38, 51, 47, 60, 52], [31, 36, 33, 40, 38, 41]
    prices = samples.prices()
    thousand: dict[str, Any] = {"write": _euro, "write_axis": _short}
    return {
        "flow": pages.cash_flow(),
        "line": line_chart(
            sentence="Income stayed above spending in each month.",
            labels=_MONTHS,
            series=[_series("Income", income), _series("Spending", spending)],
            **thousand,
        ),
        "area": area_chart(
            sentence="Income grew to 52 thousand euro.", labels=_MONTHS, series=[_series("Income", income)], **thousand
        ),
        "bars": bar_chart(
            sentence="The result was negative in July.",
            labels=_MONTHS,
            series=[_series("Result", [11, -6, 18, 7, 22, 11])],
            **thousand,
        ),
        "stacked": stacked_chart(
            sentence="Grants are more than half of the income in each month.",
            labels=_MONTHS,
            series=[
                _series("Grants", [24, 21, 28, 27, 33, 30]),
                _series("Sales", [10, 9, 14, 12, 17, 14]),
                _series("Gifts", [8, 8, 9, 8, 10, 8]),
            ],
            **thousand,
        ),
        "donut": donut_chart(
            sentence="Restoration takes 46% of what is spent, monitoring 27%, people 18% and the office 9%.",
            slices=[
                Slice("Restoration", 46000),
                Slice("Monitoring", 27000),
                Slice("People", 18000),
                Slice("Office", 9000),
            ],
            write=_euro,
            centre="€100k",
            caption="this year",
        ),
        "long": long_chart(
            sentence="The price moved between 900 and 1,100 over two years.",
            name="Price",
            labels=[date_text(samples.NOW - timedelta(days=len(prices) - day)) for day in range(len(prices))],
            values=prices,
            source="/styleguide/figures/",
        ),
    }


def tables() -> dict[str, Any]:
    """Tables and the states of a list."""
    return {**pages.list_page(), "view_title": "Invoices"}


def form_states() -> dict[str, Any]:
    """Fields in every state."""
    return {
        "form": StatesForm(initial={"name": "Fundação Ribeira", "often": "once"}, auto_id="fine_%s"),
        "invalid": StatesForm({"name": "", "email": "no address", "amount": "x"}, auto_id="wrong_%s"),
        "lines": [("Field work, October", "12", "750.00"), ("Laboratory", "1", "3195.12")],
        "totals": pages.detail_page()["totals"],
        "total": samples.euro(15000),
    }


def feedback() -> dict[str, Any]:
    """Notices, toasts, dialogs, waiting."""
    return {"kinds": ["info", "ok", "warn", "bad"]}


def _series(name: str, thousands: list[int]) -> Series:
    return Series(name, [value * 1000 for value in thousands])


def _euro(value: Decimal) -> str:
    return money_text(samples.euro(value)).removesuffix(".00")


def _short(value: Decimal) -> str:
    return short_money(samples.euro(value))
