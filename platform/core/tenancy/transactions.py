from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from django.db import transaction

from core.tenancy.backend.cells import connections
from core.tenancy.context import require_scope


@contextmanager
def atomic(*, savepoint: bool = True, durable: bool = False) -> Iterator[None]:
    """A transaction on the cell of the current context; also a decorator, `@atomic()`."""
    with transaction.atomic(using=require_scope().cell, savepoint=savepoint, durable=durable):
        yield


def on_commit(function: Callable[[], Any]) -> None:
    """Call a function in this context once the current transaction has committed; at once where there is none."""
    context = copy_context()
    transaction.on_commit(lambda: context.run(function), using=require_scope().cell)


def in_transaction() -> bool:
    """Whether the current context's connection has a transaction open."""
    return bool(connections[require_scope().cell].in_atomic_block)


@contextmanager
def cursor() -> Iterator[Any]:
    """A database cursor in the current context, for the few statements that the ORM cannot say."""
    with connections[require_scope().cell].cursor() as opened:
        yield opened
