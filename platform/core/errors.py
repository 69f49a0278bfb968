from collections.abc import Sequence
from typing import TypedDict


class FieldError(TypedDict):
    field: str
    code: str
    message: str


class LiveryError(Exception):
    """A refusal that the user can act on: `str(error)` is the sentence that pages and REST show."""

    status = 400
    code = "refused"
    title = "The request was refused"
    message = ""

    def __init__(self, message: str = "", *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message or self.message or self.title)
        self.errors = list(errors)


class NotFound(LiveryError):
    status = 404
    code = "not_found"
    title = "Not found"
    message = "There is nothing here, or you may not see it."


class PermissionRefused(LiveryError):
    status = 403
    code = "permission_refused"
    title = "You may not do this"


class SecondFactorRequired(PermissionRefused):
    """Somebody who must prove more than a password has nothing else yet."""

    code = "second_factor_required"
    title = "Set up two-factor sign-in first"
    message = (
        "A second factor is needed here. Sign in to the pages, open “Your account”, then “Two-factor"
        " sign-in”, and add an authenticator app or a passkey. Programs work again after that."
    )


class Conflict(LiveryError):
    status = 409
    code = "conflict"
    title = "The request conflicts with the current state"


class Unprocessable(LiveryError):
    status = 422
    code = "invalid"
    title = "The data is not valid"


class Unavailable(LiveryError):
    status = 503
    code = "unavailable"
    title = "Not available at the moment"
