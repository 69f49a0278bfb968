from datetime import timedelta

from django.db import IntegrityError

from core.clock import now
from core.tenancy import atomic
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import require_available, slug_held
from shared_apps.tenants.services import slug_skeleton

# Long enough to fetch a code from a slow mailbox, short enough for the next one who wants the name.
HELD_FOR = timedelta(minutes=30)


@atomic()
def slug_hold(sign_up: SignUp, slug: str) -> None:
    """Keep a subdomain, and all that look like it, for one sign-up: of two who want it at once, one gets it.

    Saves the row, new or old. Raises NameRefused; nothing is kept then.
    """
    slug = require_available(slug, but=sign_up)
    skeleton = slug_skeleton(slug)
    expired = SignUp.objects.filter(held=skeleton, held_until__lte=now())
    expired.exclude(pk=sign_up.pk).update(held=None, held_until=None)
    sign_up.slug, sign_up.held, sign_up.held_until = slug, skeleton, now() + HELD_FOR
    try:
        with atomic():
            sign_up.save()
    except IntegrityError as error:
        raise slug_held(slug) from error
