import time
from typing import Any

import pytest

from core.tenancy import TenantRef, tenant_context
from tenant_apps.events.services import wakeups


def test_what_commits_all_the_time_announces_itself_now_and_then(
    tenant: TenantRef, other_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(wakeups, "_announce", lambda: announced.append(wakeups.scope_name()) or False)
    for one in (tenant, other_tenant):
        wakeups._woken.pop(str(one.uuid), None)
        with tenant_context(one):
            for _ in range(100):
                wakeups.wake_often()
    assert announced == [str(tenant.uuid), str(other_tenant.uuid)]
    _until(lambda: len(announced) == 4)
    assert sorted(announced[2:]) == sorted(announced[:2])


def _until(is_done: Any) -> None:
    ends = time.monotonic() + 5
    while not is_done() and time.monotonic() < ends:
        time.sleep(0.01)
    assert is_done()
