from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AccountType(TextChoices):
    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    EQUITY = "equity", _("Equity")
    INCOME = "income", _("Income")
    EXPENSE = "expense", _("Expense")


class SubType(TextChoices):
    """What an account is for; several types may share one."""

    BANK = "bank", _("Bank")
    CASH = "cash", _("Cash")
    RECEIVABLE = "receivable", _("Receivable")
    INVENTORY = "inventory", _("Inventory")
    PREPAYMENT = "prepayment", _("Prepayment")
    FIXED_ASSET = "fixed_asset", _("Fixed asset")
    DEPRECIATION = "depreciation", _("Accumulated depreciation")
    INVESTMENT = "investment", _("Investment")
    PAYABLE = "payable", _("Payable")
    TAX = "tax", _("Tax")
    WALLET = "wallet", _("Wallet")
    ESCROW = "escrow", _("Escrow")
    DEFERRED_INCOME = "deferred_income", _("Deferred income")
    LOAN = "loan", _("Loan")
    CAPITAL = "capital", _("Capital")
    RETAINED_EARNINGS = "retained_earnings", _("Retained earnings")
    FUND = "fund", _("Fund")
    REVENUE = "revenue", _("Revenue")
    DONATION = "donation", _("Donations and grants")
    COST_OF_SALES = "cost_of_sales", _("Cost of sales")
    OPERATING = "operating", _("Operating expense")
    CLEARING = "clearing", _("Clearing")
    SUSPENSE = "suspense", _("Suspense")
    ROUNDING = "rounding", _("Rounding")
    EXCHANGE = "exchange", _("Exchange gain or loss")
    OTHER = "other", _("Other")


class Side(TextChoices):
    DEBIT = "debit", _("Debit")
    CREDIT = "credit", _("Credit")


class Floor(TextChoices):
    """How far the balance of an account may fall on its normal side."""

    NONE = "none", _("May go below zero")
    ZERO = "zero", _("Never below zero")


class JournalKind(TextChoices):
    GENERAL = "general", _("General")
    SALES = "sales", _("Sales")
    PURCHASES = "purchases", _("Purchases")
    BANK = "bank", _("Bank")
    WALLET = "wallet", _("Wallet")
    INVENTORY = "inventory", _("Inventory")
    OPENING = "opening", _("Opening")
    CLOSING = "closing", _("Closing")


class Numbering(TextChoices):
    POSTING = "posting", _("Without a gap, when an entry is posted")
    CLOSING = "closing", _("Without a gap, when its period closes")


class EntryState(TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class LockArea(TextChoices):
    """What a lock closes: one area softly, all areas softly, or everything for good."""

    SALES = "sales", _("Sales")
    PURCHASES = "purchases", _("Purchases")
    TAX = "tax", _("Tax")
    ALL = "all", _("Everything")
    HARD = "hard", _("Everything, for good")


class HoldEnd(TextChoices):
    CAPTURED = "captured", _("Captured")
    VOIDED = "voided", _("Released")
    EXPIRED = "expired", _("Expired")
