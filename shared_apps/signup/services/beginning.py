from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError

from core.currencies import CURRENCIES
from core.errors import FieldError
from core.tenancy import atomic
from shared_apps.signup.codes import new_secret, secret_hash
from shared_apps.signup.errors import DetailsRefused, SignUpClosed, TermsRefused
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import sign_up_is_open
from shared_apps.signup.services.codes import code_send
from shared_apps.signup.services.holding import slug_hold
from shared_apps.signup.services.limits import require_points
from shared_apps.tenants.services import require_name
from shared_apps.users.services import normalise_email, require_password

LONGEST_PERSON = 150


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody fills in; the password only as the hash that `password_prepare` makes."""

    organisation: str
    slug: str
    name: str
    email: str
    password: str
    locale: str
    time_zone: str
    currency: str
    terms_accepted: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-up and the secret that goes on with it, which is told once."""

    sign_up: SignUp
    secret: str


def password_prepare(*, password: str, email: str, name: str) -> str:
    """A new password as its hash, the only form in which it waits for the account; raises PasswordRefused."""
    require_password(password, get_user_model()(email=email, name=name))
    return make_password(password)


def sign_up_begin(*, wish: Wish, address: str | None, instead_of: UUID | None = None) -> Begun:
    """Keep the subdomain for a while and mail a code to the owner; nothing else is made before it comes back.

    `instead_of` is the caller's own earlier sign-up, which lets go of its subdomain. Raises SignUpClosed, NameRefused,
    TermsRefused, DetailsRefused, SignUpLimited; nothing is kept then.
    """
    if not sign_up_is_open():
        raise SignUpClosed
    wish = _checked(wish)
    values: dict[str, Any] = asdict(wish)
    del values["terms_accepted"]
    secret = new_secret()
    sign_up = SignUp(**values, secret_hash=secret_hash(secret), address=address)
    with atomic():
        if instead_of is not None:
            SignUp.objects.filter(pk=instead_of, tenant=None).update(held=None, held_until=None)
        slug_hold(sign_up, wish.slug)
        # Only now, so that whoever looks for a free name does not use them up.
        require_points("sign_up", address=address)
        require_points("sign_up_mail", email=wish.email)
        code_send(sign_up)
    return Begun(sign_up, secret)


def _checked(wish: Wish) -> Wish:
    """The wish in its one spelling; raises TermsRefused, NameRefused, DetailsRefused with all that is wrong."""
    if not wish.terms_accepted:
        message = "Accept the terms to go on."
        raise TermsRefused(message, errors=[FieldError(field="terms_accepted", code="required", message=message)])
    errors = []
    name = " ".join(wish.name.split())
    if not 0 < len(name) <= LONGEST_PERSON or not name.isprintable():
        errors.append(("name", "invalid", f"Give your name, of at most {LONGEST_PERSON} visible characters."))
    try:
        email = normalise_email(wish.email)
    except ValidationError as error:
        email = ""
        errors.append(("email", "invalid", " ".join(error.messages)))
    if wish.time_zone not in available_timezones():
        errors.append(("time_zone", "invalid", "Choose a time zone such as Europe/Lisbon."))
    if wish.currency not in CURRENCIES or CURRENCIES[wish.currency].kind != "iso":
        errors.append(("currency", "invalid", "Choose a currency such as EUR."))
    if not _is_locale(wish.locale):
        errors.append(("locale", "invalid", "Choose a language and region such as en-GB."))
    if errors:
        named = [FieldError(field=field, code=code, message=message) for field, code, message in errors]
        raise DetailsRefused(" ".join(error["message"] for error in named), errors=named)
    return replace(wish, organisation=require_name(wish.organisation), name=name, email=email)


def _is_locale(value: str) -> bool:
    try:
        return str(Locale.parse(value, sep="-")).replace("_", "-") == value
    except (UnknownLocaleError, ValueError):
        return False
