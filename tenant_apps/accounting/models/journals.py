from decimal import Decimal

from django.db import models
from django.db.models import Q

from core import ids
from core.money import amount_constraints, amount_field
from tenant_apps.accounting.choices import JournalKind, Numbering


class Journal(models.Model):
    """A book of entries with a purpose and numbers of its own."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=JournalKind)
    numbering = models.CharField(max_length=8, choices=Numbering, default=Numbering.POSTING)
    # Whether numbers begin anew with each fiscal year.
    is_yearly = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="accounting_journal_code", fields=["code"]),
            models.CheckConstraint(name="accounting_journal_given", condition=~Q(code="") & ~Q(name="")),
            models.CheckConstraint(name="accounting_journal_kind", condition=Q(kind__in=JournalKind.values)),
            models.CheckConstraint(name="accounting_journal_numbering", condition=Q(numbering__in=Numbering.values)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class NumberSeries(models.Model):
    """The numbers of a journal in a year, 1 to `last` without a gap; year 0 where they never begin anew."""

    id = models.BigAutoField(primary_key=True)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="series", db_index=False)
    year = models.PositiveSmallIntegerField()
    last = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(name="accounting_series", fields=["journal", "year"]),
            models.CheckConstraint(name="accounting_series_last", condition=Q(last__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.journal_id}/{self.year}"


class ApprovalRule(models.Model):
    """Entries made by hand in a journal, from an amount on, are posted only after a second person approved them."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="approval_rules")
    # In base currency: the sum of the entry's debits.
    from_amount = amount_field(default=0)
    # The built-in role that may approve; empty where everybody may who may approve at all.
    role = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [*amount_constraints("from_amount", minimum=Decimal(0))]

    def __str__(self) -> str:
        return f"{self.journal_id} from {self.from_amount}"
