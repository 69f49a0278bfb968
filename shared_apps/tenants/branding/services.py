"""Changes of a brand. The rows are the registry's, so each service leaves the organisation's context for the platform's
and touches the rows of that one organisation; call them outside of any transaction. What was published, by whom and
when is written in the same transaction as the change; the organisation's own trail gets its entry right after it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Max
from django.db.models.functions import Now

from core.actor import Actor
from core.events import emit
from core.tenancy import TenantRef, atomic, current_scope, on_commit, platform_context, tenant_context
from core.tenancy.errors import CrossedContext
from core.tenancy.lifecycle import TenantState, writable
from core.tenancy.storage import file_key
from shared_apps.tenants.branding.errors import BrandChanged, BrandHeld, NoSuchVersion, NothingToPublish
from shared_apps.tenants.branding.models import AssetKind, BrandAsset, BrandDraft, BrandVersion
from shared_apps.tenants.branding.selectors import (
    Assets,
    Draft,
    asset_entry,
    full_values,
    without_legal_texts,
)
from shared_apps.tenants.branding.theme import ink_of
from shared_apps.tenants.branding.uploads import picture_read
from shared_apps.tenants.branding.values import LEGAL, BrandValues, changed, differences, from_stored
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import Tenant
from shared_apps.trail.services import trail_record

_LONGEST_LABEL = 200


def draft_change(*, tenant: TenantRef, changes: Mapping[str, Any], version: int, actor: Actor) -> Draft:
    """Change settings of the draft, of which `version` is the one that was read.

    Raises BrandRefused, BrandChanged, BrandHeld.
    """
    with _locked(tenant) as row:
        draft = _draft(tenant, row, version)
        before = from_stored(draft.values)
        after = changed(before, changes)
        found = differences(before, after)
        if found:
            draft.values = after.stored()
            _save(draft, actor)
    if found:
        _trail(tenant, actor, "brand.edit", draft, changes=found)
    return _read(draft)


def draft_discard(*, tenant: TenantRef, version: int, actor: Actor) -> Draft:
    """Make the draft what is published again. Raises BrandChanged, BrandHeld."""
    with _locked(tenant) as row:
        draft = _draft(tenant, row, version)
        draft.values, draft.assets = full_values(_ref(tenant, row)).stored(), dict(_published_assets(row))
        _save(draft, actor)
    _trail(tenant, actor, "brand.discard", draft)
    return _read(draft)


def asset_put(*, tenant: TenantRef, kind: AssetKind, content: bytes, version: int, actor: Actor) -> Draft:
    """Put a picture into the draft, re-encoded. Raises ImageRefused, BrandChanged, BrandHeld."""
    picture = picture_read(kind=kind, content=content)
    with tenant_context(tenant):
        key = default_storage.save(file_key(room="branding"), ContentFile(picture.content))
    try:
        with _locked(tenant) as row:
            draft = _draft(tenant, row, version)
            asset = BrandAsset.objects.create(
                tenant=row, kind=kind, key=key, hash=picture.hash, width=picture.width, height=picture.height
            )
            draft.assets = {**draft.assets, kind.value: asset_entry(asset)}
            unused = _take_unused(tenant, row, draft.assets)
            _save(draft, actor)
    except Exception:
        _delete_files(tenant, [key])
        raise
    _delete_files(tenant, unused)
    _trail(tenant, actor, "brand.edit", draft, changes={kind.value: {"to": picture.hash[:16]}})
    return _read(draft)


def asset_remove(*, tenant: TenantRef, kind: AssetKind, version: int, actor: Actor) -> Draft:
    """Take a picture out of the draft; what is published keeps its own. Raises BrandChanged, BrandHeld."""
    with _locked(tenant) as row:
        draft = _draft(tenant, row, version)
        draft.assets = {name: asset for name, asset in draft.assets.items() if name != kind.value}
        unused = _take_unused(tenant, row, draft.assets)
        _save(draft, actor)
    _delete_files(tenant, unused)
    _trail(tenant, actor, "brand.edit", draft, changes={kind.value: {"to": None}})
    return _read(draft)


def brand_publish(*, tenant: TenantRef, version: int, actor: Actor) -> BrandVersion:
    """Show the draft to everybody, as the next version. Raises NothingToPublish, BrandChanged, BrandHeld."""
    with _locked(tenant) as row:
        draft = _draft(tenant, row, version)
        values, assets = from_stored(draft.values), draft.assets
        before = full_values(_ref(tenant, row))
        if row.options.get("brand") and values == before and assets == _published_assets(row):
            raise NothingToPublish
        found = _publish(row, values, assets, before=before, actor=actor)
    _trail(tenant, actor, "brand.publish", found, changes=found.changes)
    _published(tenant, actor, found)
    return found


def brand_roll_back(*, tenant: TenantRef, number: int, actor: Actor) -> BrandVersion:
    """Publish an earlier version again, as a version of its own; the draft stays. Raises NoSuchVersion, BrandHeld."""
    with _locked(tenant) as row:
        earlier = BrandVersion.objects.filter(tenant=row, number=number).first()
        if earlier is None:
            raise NoSuchVersion
        values, before = from_stored(earlier.values), full_values(_ref(tenant, row))
        if values == before and earlier.assets == _published_assets(row):
            raise NothingToPublish("This version is what is published now.")
        found = _publish(row, values, earlier.assets, before=before, actor=actor, restored=number)
    _trail(tenant, actor, "brand.roll_back", found, summary=f"Version {number}", changes=found.changes)
    _published(tenant, actor, found)
    return found


@contextmanager
def _locked(tenant: TenantRef) -> Iterator[Tenant]:
    """The organisation's registry row, held in a transaction of the platform. Raises BrandHeld.

    Who acts inside of an organisation changes the brand of no other.
    """
    scope = current_scope()
    if scope is not None and scope.tenant is not None and scope.tenant.uuid != tenant.uuid:
        raise CrossedContext("This is the brand of another organisation.")
    with platform_context(), atomic():
        row = Tenant.objects.select_for_update().get(pk=tenant.uuid)
        if not writable(TenantState(row.state)):
            raise BrandHeld
        yield row


def _ref(tenant: TenantRef, row: Tenant) -> TenantRef:
    """The reference with the options as the locked row has them: the caller's may be seconds old."""
    return replace(tenant, options=row.options)


