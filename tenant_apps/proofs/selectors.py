from collections.abc import Collection, Mapping
from uuid import UUID

from tenant_apps.proofs.models import Leaf


def leaves_of(facts: Collection[UUID]) -> Mapping[UUID, Leaf]:
    """The leaves of facts by the facts' ids; a fact without one is missing."""
    return {leaf.fact_id: leaf for leaf in Leaf.objects.filter(fact_id__in=facts)}
