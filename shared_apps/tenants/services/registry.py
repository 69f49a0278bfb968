from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psycopg2.errors
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError

from core.actor import Actor
from core.errors import FieldError, Unprocessable
from core.tenancy import atomic, on_commit
from core.tenancy.context import PLATFORM_CELL
from core.tenancy.tasks import enqueue
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.names import require_name, require_slug, slug_host, slug_taken
from shared_apps.tenants.services.lifecycle import tenant_lock
from shared_apps.trail.services import trail_record


class OwnerRefused(Unprocessable):
    """The first administrator's address is none."""

    code = "owner_refused"
    title = "The first administrator cannot be reached"


class CellUnknown(Unprocessable):
    """A cell that this installation does not have."""

    code = "cell_unknown"
    title = "There is no such cell"


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
    cell: str = PLATFORM_CELL,
    options: Mapping[str, Any] | None = None,
) -> Tenant:
    """Enter a new organisation in the registry, with its subdomain; provisioning makes it usable.

    Raises NameRefused for a subdomain that is malformed, reserved or taken, OwnerRefused and CellUnknown; nothing is
    kept then.
    """
    slug, name = require_slug(slug), require_name(name)
    if owner is not None:
        _require_owner(owner)
    if cell not in settings.DATABASES:
        raise CellUnknown(f"There is no cell {cell}. Known: {', '.join(sorted(settings.DATABASES))}.")
    try:
        with atomic():
            tenant = Tenant.objects.create(
                slug=slug,
                name=name,
                cell=cell,
                owner=asdict(owner) if owner else {},
                options=dict(options or {}),
            )
            Domain.objects.create(tenant=tenant, domain=slug_host(slug), is_primary=True)
            trail_record(actor=actor, action="tenants.create", obj=tenant, summary=f"Subdomain {slug}")
            on_commit(announce)
    except IntegrityError as error:
        if not isinstance(error.__cause__, psycopg2.errors.UniqueViolation):
            raise
        raise slug_taken(slug) from error
    tenant.refresh_from_db()
    return tenant


@atomic()
def tenant_create(*, slug: str, name: str, owner: Owner | None, actor: Actor) -> Tenant:
    """Enter a new organisation in the registry, as `tenant_request` does, and let a worker provision it."""
    tenant = tenant_request(slug=slug, name=name, owner=owner, actor=actor)
    enqueue("tenants.provision", tenant.pk)
    return tenant


@atomic()
def tenant_options_change(*, tenant: Tenant, changes: Mapping[str, Any], actor: Actor) -> Tenant:
    """Set options of an organisation, such as `registration_open` (bool) and `cors_origins` (list of origins)."""
    locked = tenant_lock(tenant)
    before = {name: locked.options.get(name) for name in changes}
    locked.options = {**locked.options, **changes}
    locked.save(update_fields=["options"])
    trail_record(
        actor=actor,
        action="tenants.options",
        obj=locked,
        changes={name: {"from": before[name], "to": value} for name, value in changes.items()},
    )
    on_commit(announce)
    return locked


def _require_owner(owner: Owner) -> None:
    try:
        validate_email(owner.email)
    except ValidationError as error:
        message = "Give the e-mail address of the first administrator."
        raise OwnerRefused(
            message, errors=[FieldError(field="owner_email", code="invalid", message=message)]
        ) from error
