from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms

from core.charts import Series, line_chart, sparkline
from core.web.components.blocks import Stat
from core.web.components.leaves import money
from core.web.formats import date_text, money_text, short_money
from core.web.keyset import KeysetPage
from core.web.styleguide import samples
from core.web.views.base import Crumb, Offer
from core.web.views.chips import Chip
from core.web.views.lists import BulkAction, Head, Row

_TERMS = [("14", "14 days net"), ("30", "30 days net")]


class InvoiceForm(forms.Form):
    customer = forms.CharField(label="Customer", initial="Fundação Ribeira", help_text="Who pays.")
    tax_number = forms.RegexField(r"PT\d{9}", label="VAT number", error_messages={"invalid": "Nine digits after PT."})
    issued = forms.DateField(label="Issue date", widget=forms.DateInput(attrs={"type": "date"}))
    due = forms.DateField(label="Due date", widget=forms.DateInput(attrs={"type": "date"}))
    terms = forms.ChoiceField(label="Terms", choices=_TERMS)
    note = forms.CharField(label="Note to the customer", required=False, widget=forms.Textarea)
    remind = forms.BooleanField(label="Remind by itself when it is overdue", required=False)

    def clean_due(self) -> Any:
        """The rule that the sample breaks."""
        if self.cleaned_data.get("issued") and self.cleaned_data["due"] < self.cleaned_data["issued"]:
            raise forms.ValidationError("Must be on or after the issue date.")
        return self.cleaned_data["due"]


class FilterForm(forms.Form):
    state = forms.ChoiceField(label="Status", choices=[("open", "Open"), ("paid", "Paid")])
    customer = forms.CharField(label="Customer", required=False)
    due = forms.DateField(label="Due date", required=False, widget=forms.DateInput(attrs={"type": "date"}))


def stats() -> list[Stat]:
    """The four figures of the dashboard."""
    return [
        Stat(
            "Cash balance",
            money(samples.euro("184920.44"), light_cents=True),
            change=Decimal("0.042"),
            note="vs October",
            spark=sparkline([Decimal(value) for value in samples.CASH_SPARK]),
        ),
        Stat(
            "Outstanding",
            money(samples.euro(38410), light_cents=True),
            badge=("3 overdue", "bad"),
            note="of 14 invoices",
        ),
        Stat(
            "Income, November",
            money(samples.euro("52118.30"), light_cents=True),
            change=Decimal("0.126"),
            note="vs October",
            spark=sparkline([Decimal(value) for value in samples.INCOME_SPARK]),
        ),
        Stat("Campaign funds", money(samples.euro(76240), light_cents=True), progress=(64, "64% of €120,000")),
    ]


def cash_flow() -> Any:
    """The dashboard's chart: the balance, what comes in and goes out, and a forecast."""
    known = len(samples.INCOME)
    ahead = [None] * (len(samples.BALANCE) - known)
    return line_chart(
        sentence="The balance rose from 118 thousand euro on 31 July to 185 thousand on 20 November; "
        "197 thousand are forecast for mid December.",
        labels=[date_text(week, "day") for week in samples.WEEKS],
        series=[Series("Balance", [value * 1000 for value in samples.BALANCE], total="€185,000")],
        columns=[
            Series("Money in", [*(value * 1000 for value in samples.INCOME), *ahead], total="€64,180"),
            Series("Money out", [*(value * 1000 for value in samples.SPENDING), *ahead], total="€41,736"),
        ],
        forecast_from=known,
        filled=True,
        write=lambda value: money_text(samples.euro(value)).removesuffix(".00"),
        write_axis=lambda value: short_money(samples.euro(value)),
    )


def dashboard() -> dict[str, Any]:
    """Figures, a chart, what needs attention."""
    return {"stats": stats(), "cash_flow": cash_flow(), **_table(), "today": samples.NOW}


def list_page() -> dict[str, Any]:
    """A list with everything on."""
    form = FilterForm({"state": "open"})
    return {
        **_list("All invoices of this year."),
        "rows": _rows(),
        "page": KeysetPage(samples.INVOICES, "", "cursor=next", 214),
        "chips": [
            Chip(form["state"], "Status", "Open", "q="),
            Chip(form["customer"], "Customer"),
            Chip(form["due"], "Due date"),
        ],
        "searches": True,
        "exports": True,
        "is_narrowed": True,
        "state": "state=open",
        "views": [SimpleNamespace(name="Open", query="state=open"), SimpleNamespace(name="Large", query="min=5000")],
        "bulk": [
            BulkAction("remind", "Send reminder", "", lambda actor, rows: 0, icon="send"),
            BulkAction("export", "Export", "", lambda actor, rows: 0, icon="download"),
        ],
    }


