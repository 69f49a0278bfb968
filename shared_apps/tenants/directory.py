import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from threading import Lock
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core.tenancy import TenantRef, TenantState, platform_context
from core.tenancy.errors import TenantGone
from core.tenancy.lifecycle import SERVING
from shared_apps.tenants import invalidation
from shared_apps.tenants.models import Domain, TemplateStep, Tenant

_LIFETIME_SECONDS = 3.0
_CAPACITY = 10_000


def tenant_ref(tenant: Tenant, primary_host: str) -> TenantRef:
    """What requests and tasks carry of a registry row."""
    return TenantRef(
        uuid=tenant.id,
        slug=tenant.slug,
        # The name that the organisation published with its brand; the registry's is the one that it signed up with.
        name=tenant.options.get("brand", {}).get("values", {}).get("name") or tenant.name,
        schema=tenant.schema_name or "",
        cell=tenant.cell,
        epoch=tenant.epoch,
        state=TenantState(tenant.state),
        template_step=tenant.template_step,
        key_generation=tenant.key_generation,
        primary_host=primary_host,
        options=MappingProxyType(tenant.options),
    )


class TenantDirectory:
    """Looks tenants up by host and uuid, from memory for three seconds or until a change is announced."""

    def __init__(self) -> None:
        self._known: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def by_host(self, host: str) -> TenantRef | None:
        """The tenant that answers on a normalised host, whatever its state; None for an unknown one."""
        found: TenantRef | None = self._remember(("host", host), lambda: _by_host(host))
        return found

    def by_uuid(self, uuid: UUID) -> TenantRef:
        """The tenant with this uuid, whatever its state; raises TenantGone."""
        found: TenantRef | None = self._remember(("uuid", uuid), lambda: _by_uuid(uuid))
        if found is None:
            raise TenantGone
        return found

    def refs(self, states: Collection[TenantState] = SERVING) -> Iterator[TenantRef]:
        """All tenants in these states, in order of creation, as they are now."""
        with platform_context():
            tenants = list(Tenant.objects.filter(state__in=list(states)).order_by("created_at", "id"))
            hosts = dict(Domain.objects.filter(is_primary=True).values_list("tenant_id", "domain"))
        return iter([tenant_ref(tenant, hosts.get(tenant.id, "")) for tenant in tenants])

    def required_step(self) -> int | None:
        """The step of the template that this code needs; None while the template lags behind the code."""
        step: int | None = self._remember(("step",), _required_step)
        return step

    def forget(self) -> None:
        """Look everything up anew."""
        with self._lock:
            self._known.clear()

    def _remember(self, key: Any, look_up: Callable[[], Any]) -> Any:
        now = time.monotonic()
        entry = self._known.get(key)
        if entry is not None and entry[0] > now:
            return entry[1]
        invalidation.listen(self.forget)
        with platform_context():
            found = look_up()
        with self._lock:
            self._known[key] = (now + _LIFETIME_SECONDS, found)
            self._known.move_to_end(key)
            while len(self._known) > _CAPACITY:
                self._known.popitem(last=False)
        return found


def _by_host(host: str) -> TenantRef | None:
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    return _by_uuid(domain.tenant_id) if domain else None


def _by_uuid(uuid: UUID) -> TenantRef | None:
    tenant = Tenant.objects.filter(id=uuid).first()
    if tenant is None:
        return None
    primary = Domain.objects.filter(tenant=tenant, is_primary=True).values_list("domain", flat=True).first()
    return tenant_ref(tenant, primary or "")


def _required_step() -> int | None:
    # Recording needs the migration framework; a web process asks only for the names of the code's migrations.
    from shared_apps.tenants.fleet.recording import code_migrations

    needed = code_migrations().keys()
    steps = TemplateStep.objects.values_list("app_label", "name", "ordinal")
    ordinals = {(label, name): ordinal for label, name, ordinal in steps}
    if not needed <= ordinals.keys():
        return None
    return max(ordinals[key] for key in needed)
