from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS
from django.db import connections as django_connections
from django.db.utils import ConnectionHandler

from core.tenancy.context import current_scope


class CellConnections(ConnectionHandler):
    """The connections of a thread, where `default` means the cell of the current context.

    Django and third-party code open transactions on `default` without asking the router; they must be those of the
    server that the queries go to.
    """

    _connections: Any

    def __getitem__(self, alias: str) -> Any:
        scope = current_scope()
        return super().__getitem__(scope.cell if scope is not None and alias == DEFAULT_DB_ALIAS else alias)

    def all(self, initialized_only: bool = False) -> list[Any]:
        """Each alias's own connection, whatever the context: to close them, and to look for open transactions."""
        if not initialized_only:
            return [self.of_cell(name) for name in self]
        return [found for name in self if (found := getattr(self._connections, name, None)) is not None]

    def of_cell(self, cell: str) -> Any:
        """The connection to a cell, whatever the context."""
        return super().__getitem__(cell)


# Django hands out this one collection everywhere, so it is the collection itself that learns of cells.
django_connections.__class__ = CellConnections
connections = cast(CellConnections, django_connections)
