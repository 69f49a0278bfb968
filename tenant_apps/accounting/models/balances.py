from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core import clock, ids
from core.money import amount_constraints, amount_field
from tenant_apps.accounting.choices import HoldEnd
from tenant_apps.accounting.models.accounts import CURRENCY_LENGTH, Account
from tenant_apps.accounting.models.entries import JournalEntry


class AccountBalance(models.Model):
    """What an account holds in a currency: debits less credits of its lines up to `version`, and what is on hold."""

    pk = models.CompositePrimaryKey("account_id", "currency")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="balances", db_index=False)
    currency = models.CharField(max_length=CURRENCY_LENGTH)
    posted = amount_field(default=0, db_default=0)
    base = amount_field(default=0, db_default=0)
    held = amount_field(default=0, db_default=0)
    version = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.account_id} {self.currency}"


class DayTotal(models.Model):
    """The sums of an account's lines of one date and currency, for reports as of any day."""

    pk = models.CompositePrimaryKey("account_id", "currency", "date")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=CURRENCY_LENGTH)
    date = models.DateField()
    debit = amount_field(default=0, db_default=0)
    credit = amount_field(default=0, db_default=0)
    base_debit = amount_field(default=0, db_default=0)
    base_credit = amount_field(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.account_id} {self.currency} {self.date}"


class Hold(models.Model):
    """An amount that an account keeps for something to come; it counts until a HoldEnding says otherwise."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds", db_index=False)
    currency = models.CharField(max_length=CURRENCY_LENGTH)
    amount = amount_field()
    expires_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    source_room = models.CharField(max_length=32, blank=True, default="")
    source_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, db_default=Now())
    created_by_kind = models.CharField(max_length=16)
    created_by = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="accounting_hold_key", fields=["idempotency_key"]),
            models.CheckConstraint(name="accounting_hold_positive", condition=Q(amount__gt=0)),
            *amount_constraints("amount"),
        ]
        indexes = [
            models.Index(name="accounting_hold_of_account", fields=["account", "currency"]),
            models.Index(name="accounting_hold_expiry", fields=["expires_at"], condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class HoldEnding(models.Model):
    """How a hold ended; it ends once."""

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    kind = models.CharField(max_length=8, choices=HoldEnd)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now, db_default=Now())
    ended_by_kind = models.CharField(max_length=16)
    ended_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounting_ending_kind",
                condition=Q(kind=HoldEnd.CAPTURED, entry__isnull=False)
                | Q(kind__in=[HoldEnd.VOIDED, HoldEnd.EXPIRED], entry__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} {self.kind}"
