"""Three sites alike to the last id: two organisations and the platform, with the same people, in other words."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import override_settings
from redis import Redis

from core.secrets import unseal
from core.tenancy import TenantRef, atomic, directory, platform_context, tenant_context
from shared_apps.tenants.models import Tenant
from shared_apps.users.models import Mail, Role, RoleAssignment, TokenFamily, User
from tests.support.cleaning import clean_database
from tests.support.factories.rows import Filling, RowKey, fill_tables, row_of
from tests.support.factories.users import PASSWORD
from tests.support.twins import Twins

# The first is in every site, the second in the second twin alone, the third nowhere.
TWIN = RowKey(UUID("01900000-0000-7000-8000-000000000001"), 9001)
FOREIGN = RowKey(UUID("01900000-0000-7000-8000-000000000002"), 9002)
NOWHERE = RowKey(UUID("01900000-0000-7000-8000-000000000003"), 9003)
# Rows of the registry about the twins themselves.
OF_FIRST = RowKey(UUID("01900000-0000-7000-8000-000000000004"), 9004)
OF_SECOND = RowKey(UUID("01900000-0000-7000-8000-000000000005"), 9005)
ADMIN, MEMBER, DISABLED, SIGNED_OUT, UNCONFIRMED = (
    UUID(f"01900000-0000-7000-8000-0000000001{number:02}") for number in range(5)
)
EMAILS = {
    ADMIN: "ada@example.org",
    MEMBER: "max@example.org",
    DISABLED: "dora@example.org",
    SIGNED_OUT: "otto@example.org",
    UNCONFIRMED: "uma@example.org",
}


@dataclass(frozen=True, slots=True)
class Site:
    """One of the three; `mark` is in every text of its rows and nowhere else."""

    name: str
    mark: str
    host: str
    api: str
    roles: tuple[str, str]
    ref: TenantRef | None = None

    @property
    def urlconf(self) -> str:
        """The URL configuration that answers on its host."""
        return str(settings.PLATFORM_URLCONF if self.ref is None else settings.TENANT_URLCONF)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Its context."""
        with platform_context() if self.ref is None else tenant_context(self.ref):
            yield

    @property
    def schema(self) -> str:
        """Its schema."""
        return "public" if self.ref is None else self.ref.schema

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells who a tenant is: anybody who visits its host may learn it, and nobody elsewhere."""
        ref = self.ref
        if ref is None:
            return ()
        return (ref.name.lower(), ref.schema, str(ref.uuid), ref.primary_host)


def sites_of(twins: Twins) -> tuple[Site, Site, Site]:
    """The first twin, the second and the platform."""
    tenants = [
        Site(
            name=ref.slug,
            mark=f"wordof{mark}",
            host=ref.primary_host,
            api="/api/v1/",
            roles=("tenant_admin", "member"),
            ref=ref,
        )
        for ref, mark in ((twins.first, "arctic"), (twins.second, "desert"))
    ]
    platform = Site(
        name="platform",
        mark="wordofoffice",
        host=settings.PLATFORM_HOST,
        api="/api/platform/v1/",
        roles=("platform_admin", "support"),
    )
    return tenants[0], tenants[1], platform


def add_people(site: Site) -> None:
    """The people, alike in every site but for their names."""
    with site.entered(), atomic():
        for key, email in EMAILS.items():
            role = site.roles[1] if key in (MEMBER, UNCONFIRMED) else site.roles[0]
            make_person(site, key, email, role, verified=key != UNCONFIRMED)


def add_rows(site: Site, *rows: RowKey) -> list[str]:
    """Rows in every table, in the same words but for the site's mark; returns the tables' models.

    Also second factors, so whoever has to sign in does it before.
    """
    with site.entered(), atomic():
        return [label for row in rows for label in fill_tables(row, Filling(site.mark, ADMIN))]


# Hashed once: the same person with the same hash in every site, as after a copy.
_HASHED = make_password(PASSWORD, hasher="md5")


def make_person(site: Site, key: UUID, email: str, *roles: str, verified: bool = True) -> User:
    """A person with this id who signs in with PASSWORD, in the entered context."""
    user = User.objects.create(id=key, email=email, name=f"{email[:3].title()} {site.mark}", password=_HASHED)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    for role in Role.objects.filter(code__in=roles):
        RoleAssignment.objects.create(user=user, role=role)
    return user


def link_to(recipient: str) -> str:
    """Path and query of the link in the newest mail to somebody, in the entered context."""
    mail = Mail.objects.filter(recipient=recipient).order_by("-id").first()
    assert mail is not None, f"Nothing was sent to {recipient}."
    body: str = json.loads(unseal(mail.sealed, field="users_mail.sealed"))["body"]
    (link,) = re.findall(r"https?://[^/\s]+(\S+)", body)
    return str(link)


# Tables of the registry whose rows are a tenant's own, changed on its own host.
OF_TENANTS = ("tenants.BrandAsset", "tenants.BrandDraft", "tenants.BrandVersion", "tenants.Tenant")


def add_registry_rows(site: Site, row: RowKey, *, stored: str, pictures: Sequence[RowKey]) -> None:
    """What the registry keeps of a tenant and nobody else may see; `stored` is the key of a file of the tenant's."""
    assert site.ref is not None
    filling = Filling(site.mark, ADMIN)
    picture = {"key": stored, "hash": site.mark, "width": 1, "height": 1}
    special = {
        "tenants.BrandAsset": {"key": f"{site.ref.uuid}/{site.mark}"},
        "tenants.BrandVersion": {"assets": {}},
        "tenants.BrandDraft": {
            "values": {"tagline": filling.text(row)},
            "assets": {
                kind: picture | {"id": str(each.uuid)} for kind, each in zip(("logo", "square"), pictures, strict=False)
            },
        },
    }
    with platform_context():
        for label in OF_TENANTS:
            model = apps.get_model(label)
            if model is not Tenant:
                values = row_of(model, row, filling) | {"tenant_id": site.ref.uuid} | special.get(label, {})
                model._base_manager.bulk_create([model(**values)])


def copy_sign_ins(source: Site, target: Site) -> None:
    """The sessions and REST sign-ins of one site as rows of another, as a careless copy of a tenant would have them."""
    for model in (Session, TokenFamily):
        with source.entered():
            rows = list(model.objects.values())
        with target.entered():
            model.objects.bulk_create([model(**row) for row in rows], ignore_conflicts=True)


@contextmanager
def unlimited() -> Iterator[None]:
    """Take off the limits on attempts, as thousands of requests come from one address here, and the demand for a fresh
    sign-in, as the people sign in once."""
    plenty = {name: {**limit, "points": 10**6} for name, limit in settings.RATE_LIMITS.items()}
    with override_settings(
        RATE_LIMITS=plenty, ACCOUNT_RATE_LIMITS=False, MFA_RATE_LIMITS=False, ACCOUNT_REAUTHENTICATION_TIMEOUT=86_400
    ):
        yield


def tidy(twins: Twins) -> None:
    """Take away whatever was committed for these tests."""
    connections.close_all()
    clean_database(kept_schemas=(twins.first.schema, twins.second.schema))
    for site in sites_of(twins):
        with site.entered():
            # The roles are kept between tests, but for those that a test made.
            Role.objects.filter(is_system=False).delete()
    Redis.from_url(settings.REDIS_URL).flushdb()
    connections.close_all()
    directory().forget()
