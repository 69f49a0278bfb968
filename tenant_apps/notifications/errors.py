from core.errors import Unprocessable


class UnknownNotice(Unprocessable):
    """Somebody chose a channel for a kind that nobody registered, or a channel that there is not."""

    code = "unknown_notice"
    title = "There is no such kind of notification"
    message = "Choose among the kinds and channels that are listed."
