import threading
from typing import Any

import pytest
from django.db import DatabaseError, connections

from core.tenancy import TenantRef, scope_key, tenant_context
from core.tenancy.threads import repeating
from shared_apps.users.models import Role
from tests.support.twins import Twins


def test_a_function_is_repeated_in_the_same_context_until_the_block_ends(committed: Twins) -> None:
    seen: list[tuple[str, bool, int]] = []
    enough = threading.Event()
    here = threading.get_ident()

    def look() -> None:
        seen.append((scope_key(), threading.get_ident() != here, Role.objects.count()))
        if len(seen) == 3:
            enough.set()

    with tenant_context(committed.first):
        roles = Role.objects.count()
        with repeating(look, every=0.01):
            assert enough.wait(timeout=10)
        ended = len(seen)
        key = scope_key()

    assert set(seen) == {(key, True, roles)}
    assert not enough.wait(timeout=0) or len(seen) == ended
    assert not [thread for thread in threading.enumerate() if thread.name == "repeating"]


def test_a_call_that_the_database_refuses_is_not_the_last(tenant: TenantRef, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []
    enough = threading.Event()

    def refuse() -> None:
        calls.append(1)
        if len(calls) == 2:
            enough.set()
        raise DatabaseError("locked")

    with tenant_context(tenant), repeating(refuse, every=0.01):
        assert enough.wait(timeout=10)

    assert any("repeated_call_failed" in record.getMessage() for record in caplog.records)


def test_the_threads_connection_is_closed(committed: Twins) -> None:
    opened: list[Any] = []
    looked = threading.Event()

    def look() -> None:
        Role.objects.count()
        opened.append(connections[committed.first.cell].connection)
        looked.set()

    with tenant_context(committed.first), repeating(look, every=0.01):
        assert looked.wait(timeout=10)

    assert opened[0].closed


def test_an_error_of_the_block_ends_the_repetition_too(tenant: TenantRef) -> None:
    with tenant_context(tenant), pytest.raises(KeyError), repeating(lambda: None, every=10):
        raise KeyError

    assert not [thread for thread in threading.enumerate() if thread.name == "repeating"]
