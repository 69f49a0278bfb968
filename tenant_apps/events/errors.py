from core.errors import Conflict


class EmittedOutsideTransaction(RuntimeError):
    """An event was emitted without a transaction: its fact and its row could not be kept or lost together."""


class EventDelivered(Conflict):
    """Every subscriber has handled the event already."""

    code = "event_delivered"
    title = "The event was delivered"
    message = "This event has reached everybody who wanted it; there is nothing to retry."
