from collections.abc import Callable
from uuid import UUID

import pytest

from core.tenancy import TenantRef, TenantState


@pytest.fixture
def ref() -> Callable[[TenantState], TenantRef]:
    def make(state: TenantState = TenantState.ACTIVE) -> TenantRef:
        return TenantRef(
            uuid=UUID("0192f000-0000-7000-8000-000000000001"),
            slug="riverbank",
            name="Riverbank Trust",
            schema="t_00000000000000000001",
            cell="default",
            epoch=1,
            state=state,
            template_step=1,
            key_generation=1,
            primary_host="riverbank.localhost",
        )

    return make
