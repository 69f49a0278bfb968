"""What a browser's session knows of its own sign-up."""

import time
from dataclasses import asdict
from uuid import UUID

from django.http import HttpRequest

from core.errors import NotFound
from shared_apps.signup.forms import KeptPassword
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import sign_up_with
from shared_apps.signup.services import Begun

_OWN, _PASSWORD = "sign_up", "sign_up_password"
# How long a password, as its hash, waits for the rest of the form to be corrected.
_KEPT_SECONDS = 30 * 60


def remember(request: HttpRequest, begun: Begun) -> None:
    """Make a sign-up this browser's own, under a new session key."""
    request.session.cycle_key()
    request.session.pop(_PASSWORD, None)
    request.session[_OWN] = {"id": str(begun.sign_up.pk), "secret": begun.secret}


def own_id(request: HttpRequest) -> UUID | None:
    """The id of this browser's sign-up."""
    own = request.session.get(_OWN)
    return UUID(own["id"]) if own else None


def own_sign_up(request: HttpRequest) -> SignUp | None:
    """This browser's sign-up, None where there is none any more."""
    own = request.session.get(_OWN)
    if own is None:
        return None
    try:
        return sign_up_with(UUID(own["id"]), own["secret"])
    except NotFound:
        return None


def keep_password(request: HttpRequest, kept: KeptPassword) -> None:
    """Keep a password, as its hash, while the rest of the form is corrected."""
    request.session[_PASSWORD] = {**asdict(kept), "at": int(time.time())}


def kept_password(request: HttpRequest) -> KeptPassword | None:
    """The password that was kept, for a while."""
    stored = dict(request.session.get(_PASSWORD) or {})
    if stored.pop("at", 0) + _KEPT_SECONDS < time.time():
        return None
    return KeptPassword(**stored)
