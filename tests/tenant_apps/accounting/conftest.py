from collections.abc import Iterator

import pytest

from core.tenancy import TenantRef
from tests.support.factories.books import Books, make_books


@pytest.fixture
def books(inside: TenantRef) -> Iterator[Books]:
    """Small books of the first twin, rolled back."""
    yield make_books()