def _published_assets(row: Tenant) -> Assets:
    assets: Assets = row.options.get("brand", {}).get("assets", {})
    return assets


def _draft(tenant: TenantRef, row: Tenant, version: int) -> BrandDraft:
    draft = BrandDraft.objects.filter(tenant=row).first()
    if draft is None:
        values = full_values(_ref(tenant, row))
        draft = BrandDraft(tenant=row, values=values.stored(), assets=dict(_published_assets(row)), version=0)
    if draft.version != version:
        raise BrandChanged
    return draft


def _save(draft: BrandDraft, actor: Actor) -> None:
    draft.version += 1
    draft.changed_at, draft.changed_by = Now(), actor.label[:_LONGEST_LABEL]
    draft.save()


def _read(draft: BrandDraft) -> Draft:
    return Draft(draft.version, from_stored(draft.values), draft.assets, draft.changed_by)


def _publish(
    row: Tenant,
    values: BrandValues,
    assets: Assets,
    *,
    before: BrandValues,
    actor: Actor,
    restored: int | None = None,
) -> BrandVersion:
    newest = BrandVersion.objects.filter(tenant=row).aggregate(newest=Max("number"))["newest"] or 0
    found = BrandVersion.objects.create(
        tenant=row,
        number=newest + 1,
        values=values.stored(),
        assets=assets,
        changes=_changes(before, values, _published_assets(row), assets),
        restored=restored,
        published_by_id=actor.id,
        published_by=actor.label[:_LONGEST_LABEL],
    )
    row.options = {
        **row.options,
        "brand": {
            "number": found.number,
            "values": without_legal_texts(values).stored(),
            "assets": dict(assets),
            "legal": [kind for kind in LEGAL if getattr(values, f"{kind}_text")],
        },
        # What the rooms below ask of an organisation without knowing that it has a brand.
        "brand_colour": ink_of(values).brand,
        "locale": values.locale,
        "time_zone": values.time_zone,
    }
    row.save(update_fields=["options"])
    on_commit(announce)
    return found


def _changes(before: BrandValues, after: BrandValues, old: Assets, new: Assets) -> dict[str, Any]:
    pictures = {
        kind: {"from": old.get(kind, {}).get("hash"), "to": new.get(kind, {}).get("hash")}
        for kind in AssetKind.values
        if old.get(kind, {}).get("hash") != new.get(kind, {}).get("hash")
    }
    return differences(before, after) | pictures


def _take_unused(tenant: TenantRef, row: Tenant, assets: Assets) -> list[str]:
    """Forget the pictures that neither the draft nor a version shows; returns the keys of their files."""
    used = {asset["id"] for asset in assets.values()}
    for version in BrandVersion.objects.filter(tenant=row).values_list("assets", flat=True):
        used |= {asset["id"] for asset in version.values()}
    unused = BrandAsset.objects.filter(tenant=row).exclude(pk__in=used)
    keys = list(unused.values_list("key", flat=True))
    unused.delete()
    return keys


def _delete_files(tenant: TenantRef, keys: list[str]) -> None:
    with tenant_context(tenant):
        for key in keys:
            default_storage.delete(key)


def _trail(
    tenant: TenantRef,
    actor: Actor,
    action: str,
    obj: BrandDraft | BrandVersion,
    *,
    summary: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    with tenant_context(tenant):
        trail_record(actor=actor, action=action, obj=obj, summary=summary, changes=_shortened(changes or {}))


def _published(tenant: TenantRef, actor: Actor, version: BrandVersion) -> None:
    with tenant_context(tenant), atomic():
        emit(
            kind="brand.published",
            subject_id=version.pk,
            payload={"number": version.number, "by": actor.label, "by_id": actor.id},
        )


def _shortened(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The legal texts stand in the versions; the trail says that they changed."""
    return {name: "changed" if name.endswith("_text") else change for name, change in changes.items()}
