from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from core.errors import NotFound
from core.tenancy import TenantRef, current_scope, platform_context
from shared_apps.tenants.branding.errors import NoSuchVersion
from shared_apps.tenants.branding.models import AssetKind, BrandAsset, BrandDraft, BrandVersion
from shared_apps.tenants.branding.values import BrandValues, from_stored

Assets = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Published:
    """A brand as everybody sees it, read from the registry row that the request carries: it costs no query.

    The legal texts are not in it; `legal_text` reads one.
    """

    number: int
    values: BrandValues
    assets: Assets
    legal: tuple[str, ...] = ()

    def asset(self, kind: AssetKind) -> Mapping[str, Any] | None:
        """A picture's id, hash, width and height."""
        return self.assets.get(kind.value)


@dataclass(frozen=True, slots=True)
class Draft:
    """A brand in the making, and the version by which its next change is told from a stale one."""

    version: int
    values: BrandValues
    assets: Assets
    changed_by: str = ""


def published_brand() -> Published:
    """The brand of the context's organisation, or the platform's own on its host; a plain one where none was made."""
    scope = current_scope()
    tenant = scope.tenant if scope else None
    if tenant is None:
        return Published(0, BrandValues(name=settings.PLATFORM_NAME), {})
    return published_of(tenant)


def published_of(tenant: TenantRef) -> Published:
    """The brand that an organisation has published; before that a plain one with its name."""
    snapshot = tenant.options.get("brand")
    if not snapshot:
        return Published(0, _placed(BrandValues(name=tenant.name), tenant), {})
    values = _placed(from_stored(snapshot["values"]), tenant)
    return Published(snapshot["number"], values, snapshot["assets"], tuple(snapshot.get("legal", ())))


def has_public_home(tenant: TenantRef) -> bool:
    """Whether visitors see a page about the organisation; otherwise they are asked to sign in."""
    return published_of(tenant).values.public_home


def draft_of(tenant: TenantRef) -> Draft:
    """The draft, which begins as what is published."""
    with platform_context():
        row = BrandDraft.objects.filter(tenant_id=tenant.uuid).first()
        if row is None:
            return Draft(0, full_values(tenant), published_of(tenant).assets)
    return Draft(row.version, from_stored(row.values), row.assets, row.changed_by)


def published_values(tenant: TenantRef) -> BrandValues:
    """What is published, with its legal texts."""
    with platform_context():
        return full_values(tenant)


def full_values(tenant: TenantRef) -> BrandValues:
    """What is published with its legal texts; in the platform's context."""
    published = published_of(tenant)
    if not published.number:
        return published.values
    return _placed(from_stored(_version(tenant, published.number).values), tenant)


def _placed(values: BrandValues, tenant: TenantRef) -> BrandValues:
    """The values with the registry's locale and time zone, which are changed in other ways than by publishing too."""
    options = tenant.options
    return replace(values, locale=str(options.get("locale", "")), time_zone=str(options.get("time_zone", "")))


def version_list(tenant: TenantRef) -> list[BrandVersion]:
    """The fifty newest versions, the newest first."""
    with platform_context():
        return list(_versions(tenant)[:50])


def version_get(tenant: TenantRef, number: int) -> BrandVersion:
    """One version; raises NoSuchVersion."""
    with platform_context():
        return _version(tenant, number)


def legal_text(tenant: TenantRef, kind: str) -> str:
    """The published imprint, privacy note or terms in Markdown; raises NotFound where there is none."""
    published = published_of(tenant)
    if kind not in published.legal:
        raise NotFound
    text: str = version_get(tenant, published.number).values.get(f"{kind}_text", "")
    if not text:
        raise NotFound
    return text


def asset_content(asset: Mapping[str, Any]) -> bytes:
    """The PNG of a picture of the current tenant; raises NotFound where its file is gone."""
    if not default_storage.exists(asset["key"]):
        raise NotFound
    with default_storage.open(asset["key"]) as file:
        content: bytes = file.read()
    return content


def square_content(assets: Assets) -> bytes | None:
    """The picture from which icons are made: the favicon where there is one, else the square logo."""
    asset = assets.get(AssetKind.FAVICON.value) or assets.get(AssetKind.SQUARE.value)
    return asset_content(asset) if asset else None


def asset_in(assets: Assets, asset_id: UUID) -> Mapping[str, Any]:
    """The picture with this id among those of a brand; raises NotFound."""
    for asset in assets.values():
        if asset["id"] == str(asset_id):
            return asset
    raise NotFound


def asset_entry(asset: BrandAsset) -> dict[str, Any]:
    """What a draft and a version keep of a picture."""
    return {
        "id": str(asset.pk),
        "key": asset.key,
        "hash": asset.hash,
        "width": asset.width,
        "height": asset.height,
    }


def without_legal_texts(values: BrandValues) -> BrandValues:
    """What each process keeps of a brand in memory."""
    return replace(values, imprint_text="", privacy_text="", terms_text="")


def _versions(tenant: TenantRef) -> QuerySet[BrandVersion]:
    return BrandVersion.objects.filter(tenant_id=tenant.uuid)


def _version(tenant: TenantRef, number: int) -> BrandVersion:
    found = _versions(tenant).filter(number=number).first()
    if found is None:
        raise NoSuchVersion
    return found