def empty_list() -> dict[str, Any]:
    """A list with nothing in it, which starts the first task."""
    return {
        **_list(""),
        "view_title": "Bills",
        "offers": [Offer("Upload a bill", "/styleguide/form/", "upload", primary=True)],
        "empty": {
            "icon": "receipt-text",
            "title": "No bills yet",
            "text": "Forward a bill by e-mail or upload a PDF. We read the amounts for you.",
        },
    }


def detail_page() -> dict[str, Any]:
    """An invoice: what it is, what happened, where the money is."""
    return {
        "view_title": "INV-2046",
        "lead": "Fundação Ribeira · Grant instalment",
        "status": samples.STATES["overdue"],
        "amount": money(samples.euro(15000), light_cents=True),
        "crumbs": [Crumb("Invoices", "/styleguide/list/")],
        "offers": [
            Offer("Record payment", "/styleguide/form/", "coins"),
            Offer("Send reminder", "/styleguide/form/", "send", primary=True),
            Offer("Write off", "", refused="an accountant can do this."),
        ],
        "facts": samples.FACTS,
        "happenings": samples.HAPPENINGS,
        "menu": samples.MENU,
        "lines": [
            ("Field work, October", "12", samples.euro(750), samples.euro(9000)),
            ("Laboratory", "1", samples.euro("3195.12"), samples.euro("3195.12")),
        ],
        "totals": [("Net", samples.euro("12195.12")), ("VAT 23%", samples.euro("2804.88"))],
        "total": samples.euro(15000),
    }


def form_page() -> dict[str, Any]:
    """A form in sections."""
    return _form(InvoiceForm(initial={"tax_number": "PT502839104", "issued": "2026-11-20", "due": "2026-12-04"}))


def invalid_form() -> dict[str, Any]:
    """The same with what was wrong."""
    typed = {"customer": "Fundação Ribeira", "tax_number": "PT50283", "issued": "2026-11-20", "due": "2026-11-14"}
    return _form(InvoiceForm({**typed, "terms": "14"}))


def confirm_page() -> dict[str, Any]:
    """What cannot be undone."""
    return {
        "view_title": "Void INV-2046?",
        "form": forms.Form(),
        "consequence": "The ledger entry is reversed today. The number stays used. This cannot be undone.",
        "word": "INV-2046",
        "submit_label": "Void invoice",
        "cancel_url": "/styleguide/detail/",
        "crumbs": [Crumb("Invoices", "/styleguide/list/")],
    }


def public_page() -> dict[str, Any]:
    """A campaign, as the public sees it."""
    use = [
        ("Removing three weirs", samples.euro(54000), 45),
        ("Planting 18,000 willows and ashes", samples.euro(38400), 32),
        ("Five years of monitoring", samples.euro(19200), 16),
        ("Running the campaign", samples.euro(8400), 7),
    ]
    return {"use": [(name, money_text(amount).removesuffix(".00"), share) for name, amount, share in use]}


def _heads() -> list[Head]:
    return [
        Head(column, f"sort={column.sort}" if column.sort else "", "descending" if column.name == "number" else "")
        for column in samples.COLUMNS
    ]


def _table() -> dict[str, Any]:
    return {"invoices": samples.INVOICES, "columns": samples.COLUMNS, "row_url": samples.InvoiceUrl()}


def _rows() -> list[Row]:
    url = "/styleguide/detail/"
    return [
        Row(str(row.pk), row.number, url, [(column, column.html(row, url)) for column in samples.COLUMNS])
        for row in samples.INVOICES
    ]


def _list(lead: str) -> dict[str, Any]:
    return {
        "view_title": "Invoices",
        "lead": lead,
        "heads": _heads(),
        "offers": [Offer("New invoice", "/styleguide/form/", "plus", primary=True)],
        "submission": "sample",
    }


def _form(form: forms.Form) -> dict[str, Any]:
    fields = {"customer": 4, "tax_number": 2, "issued": 2, "due": 2, "terms": 2}
    return {
        "view_title": "New invoice",
        "form": form,
        "parts": [
            {
                "title": "Customer and dates",
                "text": "Who pays and when. The customer sees this.",
                "fields": [(form[name], span) for name, span in fields.items()],
            },
            {"title": "Message", "text": "", "fields": [(form["note"], 6), (form["remind"], 6)]},
        ],
        "submit_label": "Send invoice",
        "cancel_url": "/styleguide/list/",
        "crumbs": [Crumb("Invoices", "/styleguide/list/")],
        "submission": "sample",
        "totals": [("Net", samples.euro("12195.12")), ("VAT 23%", samples.euro("2804.88"))],
        "total": samples.euro(15000),
    }
