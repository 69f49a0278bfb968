import threading

import pytest

from core.tenancy import (
    TenantRef,
    atomic,
    current_scope,
    current_tenant,
    platform_context,
    tenant_context,
)
from core.tenancy.errors import ContextSwitchInTransaction, NoContext, NoTenant
from shared_apps.users.models import Role
from tests.support.twins import Twins


def test_a_query_without_a_context_raises(db):
    with pytest.raises(NoContext):
        Role.objects.count()


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


def test_a_thread_starts_without_the_context(tenant: TenantRef):
    found = []
    with tenant_context(tenant):
        thread = threading.Thread(target=lambda: found.append(current_scope()))
        thread.start()
        thread.join()
    assert found == [None]


def test_another_context_cannot_be_entered_inside_a_transaction(committed: Twins):
    with tenant_context(committed.first), atomic():
        with pytest.raises(ContextSwitchInTransaction), tenant_context(committed.second):
            pytest.fail("entered")
        with tenant_context(committed.first):
            assert current_tenant() == committed.first
