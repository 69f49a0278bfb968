from django.core import signing
from django.db.models import QuerySet

from core.errors import NotFound
from core.tenancy import require_scope, scope_key
from shared_apps.users.emails import normalise_email
from shared_apps.users.errors import HandOverRefused
from shared_apps.users.models import User

LIFETIME_SECONDS = 60


def handover_token(*, email: str) -> str:
    """What signs the first administrator of the current tenant in, once and within a minute, on the tenant's own host.

    Empty for a person who has signed in before: then a password is asked for, as ever.
    """
    user = _newcomers().filter(email=normalise_email(email)).first()
    return signing.dumps([str(user.pk), user.credential_version], salt=_salt()) if user else ""


def handover_claim(*, token: str) -> User:
    """The person whom a token is for; the caller signs them in, in the same transaction.

    The first sign-in is what spends it: another claim waits for the row, and then finds somebody who has signed in.
    Raises HandOverRefused for one that was used, is too old, or was made for another tenant or an earlier epoch.
    """
    try:
        key, version = signing.loads(token, salt=_salt(), max_age=LIFETIME_SECONDS)
    except signing.BadSignature as error:
        raise HandOverRefused from error
    user = _newcomers().select_for_update(of=("self",), no_key=True).filter(pk=key, credential_version=version).first()
    if user is None:
        raise HandOverRefused
    return user


def _newcomers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, last_login=None, emailaddress__verified=True)


def _salt() -> str:
    if require_scope().is_platform:
        raise NotFound
    return f"livery.users.handover:{scope_key()}"
