import pytest

from core.tenancy import TenantRef, directory
from core.tenancy import directory as exported
from core.tenancy.directory import directory as looked_up
from shared_apps.tenants.directory import TenantDirectory


def test_there_is_one_directory_in_a_process():
    assert isinstance(directory(), TenantDirectory)
    assert directory() is directory()
    assert exported is looked_up


def test_a_ref_is_a_value(tenant: TenantRef):
    again = directory().by_uuid(tenant.uuid)
    assert again == tenant
    assert len({tenant, again}) == 1
    with pytest.raises(AttributeError):
        tenant.schema = "t_" + "0" * 20
