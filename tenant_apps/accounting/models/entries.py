from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from core import ids
from core.money import amount_constraints, amount_field
from tenant_apps.accounting.choices import EntryState
from tenant_apps.accounting.models.accounts import CURRENCY_LENGTH, Account
from tenant_apps.accounting.models.dimensions import DimensionSet
from tenant_apps.accounting.models.journals import Journal, NumberSeries
from tenant_apps.accounting.models.rates import Rate


class JournalEntry(models.Model):
    """A fact of the books. A draft can be changed; a posted entry can only be reversed by another one."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries", db_index=False)
    state = models.CharField(max_length=8, choices=EntryState, default=EntryState.DRAFT)
    # Given when it is posted, or as a ClosingNumber when the period closes.
    series = models.ForeignKey(NumberSeries, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    number = models.BigIntegerField(null=True)
    # The day that it counts for; `posted_at` is when it was written.
    date = models.DateField()
    posted_at = models.DateTimeField(null=True)
    memo = models.TextField(blank=True, default="")
    # What it was posted for: a room, its object and what happened to that.
    source_room = models.CharField(max_length=32, blank=True, default="")
    source_id = models.CharField(max_length=64, blank=True, default="")
    source_event = models.CharField(max_length=64, blank=True, default="")
    created_by_kind = models.CharField(max_length=16)
    created_by = models.CharField(max_length=64, blank=True)
    approved_by = models.CharField(max_length=64, null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals", db_index=False
    )
    reverse_on = models.DateField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, null=True)
    fingerprint = models.BinaryField(max_length=32, null=True)

    class Meta:
        verbose_name_plural = "journal entries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="accounting_entry_key", fields=["idempotency_key"]),
            models.UniqueConstraint(
                name="accounting_entry_number", fields=["series", "number"], condition=Q(number__isnull=False)
            ),
            models.UniqueConstraint(
                name="accounting_entry_reversed_once", fields=["reverses"], condition=Q(reverses__isnull=False)
            ),
            models.UniqueConstraint(
                name="accounting_entry_source",
                fields=["source_room", "source_id", "source_event"],
                condition=~Q(source_room=""),
            ),
        ]
        indexes = [
            models.Index(name="accounting_entry_drafts", fields=["id"], condition=Q(state=EntryState.DRAFT)),
            BrinIndex(name="accounting_entry_by_date", fields=["date"], autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.memo}".strip()


class LineFields(models.Model):
    """What a line says, as a draft and for good.

    `debit` and `credit` are in the line's currency, `base_debit` and `base_credit` in that of the books. A line that
    has only a base amount adjusts the value of a holding of foreign currency.
    """

    position = models.PositiveSmallIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=CURRENCY_LENGTH)
    debit = amount_field(default=0)
    credit = amount_field(default=0)
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    rate_row = models.ForeignKey(
        Rate, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # A party of the room above; nothing here may depend on it.
    contact = models.UUIDField(null=True, blank=True)
    dimensions = models.ForeignKey(
        DimensionSet, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    memo = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


class JournalLine(LineFields):
    """One side of a posted entry. `balance` (debits less credits) and `version` run for each account and currency.

    Both are empty for a hot account until they are folded.
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines", db_index=False)
    date = models.DateField()
    base_debit = amount_field(default=0)
    base_credit = amount_field(default=0)
    balance = amount_field(null=True)
    version = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(name="accounting_line_position", fields=["entry", "position"]),
            models.UniqueConstraint(name="accounting_line_version", fields=["account", "currency", "version"]),
        ]
        indexes = [
            models.Index(name="accounting_line_tail", fields=["account", "currency"], condition=Q(version=None)),
            models.Index(name="accounting_line_dimensions", fields=["dimensions"], condition=~Q(dimensions=None)),
            models.Index(name="accounting_line_contact", fields=["contact", "account"], condition=~Q(contact=None)),
            BrinIndex(name="accounting_line_by_date", fields=["date"], autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.position}"


class DraftLine(LineFields):
    """A line of a draft, which need not balance yet."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(JournalEntry, on_delete=models.CASCADE, related_name="draft_lines", db_index=False)
    # Where it is not worked out from the rate.
    base_amount = amount_field(null=True, blank=True)
    base_is_credit = models.BooleanField(default=False)

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(name="accounting_draft_position", fields=["entry", "position"]),
            *amount_constraints("debit", "credit", "base_amount", minimum=Decimal(0)),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.position}"


class ClosingNumber(models.Model):
    """The number of an entry of a busy journal, given when its period closed."""

    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, primary_key=True, related_name="closing_number"
    )
    series = models.ForeignKey(NumberSeries, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="accounting_closing_number", fields=["series", "number"]),
            models.CheckConstraint(name="accounting_closing_number_positive", condition=Q(number__gt=0)),
        ]

    def __str__(self) -> str:
        return str(self.number)
