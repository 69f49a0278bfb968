from collections.abc import Callable
from uuid import UUID

import pytest

from core.tenancy import TenantRef, TenantState


@pytest.fixture
def ref() -> Callable[[], TenantRef]:
    def make() -> TenantRef:
        return TenantRef(
            uuid=UUID("0192f000-0000-7000-8000-000000000002"),
            slug="kiln",
            name="Kiln Studio",
            schema="t_00000000000000000002",
            cell="default",
            epoch=1,
            state=TenantState.ACTIVE,
            template_step=1,
            key_generation=1,
            primary_host="kiln.localhost",
        )

    return make
