from tenant_apps.events.services.dispatch import Outcome, events_dispatch
from tenant_apps.events.services.outbox import event_retry, event_write, events_purge
from tenant_apps.events.services.sweep import events_sweep
from tenant_apps.events.services.wakeups import wake_often as events_wake

__all__ = ["Outcome", "event_retry", "event_write", "events_dispatch", "events_purge", "events_sweep", "events_wake"]
