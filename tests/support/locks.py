"""Takes the locks between tenants away, each by itself, so that a test can show what the others hold."""

from types import SimpleNamespace
from typing import Any

import psycopg2.extensions
import pytest
from django.conf import settings
from django_tenants.postgresql_backend.base import DatabaseWrapper as DjangoTenantsWrapper

from core.tenancy.backend import base, compiler, cursors
from core.tenancy.context import current_scope
from core.tenancy.router import CellAlias, CellRouter
from tests.support.twins import Twins

CONTEXT, PATH, ROLE = "context", "path", "role"


def remove_lock(lock: str, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take one lock away; connections must be opened anew afterwards."""
    {CONTEXT: _remove_context, PATH: _remove_path, ROLE: _remove_role}[lock](twins, monkeypatch)


def _remove_context(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing asks for a context, looks at a statement, or minds where an instance or a cursor comes from."""

    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    def alias(router: CellRouter, model: Any, instance: Any) -> CellAlias:
        scope = current_scope()
        return CellAlias("default", scope.key if scope else "")

    monkeypatch.setattr(base.DatabaseWrapper, "_cursor", DjangoTenantsWrapper._cursor)
    monkeypatch.setattr(base, "require_own", nothing)
    monkeypatch.setattr(compiler, "require_own", nothing)
    monkeypatch.setattr(compiler, "require_scope", lambda: SimpleNamespace(is_owner=True))
    monkeypatch.setattr(cursors, "examine", nothing)
    monkeypatch.setattr(cursors.ScopedCursor, "_require_scope", nothing)
    monkeypatch.setattr(CellRouter, "_alias", alias)


def _remove_path(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session finds the tables of all, and the first twin's before the others'."""
    path = f'"{twins.first.schema}", "{twins.second.schema}", public'
    monkeypatch.setattr(base.DatabaseWrapper, "session_path", lambda wrapper, scope: path)


def _remove_role(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session may do everything: the application logs in as a superuser and stays one."""
    given = psycopg2.extensions.parse_dsn(settings.DATABASES["default"]["ADMIN_URL"])
    admin = {"user": given["user"], "password": given["password"]}
    parameters = base.DatabaseWrapper.get_connection_params
    monkeypatch.setattr(base.DatabaseWrapper, "get_connection_params", lambda wrapper: parameters(wrapper) | admin)
    monkeypatch.setattr(base.DatabaseWrapper, "session_role", lambda wrapper, scope: "none")
