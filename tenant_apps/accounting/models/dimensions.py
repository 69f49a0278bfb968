from django.db import models
from django.db.models import Q

from core import ids


class Dimension(models.Model):
    """Something that lines are told apart by besides their account: project, cost centre, fund, campaign, tag."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="accounting_dimension_code", fields=["code"]),
            models.CheckConstraint(name="accounting_dimension_given", condition=~Q(code="") & ~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class DimensionValue(models.Model):
    """One value of a dimension."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="values", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="accounting_value_code", fields=["dimension", "code"]),
            models.CheckConstraint(name="accounting_value_given", condition=~Q(code="") & ~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class DimensionSet(models.Model):
    """A combination of values, kept once however many lines carry it; `key` lists the values' ids in order."""

    id = models.BigAutoField(primary_key=True)
    key = models.TextField()
    values: models.ManyToManyField = models.ManyToManyField(DimensionValue, related_name="sets")

    class Meta:
        constraints = [models.UniqueConstraint(name="accounting_set_key", fields=["key"])]

    def __str__(self) -> str:
        return self.key
