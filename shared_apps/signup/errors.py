from core.errors import Conflict, LiveryError, PermissionRefused, Unprocessable


class SignUpClosed(PermissionRefused):
    """This installation takes no new organisations by itself."""

    code = "sign_up_closed"
    title = "Sign-up is closed"
    message = "New organisations are set up by the people who run this installation. Write to them."


class SignUpLimited(LiveryError):
    """Too many sign-ups, codes or questions from one place, or for one address."""

    status = 429
    code = "rate_limited"
    title = "Too many attempts"

    def __init__(self, seconds: int) -> None:
        minutes = max(1, round(seconds / 60))
        super().__init__(f"Too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}.")
        self.retry_after = seconds


class TermsRefused(Unprocessable):
    """Without the terms there is no organisation."""

    code = "terms_not_accepted"
    title = "The terms were not accepted"


class DetailsRefused(Unprocessable):
    """The owner's name, address, time zone, language or currency is none."""

    code = "details_refused"
    title = "Some of the details cannot be used"


class CodeWrong(Unprocessable):
    """Another code was sent by mail."""

    code = "code_wrong"
    title = "This code is wrong"


class CodeSpent(Unprocessable):
    """The code has expired, or was guessed at too often."""

    code = "code_spent"
    title = "This code no longer works"
    message = "This code no longer works. Ask for a new one."


class CodeTooSoon(Conflict):
    """A code has just been sent, or as many as there are."""

    code = "code_too_soon"
    title = "A code has just been sent"


class NothingToRetry(Conflict):
    """Only what failed is tried again, and a subdomain is changed only while there is no organisation."""

    code = "not_possible_now"
    title = "This is not possible at the moment"
