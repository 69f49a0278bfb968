"""Sample data of the style guide: an organisation that never was."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from core.money import Money
from core.web.columns import Column
from core.web.components.blocks import Fact, Happening, MenuItem
from core.web.search import Hit

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def euro(amount: str | int | Decimal) -> Money:
    """A sample amount."""
    return Money(Decimal(amount), "EUR")


SIDEBAR = [
    (
        "",
        [
            ("Home", "house", "dashboard", ""),
            ("Tasks", "inbox", "", "3!"),
            ("Transactions", "arrow-left-right", "", ""),
        ],
    ),
    (
        "Money",
        [
            ("Invoices", "receipt-text", "list", "14"),
            ("Bills", "file-text", "list-empty", "6"),
            ("Bank accounts", "landmark", "", ""),
            ("Wallet", "wallet", "", ""),
        ],
    ),
    (
        "Growth",
        [
            ("Campaigns", "megaphone", "public", "2"),
            ("Programs", "heart", "", ""),
            ("Contacts", "users", "", ""),
        ],
    ),
    ("Books", [("Ledger", "book-open-text", "", ""), ("Reports", "chart-no-axes-column", "charts", "")]),
]

STATES = {
    "sent": ("Sent", "info"),
    "paid": ("Paid", "ok"),
    "overdue": ("Overdue 6 days", "bad"),
    "partly": ("Partly paid", "warn"),
    "draft": ("Draft", ""),
}


def _invoice(number: int, customer: str, subject: str, state: str, due: date | None, amount: str) -> Any:
    return SimpleNamespace(
        pk=number, number=f"INV-{number}", customer=customer, subject=subject, state=state, due=due, total=euro(amount)
    )


INVOICES = [
    _invoice(2048, "Câmara de Mértola", "Restoration, phase 2", "sent", date(2026, 11, 28), "12400"),
    _invoice(2047, "Odelouca Water", "Monitoring, Q4", "paid", date(2026, 11, 20), "8950.50"),
    _invoice(2046, "Fundação Ribeira", "Grant instalment", "overdue", date(2026, 11, 14), "15000"),
    _invoice(2045, "Greenline Logistics", "Sponsorship", "partly", date(2026, 11, 30), "4200"),
    _invoice(2044, "Studio Caravela", "Workshop, 12 seats", "paid", date(2026, 11, 11), "1368"),
    _invoice(2043, "Universidade de Évora", "Field days", "draft", None, "2750"),
]
COLUMNS = [
    Column("number", "Number", kind="code", sort="number"),
    Column("customer", "Customer", kind="party", link=True, sort="customer", note=lambda row: row.subject),
    Column("state", "Status", kind="badge", badges=STATES),
    Column("due", "Due", kind="date", sort="due"),
    Column("total", "Amount", kind="money", sort="total"),
]


class InvoiceUrl:
    """Where an invoice opens; templates must not call it."""

    do_not_call_in_templates = True

    def __call__(self, row: Any) -> str:
        return "/styleguide/detail/"


HITS = [Hit(f"{row.number}, {row.customer}", "/styleguide/detail/", row.subject) for row in INVOICES]

BALANCE = [118, 112, 126, 131, 122, 138, 147, 141, 152, 149, 163, 158, 171, 176, 168, 181, 185, 179, 190, 197]
INCOME = [22, 14, 31, 24, 15, 33, 28, 17, 30, 19, 34, 20, 33, 27, 18, 36, 29]
SPENDING = [16, 20, 17, 19, 24, 17, 19, 23, 19, 22, 20, 25, 20, 22, 26, 23, 21]
WEEKS = [date(2026, 7, 31) + timedelta(days=7 * week) for week in range(len(BALANCE))]
CASH_SPARK = [
    "2.9",
    "2",
    "4.3",
    "4.9",
    "7.8",
    "11",
    "8.3",
    "5.1",
    "10.5",
    "9.8",
    "8.9",
    "16",
    "17.6",
    "23",
    "24.7",
    "28",
]
INCOME_SPARK = [
    "3.1",
    "2",
    "9.5",
    "7.2",
    "11.7",
    "8.9",
    "8",
    "16",
    "14.7",
    "18.4",
    "20",
    "21.5",
    "23.6",
    "22",
    "28",
    "25.3",
]

HAPPENINGS = [
    Happening(
        "Reminder sent", NOW - timedelta(hours=2), "By e-mail to contas@ribeira.example", "Inês Duarte", "send", "info"
    ),
    Happening("Overdue", NOW - timedelta(days=6), "14 November has passed.", icon="clock", kind="bad"),
    Happening("Sent", NOW - timedelta(days=20), "Number INV-2046 was given.", "Inês Duarte", "mail", "brand"),
    Happening("Posted to the ledger", NOW - timedelta(days=20), "Entry 1184", icon="book-open-text", href="#entry"),
    Happening("Draft made", NOW - timedelta(days=22), by="Rui Faria", icon="pencil"),
]
FACTS = [
    Fact("Customer", "Fundação Ribeira", "#customer"),
    Fact("Tax number", "PT502839104"),
    Fact("Issued", "31 Oct 2026"),
    Fact("Due", "14 Nov 2026"),
    Fact("Terms", "14 days net"),
    Fact("Ledger entry", "1184", "#entry"),
]
MENU = [
    MenuItem("Duplicate", "#duplicate", "copy"),
    MenuItem("Copy payment link", "#link", "link"),
    MenuItem("Download PDF", "#pdf", "download"),
    MenuItem("Void invoice", "/styleguide/confirm/", "x", danger=True),
]


def prices() -> list[Decimal]:
    """Two years of a made-up daily price, the same each time."""
    value, found = Decimal(1000), []
    for day in range(730):
        value += Decimal((day * day * 31 + day * 17) % 41 - 19) / 4
        found.append(value)
    return found
