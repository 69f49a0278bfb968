from django.db import models
from django.db.models import Q

from core import ids
from tenant_apps.accounting.choices import AccountType, Floor, Side, SubType

# ISO codes have three characters and wallet units up to eight.
CURRENCY_LENGTH = 8


class Account(models.Model):
    """A place where amounts are counted. A group holds other accounts and takes no lines itself."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=16, choices=AccountType)
    sub_type = models.CharField(max_length=24, choices=SubType, default=SubType.OTHER)
    normal_side = models.CharField(max_length=8, choices=Side)
    is_group = models.BooleanField(default=False)
    # The only currency that it takes; empty where it takes any.
    currency = models.CharField(max_length=CURRENCY_LENGTH, blank=True, default="")
    # The only room whose entries it takes, for the control accounts of sub-ledgers; empty where it takes any.
    control_room = models.CharField(max_length=32, blank=True, default="")
    floor = models.CharField(max_length=8, choices=Floor, default=Floor.NONE)
    # Many post to it at once: without a floor its balance is folded later, with one its callers are put together.
    is_hot = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="accounting_account_code", fields=["code"]),
            models.CheckConstraint(name="accounting_account_given", condition=~Q(code="") & ~Q(name="")),
            models.CheckConstraint(name="accounting_account_type", condition=Q(type__in=AccountType.values)),
            models.CheckConstraint(name="accounting_account_sub_type", condition=Q(sub_type__in=SubType.values)),
            models.CheckConstraint(name="accounting_account_side", condition=Q(normal_side__in=Side.values)),
            models.CheckConstraint(name="accounting_account_floor", condition=Q(floor__in=Floor.values)),
            models.CheckConstraint(
                name="accounting_account_parent", condition=Q(parent__isnull=True) | ~Q(parent=models.F("id"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class LedgerSettings(models.Model):
    """What holds for the whole ledger; the one row is written when the books are opened."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    base_currency = models.CharField(max_length=CURRENCY_LENGTH)
    # How many decimals the base currency has, for the function that converts.
    base_exponent = models.PositiveSmallIntegerField()
    rounding_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    exchange_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    result_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "ledger settings"
        constraints = [
            models.CheckConstraint(name="accounting_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(name="accounting_settings_exponent", condition=Q(base_exponent__lte=8)),
        ]

    def __str__(self) -> str:
        return f"Books in {self.base_currency}"
