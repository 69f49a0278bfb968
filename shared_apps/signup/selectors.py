from datetime import timedelta
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.utils.text import slugify

from core.clock import now
from core.errors import FieldError, NotFound
from core.tenancy import TenantState
from shared_apps.signup.choices import SignUpState
from shared_apps.signup.codes import secret_hash
from shared_apps.signup.models import SignUp
from shared_apps.tenants.errors import NameRefused
from shared_apps.tenants.selectors import host_url, require_free_slug, tenant_get
from shared_apps.tenants.services import UNBORN, slug_skeleton

_SUGGESTED_LENGTH = 30
# What was confirmed this recently is still being worked on.
_PATIENCE = timedelta(minutes=1)
_GONE = frozenset({TenantState.ARCHIVED, TenantState.DELETING, TenantState.PURGED})


def sign_up_is_open() -> bool:
    """Whether strangers may make organisations here."""
    return bool(settings.SIGN_UP_OPEN)


def sign_up_with(sign_up_id: UUID, secret: str) -> SignUp:
    """The sign-up that a secret belongs to; raises NotFound, the same for an unknown id and for a wrong secret."""
    sign_up = SignUp.objects.select_related("tenant").filter(pk=sign_up_id).first()
    if sign_up is None or not compare_digest(sign_up.secret_hash, secret_hash(secret)):
        raise NotFound
    return sign_up


def sign_up_state(sign_up: SignUp) -> SignUpState:
    """How far somebody is; reads the organisation where there is one."""
    if sign_up.email_confirmed_at is None:
        return SignUpState.CONFIRMING
    if sign_up.tenant is None:
        return SignUpState.NAMING
    if sign_up.tenant.state in _GONE:
        return SignUpState.CLOSED
    if sign_up.tenant.state not in UNBORN:
        return SignUpState.READY
    return SignUpState.PROVISIONING if sign_up.failed_at is None else SignUpState.FAILED


def sign_ups_waiting() -> list[UUID]:
    """Who has confirmed the address a while ago and was not yet told that the organisation is ready, oldest first."""
    waiting = SignUp.objects.filter(tenant__isnull=False, welcomed_at=None, email_confirmed_at__lt=now() - _PATIENCE)
    return list(waiting.exclude(tenant__state__in=_GONE).order_by("pk").values_list("pk", flat=True)[:100])


def require_available(slug: str, *, but: SignUp | None = None) -> str:
    """The subdomain in its one spelling, if nobody has it, or one that looks alike, or is about to.

    `but` is whose own hold does not count. Raises NameRefused.
    """
    slug = require_free_slug(slug)
    holder = SignUp.objects.filter(held=slug_skeleton(slug), held_until__gt=now()).first()
    if holder is not None and holder != but:
        raise slug_held(slug)
    return slug


def slug_held(slug: str) -> NameRefused:
    """The refusal of a subdomain that somebody else is signing up with."""
    message = f"Somebody is signing up with “{slug}” or a name like it at the moment. Choose another name."
    return NameRefused(message, errors=[FieldError(field="slug", code="held", message=message)])


def slug_suggestion(organisation: str) -> str:
    """A free subdomain for an organisation's name; empty where its letters give none."""
    words = slugify(organisation).replace("_", "-").strip("-0123456789").split("-")
    whole = "-".join(words)
    while len(whole) > _SUGGESTED_LENGTH and "-" in whole:
        whole = whole.rpartition("-")[0]
    whole = whole[:_SUGGESTED_LENGTH]
    for candidate in (whole, words[0], "".join(word[:1] for word in words), f"{whole}-hq", f"{whole}-team"):
        try:
            return require_available(candidate)
        except NameRefused:
            continue
    return ""


def subdomain_url(slug: str) -> str:
    """Where the organisation with this subdomain answers, or will."""
    return host_url(f"{slug}.{settings.TENANT_BASE_DOMAIN}")


def sign_in_url(typed: str) -> str:
    """Where the people of an organisation sign in, by its subdomain or host as somebody types it; raises NotFound."""
    host = typed.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0].partition(":")[0]
    tenant = tenant_get(slug=host.removesuffix(f".{settings.TENANT_BASE_DOMAIN}"))
    if tenant.state in _GONE:
        raise NotFound
    return f"{subdomain_url(tenant.slug)}/account/sign-in/"
