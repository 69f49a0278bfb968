import threading
from collections.abc import Callable
from typing import Any

from core.tenancy import atomic, tenant_context
from tenant_apps.events.models import OutboxEvent
from tenant_apps.events.services import dispatch, events_dispatch
from tests.support.twins import Twins


def test_an_event_that_another_dispatcher_has_in_hand_is_left_to_it(
    committed: Twins, subscribe: Callable[..., Any]
) -> None:
    received = subscribe("test.happened")
    outcomes: list[dispatch.Outcome] = []

    def work() -> None:
        with tenant_context(committed.first):
            outcomes.append(events_dispatch())
            claimed = OutboxEvent.objects.get()
            outcomes.append(dispatch.Outcome())
            dispatch._dispatch(claimed, outcomes[-1])

    with tenant_context(committed.first):
        with atomic():
            OutboxEvent.objects.create(kind="test.happened", subject_id="1")
        with atomic():
            OutboxEvent.objects.select_for_update().get()
            other = threading.Thread(target=work)
            other.start()
            other.join(timeout=20)
        assert [(outcome.dispatched, outcome.failed) for outcome in outcomes] == [(0, 0), (0, 0)]
        assert received == []
        assert events_dispatch().dispatched == 1
