from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from core import clock, ids
from tenant_apps.accounting.choices import LockArea


class DateRange(Func):
    """The days from one column to another, both included."""

    function = "daterange"
    output_field = DateRangeField()


class FiscalYear(models.Model):
    """A year of the books; years do not overlap."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.CharField(max_length=16)
    starts_on = models.DateField()
    ends_on = models.DateField()
    # The entry that carried the result forward, while the year is closed.
    closing_entry = models.ForeignKey(
        "accounting.JournalEntry", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(name="accounting_year_code", fields=["code"]),
            models.CheckConstraint(name="accounting_year_order", condition=Q(ends_on__gte=F("starts_on"))),
            ExclusionConstraint(
                name="accounting_year_apart",
                expressions=[
                    (DateRange("starts_on", "ends_on", RangeBoundary(True, True)), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Period(models.Model):
    """A part of a fiscal year, usually a month; whether it is open follows from the locks."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    fiscal_year = models.ForeignKey(FiscalYear, on_delete=models.PROTECT, related_name="periods", db_index=False)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.UniqueConstraint(name="accounting_period_number", fields=["fiscal_year", "number"]),
            models.CheckConstraint(name="accounting_period_order", condition=Q(ends_on__gte=F("starts_on"))),
            ExclusionConstraint(
                name="accounting_period_apart",
                expressions=[
                    (DateRange("starts_on", "ends_on", RangeBoundary(True, True)), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PeriodLock(models.Model):
    """An area takes no entries dated up to a day. Soft locks move both ways; the hard one only forward."""

    area = models.CharField(primary_key=True, max_length=16, choices=LockArea)
    through = models.DateField()
    changed_at = models.DateTimeField(default=clock.now, db_default=Now())
    changed_by = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(name="accounting_lock_area", condition=Q(area__in=LockArea.values))]

    def __str__(self) -> str:
        return f"{self.area} through {self.through}"


class LockException(models.Model):
    """One person may post into days that a soft lock closed, for a while and because a second person agreed."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    area = models.CharField(max_length=16, choices=LockArea)
    person = models.CharField(max_length=64)
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.TextField()
    requested_by = models.CharField(max_length=64)
    granted_by = models.CharField(max_length=64)
    granted_at = models.DateTimeField(default=clock.now, db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="accounting_exception_area", condition=Q(area__in=LockArea.values) & ~Q(area=LockArea.HARD)
            ),
            models.CheckConstraint(name="accounting_exception_order", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="accounting_exception_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="accounting_exception_second_person",
                condition=~Q(granted_by="") & ~Q(granted_by=F("person")) & ~Q(granted_by=F("requested_by")),
            ),
        ]
        indexes = [models.Index(name="accounting_exception_of", fields=["person", "expires_at"])]

    def __str__(self) -> str:
        return f"{self.area} for {self.person}"
