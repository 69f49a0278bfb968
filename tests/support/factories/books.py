"""Small books to post to."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from core.actor import SYSTEM
from tenant_apps.accounting.models import Account, Journal
from tenant_apps.accounting.services import Line, Posted, account_create, books_open, entry_post, journal_create

TODAY = date(2026, 11, 20)


@dataclass
class Books:
    """Accounts and journals by what they are for, and the shortest way to post."""

    accounts: dict[str, Account]
    journals: dict[str, Journal]
    keys: Any = field(default_factory=lambda: count(1))

    def __getitem__(self, name: str) -> UUID:
        return self.accounts[name].id

    def post(self, debit: str, credit: str, amount: str, *, journal: str = "general", **options: Any) -> Posted:
        """Move an amount of euros from one account to another."""
        values = {
            "date": TODAY,
            "actor": SYSTEM,
            "idempotency_key": f"key-{next(self.keys)}",
            "lines": [
                Line(self[debit], "EUR", debit=Decimal(amount)),
                Line(self[credit], "EUR", credit=Decimal(amount)),
            ],
        }
        return entry_post(journal=self.journals[journal].id, **(values | options))


def make_books() -> Books:
    """Books in euros, in the current context."""
    books_open(base_currency="EUR", actor=SYSTEM)
    accounts = {
        "bank": {"type": "asset", "sub_type": "bank"},
        "cash": {"type": "asset", "sub_type": "cash", "currency": "EUR"},
        "dollars": {"type": "asset", "sub_type": "bank", "currency": "USD"},
        "sales": {"type": "income", "sub_type": "revenue"},
        "rent": {"type": "expense", "sub_type": "operating"},
        "wallet": {"type": "liability", "sub_type": "wallet", "floor": "zero"},
        "other wallet": {"type": "liability", "sub_type": "wallet", "floor": "zero"},
        "fees": {"type": "income", "is_hot": True},
        "tax": {"type": "liability", "sub_type": "tax"},
        "receivable": {"type": "asset", "sub_type": "receivable", "control_room": "invoicing"},
        "group": {"type": "asset", "is_group": True},
    }
    journals = {
        "general": {},
        "sales": {"kind": "sales"},
        "busy": {"kind": "wallet", "numbering": "closing"},
    }
    return Books(
        {
            name: account_create(code=str(1000 + number), name=name, actor=SYSTEM, **options)
            for number, (name, options) in enumerate(accounts.items())
        },
        {
            name: journal_create(code=name.upper(), name=name, actor=SYSTEM, **options)
            for name, options in journals.items()
        },
    )
