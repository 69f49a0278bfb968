import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections, transaction

from core.tenancy import (
    TenantRef,
    TenantState,
    atomic,
    current_scope,
    current_tenant,
    platform_context,
    require_scope,
    scope_key,
    tenant_context,
)
from core.tenancy.errors import ContextSwitchInTransaction, CrossedContext, NoContext, NoTenant
from shared_apps.users.models import Role
from tests.support.markers import put_markers, read_marker
from tests.support.twins import Twins


def test_a_query_without_a_context_raises(db: None):
    with pytest.raises(NoContext):
        Role.objects.count()


def test_without_a_context_there_is_no_scope_and_no_key():
    assert current_scope() is None
    for ask in (require_scope, current_tenant, scope_key):
        with pytest.raises(NoContext):
            ask()


def test_contexts_nest_and_are_left_after_an_error(tenant: TenantRef, other_tenant: TenantRef):
    with platform_context():
        with pytest.raises(KeyError), tenant_context(tenant):
            assert current_tenant() == tenant
            with tenant_context(other_tenant):
                assert current_tenant() == other_tenant
            assert current_tenant() == tenant
            raise KeyError
        assert current_scope().is_platform
        with pytest.raises(NoTenant):
            current_tenant()
    assert current_scope() is None


def test_a_key_names_the_tenant_and_its_life(tenant: TenantRef):
    with platform_context():
        assert scope_key() == "platform"
    with tenant_context(tenant):
        assert scope_key() == f"t:{tenant.uuid}:{tenant.epoch}"


@pytest.mark.parametrize(
    ("state", "asked", "held"),
    [
        (TenantState.ACTIVE, None, False),
        (TenantState.ACTIVE, True, True),
        (TenantState.READ_ONLY, None, True),
        (TenantState.READ_ONLY, False, True),
    ],
)
def test_a_read_only_tenant_stays_read_only_whoever_asks(
    state: TenantState, asked: bool | None, held: bool, twins: Twins
):
    ref = replace(twins.first, state=state)
    with tenant_context(ref, read_only=asked):
        assert require_scope().read_only is held
        assert require_scope().role == (ref.read_only_role if held else ref.role)


@pytest.mark.parametrize(
    "schema", ["", "public", "none", "livery_template", "t_short", 't_x" , public', "T_" + "A" * 20]
)
def test_only_a_tenants_schema_can_be_entered(schema: str, twins: Twins):
    with pytest.raises(NoTenant), tenant_context(replace(twins.first, schema=schema)):
        pytest.fail("entered")
    assert current_scope() is None


def test_another_context_cannot_be_entered_inside_a_transaction(committed: Twins):
    with tenant_context(committed.first), atomic():
        with pytest.raises(ContextSwitchInTransaction), tenant_context(committed.second):
            pytest.fail("entered")
        with pytest.raises(ContextSwitchInTransaction), platform_context():
            pytest.fail("entered")
        with pytest.raises(ContextSwitchInTransaction), tenant_context(committed.first, read_only=True):
            pytest.fail("entered")
        with tenant_context(committed.first):
            assert current_tenant() == committed.first


def test_a_transaction_by_hand_counts_too(committed: Twins):
    with tenant_context(committed.first):
        connection.ensure_connection()
        connection.set_autocommit(False)
        with pytest.raises(ContextSwitchInTransaction), platform_context():
            pytest.fail("entered")
        connection.rollback()
        connection.set_autocommit(True)


def test_a_transaction_that_was_opened_before_the_context_is_refused(committed: Twins):
    with transaction.atomic(), pytest.raises(ContextSwitchInTransaction), tenant_context(committed.first):
        pytest.fail("entered")


def test_a_context_cannot_be_left_with_a_transaction_open(committed: Twins):
    opened = transaction.atomic()
    with platform_context():
        with pytest.raises(ContextSwitchInTransaction), tenant_context(committed.first):
            opened.__enter__()
        transaction.set_rollback(True)
        opened.__exit__(None, None, None)
        assert current_scope().is_platform


