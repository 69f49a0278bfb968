from django.db import models
from django.db.models import Func
from django.db.models.functions import Now
from django.db.models.lookups import Exact

from core import clock


def _octets(field: str) -> Func:
    return Func(field, function="octet_length", output_field=models.IntegerField())


class Leaf(models.Model):
    """A commitment to a fact, written in the fact's transaction: SHA-256 of a version byte, a salt and the fact.

    Without its salt nobody can tell which fact it stands for, so erasing the salt erases the link.
    """

    id = models.BigAutoField(primary_key=True)
    fact_id = models.UUIDField()
    commitment = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=16, null=True)
    created_at = models.DateTimeField(default=clock.now, db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="proofs_leaf_fact", fields=["fact_id"]),
            models.CheckConstraint(name="proofs_leaf_length", condition=Exact(_octets("commitment"), 32)),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.fact_id}"
