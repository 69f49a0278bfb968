from collections.abc import Callable
from typing import Any

import pytest

from tenant_apps.jobs.services import job, registry


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers a function as the job `test.job` for this test only."""
    monkeypatch.setattr(registry, "_jobs", {})

    def register_one(function: Any, kind: str = "test.job", **options: Any) -> None:
        job(kind, label="Test", **options)(function)

    return register_one
