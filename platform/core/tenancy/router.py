from typing import Any

from django.apps import apps
from django.conf import settings
from django_tenants.routers import TenantSyncRouter

from core.tenancy.context import PLATFORM_SCHEMA, Scope, current_scope, require_scope
from core.tenancy.errors import CrossedContext


class CellAlias(str):
    """The alias of a cell that remembers the scope in which it was chosen.

    Django keeps the alias on each instance that it loads or saves (`instance._state.db`), so every instance of every
    model, also of third-party ones, knows where it comes from.
    """

    scope_key: str

    def __new__(cls, cell: str, scope_key: str) -> "CellAlias":
        alias = super().__new__(cls, cell)
        alias.scope_key = scope_key
        return alias

    def __reduce__(self) -> tuple[type["CellAlias"], tuple[str, str]]:
        return CellAlias, (str(self), self.scope_key)


class CellRouter(TenantSyncRouter):
    """Sends each query to the cell of the current context, and refuses instances of another."""

    def db_for_read(self, model: type, **hints: Any) -> CellAlias:
        return self._alias(model, hints.get("instance"))

    def db_for_write(self, model: type, **hints: Any) -> CellAlias:
        return self._alias(model, hints.get("instance"))

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        """Two instances may be related if they were loaded in the same scope; a new one takes the other's side."""
        origins = {getattr(instance._state.db, "scope_key", None) for instance in (first, second)}
        return len(origins - {None}) <= 1

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Whether an app's tables belong in the schema of the current scope; without one, nowhere."""
        scope = current_scope()
        if scope is None or scope.cell != db:
            return False
        installed = settings.SHARED_APPS if scope.schema == PLATFORM_SCHEMA else settings.TENANT_APPS
        return bool(self.app_in_list(app_label, installed))

    def _alias(self, model: Any, instance: Any) -> CellAlias:
        scope = require_scope()
        if instance is not None:
            _require_origin(instance, scope)
        if scope.tenant is not None and model._meta.app_label in _platform_only():
            raise CrossedContext(f"{model._meta.label} belongs to the platform; read it before entering a tenant.")
        return CellAlias(scope.cell, scope.key)


def require_own(instance: Any) -> None:
    """Raise CrossedContext for an instance that was loaded or saved in another context than the current one."""
    _require_origin(instance, require_scope())


def _require_origin(instance: Any, scope: Scope) -> None:
    origin = getattr(instance._state.db, "scope_key", None)
    # A row that was read past the router carries no scope; migrations read like that, as the owner.
    unknown = origin is None and not instance._state.adding and not scope.is_owner
    if unknown or origin not in (None, scope.key):
        raise CrossedContext(f"This {instance._meta.verbose_name} was loaded in another context.")


_labels: set[str] = set()


def _platform_only() -> set[str]:
    if not _labels:
        only = set(settings.SHARED_APPS) - set(settings.TENANT_APPS)
        _labels.update(config.label for config in apps.get_app_configs() if config.name in only)
    return _labels
