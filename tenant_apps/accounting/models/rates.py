from django.db import models
from django.db.models import F, Q

from core import ids
from tenant_apps.accounting.models.accounts import CURRENCY_LENGTH


class RateTable(models.Model):
    """Rates from one source, such as the ECB's history or a tenant's own."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=200)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="accounting_rate_table_code", fields=["code"]),
            models.UniqueConstraint(
                name="accounting_rate_table_default", fields=["is_default"], condition=Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Rate(models.Model):
    """One unit of `currency` is worth `rate` units of `base` from a day on; a published rate is never changed."""

    id = models.BigAutoField(primary_key=True)
    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="rates", db_index=False)
    currency = models.CharField(max_length=CURRENCY_LENGTH)
    base = models.CharField(max_length=CURRENCY_LENGTH)
    date = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="accounting_rate_once", fields=["table", "currency", "base", "date"]),
            # NaN sorts above every number, so the upper bound refuses it.
            models.CheckConstraint(name="accounting_rate_bounds", condition=Q(rate__gt=0, rate__lt=10**10)),
            models.CheckConstraint(name="accounting_rate_apart", condition=~Q(currency=F("base"))),
        ]

    def __str__(self) -> str:
        return f"{self.currency}/{self.base} {self.date}"
