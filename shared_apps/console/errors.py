from core.errors import Conflict, Unavailable


class OrderOpen(Conflict):
    """The same was asked before and is not done yet."""

    code = "order_open"
    title = "This is under way already"
    message = "Somebody asked for the same, and it is not done yet. Watch it on the page of the fleet."


class TenantHeld(Conflict):
    """Work of an organisation that may not write was asked to go on."""

    code = "tenant_held"
    title = "The organisation is held"
    message = "Its work goes on by itself once the organisation is resumed."


class TenantSilent(Unavailable):
    """An organisation's tables do not answer."""

    code = "tenant_silent"
    title = "The organisation's tables do not answer"
    message = "They are being made, changed or removed. Try again in a minute."
