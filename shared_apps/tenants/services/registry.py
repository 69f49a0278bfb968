from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from core.actor import Actor
from core.tenancy import atomic, on_commit
from core.tenancy.hosts import normalise_host
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.names import NameRefused, require_slug
from shared_apps.trail.services import trail_record


@dataclass(frozen=True, slots=True)
class Owner:
    """Who gets the first account: by invitation, or at once where a password was chosen (its hash, never itself)."""

    email: str
    name: str
    password: str = ""


def tenant_request(
    *,
    slug: str,
    name: str,
    owner: Owner | None,
    actor: Actor,
    cell: str = "default",
    options: Mapping[str, Any] | None = None,
) -> Tenant:
    """Enter a new organisation in the registry, with its subdomain; provisioning makes it usable.

    Raises NameRefused for a subdomain that is malformed, reserved or taken; nothing is kept then.
    """
    slug = require_slug(slug)
    host = normalise_host(f"{slug}.{settings.TENANT_BASE_DOMAIN}")
    try:
        with atomic():
            tenant = Tenant.objects.create(
                slug=slug,
                name=name.strip(),
                cell=cell,
                owner=asdict(owner) if owner else {},
                options=dict(options or {}),
            )
            Domain.objects.create(tenant=tenant, domain=host, is_primary=True)
            trail_record(actor=actor, action="tenants.create", obj=tenant, summary=f"Subdomain {slug}")
            on_commit(announce)
    except IntegrityError as error:
        raise NameRefused(
            f"“{slug}” is taken. Choose another name.",
            errors=[{"field": "slug", "code": "taken", "message": "This name is taken."}],
        ) from error
    tenant.refresh_from_db()
    return tenant


@atomic()
def tenant_options_change(*, tenant: Tenant, changes: Mapping[str, Any], actor: Actor) -> Tenant:
    """Set options of an organisation, such as `registration_open` (bool) and `cors_origins` (list of origins)."""
    locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
    before = {name: locked.options.get(name) for name in changes}
    locked.options = {**locked.options, **changes}
    locked.save(update_fields=["options"])
    trail_record(
        actor=actor,
        action="tenants.options",
        obj=locked,
        changes={name: [before[name], value] for name, value in changes.items()},
    )
    on_commit(announce)
    return locked