def test_a_generator_that_keeps_a_context_open_is_found_out(twins: Twins):
    def keeper() -> Iterator[int]:
        with tenant_context(twins.first):
            yield 1

    suspended = keeper()
    with pytest.raises(CrossedContext), platform_context():
        next(suspended)
        assert current_tenant() == twins.first
    assert current_scope() is None
    with pytest.raises(CrossedContext):
        suspended.close()
    assert current_scope() is None


def test_a_generator_that_is_closed_late_does_not_bring_its_context_back(twins: Twins):
    def keeper() -> Iterator[int]:
        with tenant_context(twins.first):
            yield 1

    with pytest.raises(CrossedContext), platform_context():
        suspended = keeper()
        next(suspended)
    with tenant_context(twins.second):
        with pytest.raises(CrossedContext):
            suspended.close()
        assert current_tenant() == twins.second


def test_a_thread_starts_without_the_context(tenant: TenantRef):
    found = []
    with tenant_context(tenant):
        thread = threading.Thread(target=lambda: found.append(current_scope()))
        thread.start()
        thread.join()
    assert found == [None]


@pytest.fixture
def marked(committed: Twins) -> Twins:
    put_markers(committed)
    return committed


def read_in_thread() -> list[str]:
    try:
        return read_marker()
    finally:
        connections.close_all()


def test_threads_that_are_used_again_have_the_context_of_their_work(marked: Twins):
    def ask(ref: TenantRef) -> list[str]:
        with tenant_context(ref):
            return read_marker()

    refs = [marked.first, marked.second] * 50
    with ThreadPoolExecutor(3, initializer=connections.close_all) as pool:
        found = list(pool.map(ask, refs))
        list(pool.map(lambda _: connections.close_all(), range(9)))
    assert found == [[ref.slug] for ref in refs]


def test_a_thread_gets_a_context_with_a_copy_of_it(marked: Twins):
    with ThreadPoolExecutor(1) as pool:
        for ref in (marked.first, marked.second):
            with tenant_context(ref):
                copied = copy_context()
            assert pool.submit(copied.run, read_in_thread).result() == [ref.slug]
            with pytest.raises(NoContext):
                pool.submit(read_in_thread).result()


def test_asyncio_to_thread_takes_the_context_along(marked: Twins):
    async def ask(ref: TenantRef) -> list[str]:
        with tenant_context(ref):
            await asyncio.sleep(0)
            return await asyncio.to_thread(read_in_thread)

    async def ask_all(refs: list[TenantRef]) -> list[Any]:
        return await asyncio.gather(*(ask(ref) for ref in refs))

    refs = [marked.first, marked.second] * 10
    assert asyncio.run(ask_all(refs)) == [[ref.slug] for ref in refs]


@pytest.mark.parametrize("thread_sensitive", [True, False])
def test_sync_to_async_takes_the_context_along(thread_sensitive: bool, marked: Twins):
    async def ask(ref: TenantRef) -> list[str]:
        with tenant_context(ref):
            await asyncio.sleep(0)
            return await sync_to_async(read_in_thread, thread_sensitive=thread_sensitive)()

    async def ask_all(refs: list[TenantRef]) -> list[Any]:
        return await asyncio.gather(*(ask(ref) for ref in refs))

    refs = [marked.first, marked.second] * 10
    assert async_to_sync(ask_all)(refs) == [[ref.slug] for ref in refs]


def test_a_task_of_its_own_without_a_context_is_refused(marked: Twins):
    async def ask() -> None:
        with pytest.raises(NoContext):
            await sync_to_async(read_in_thread)()

    async_to_sync(ask)()


def test_the_orm_is_refused_in_the_event_loop(marked: Twins):
    async def ask() -> None:
        with tenant_context(marked.first), pytest.raises(SynchronousOnlyOperation):
            read_marker()

    asyncio.run(ask())


def test_async_queries_are_of_the_context(marked: Twins):
    async def ask(ref: TenantRef) -> int:
        with tenant_context(ref):
            return await Role.objects.filter(is_system=True).acount()

    async def ask_both() -> list[int]:
        return await asyncio.gather(ask(marked.first), ask(marked.second))

    found = async_to_sync(ask_both)()
    assert found[0] == found[1] > 0
