from django.db.models import Q
from django.urls import reverse

from core.actor import Actor
from core.web.search import Hit
from shared_apps.console.words import state_text
from shared_apps.tenants.selectors import tenant_list


def find_organisations(actor: Actor, text: str, limit: int) -> list[Hit]:
    """Organisations by name and subdomain, for the search of the platform's pages."""
    found = tenant_list().prefetch_related(None).filter(Q(name__icontains=text) | Q(slug__icontains=text))
    return [
        Hit(
            tenant.name,
            reverse("console:tenant_detail", args=[tenant.pk]),
            f"{tenant.slug} · {state_text(tenant.state)}",
        )
        for tenant in found.order_by("name")[:limit]
    ]
