from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError

from core.errors import NotFound
from core.tenancy import TenantRef, TenantState, platform_context, tenant_context
from core.tenancy.errors import ContextSwitchInTransaction, CrossedContext
from core.tenancy.transactions import atomic
from shared_apps.tenants.branding.errors import (
    BrandChanged,
    BrandHeld,
    BrandRefused,
    NoSuchVersion,
    NothingToPublish,
)
from shared_apps.tenants.branding.models import AssetKind, BrandAsset, BrandDraft, BrandVersion
from shared_apps.tenants.branding.selectors import (
    asset_content,
    asset_in,
    draft_of,
    full_values,
    legal_text,
    published_of,
    version_get,
    version_list,
)
from shared_apps.tenants.branding.services import (
    asset_put,
    asset_remove,
    brand_publish,
    brand_roll_back,
    draft_change,
    draft_discard,
)
from shared_apps.tenants.models import Tenant
from shared_apps.trail.models import TrailEntry
from tests.shared_apps.tenants.branding.conftest import ADA

Look = Callable[[TenantRef], TenantRef]


def rows() -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Everything that a change of a brand may touch."""
    with platform_context():
        return (
            list(BrandDraft.objects.order_by("pk").values()),
            list(BrandVersion.objects.order_by("pk").values()),
            list(BrandAsset.objects.order_by("pk").values()),
            list(Tenant.objects.order_by("pk").values("id", "options")),
        )


def trail(tenant: TenantRef) -> list[TrailEntry]:
    with tenant_context(tenant):
        return list(TrailEntry.objects.filter(action__startswith="brand.").order_by("pk"))


def test_a_draft_begins_as_what_is_published(tenant: TenantRef, publish: Callable[..., TenantRef]) -> None:
    draft = draft_of(tenant)
    assert (draft.version, draft.values.name, draft.values.brand) == (0, "North Ltd", "#3355d8")

    found = publish(tenant, brand="#1d7a4f", imprint_text="# Us")

    assert draft_of(found).values.brand == "#1d7a4f"
    assert draft_of(found).values.imprint_text == "# Us"


def test_saving_a_draft_changes_nothing_that_others_see(
    tenant: TenantRef, change: Callable[..., Any], now_of: Look
) -> None:
    draft = change(tenant, brand="#1D7A4F", name="  North   Star ")

    assert (draft.version, draft.changed_by) == (1, "Ada")
    assert (draft.values.brand, draft.values.name) == ("#1d7a4f", "North Star")
    assert published_of(now_of(tenant)).number == 0
    assert now_of(tenant).name == "North Ltd"
    (entry,) = trail(tenant)
    assert (entry.action, entry.actor_label) == ("brand.edit", "Ada")
    assert entry.changes["brand"] == {"from": "#3355d8", "to": "#1d7a4f"}


def test_publishing_shows_the_draft_and_keeps_who_and_what(
    tenant: TenantRef, other_tenant: TenantRef, publish: Callable[..., TenantRef], now_of: Look
) -> None:
    found = publish(tenant, brand="#f5a524", name="Kiln", locale="de-AT", time_zone="Europe/Vienna", terms_text="*T*")

    published = published_of(found)
    assert (published.number, published.values.brand, published.legal) == (1, "#f5a524", ("terms",))
    assert published.values.terms_text == ""
    assert found.name == "Kiln"
    assert (found.options["locale"], found.options["time_zone"]) == ("de-AT", "Europe/Vienna")
    assert found.options["brand_colour"] == "#f5a524"
    (version,) = version_list(found)
    assert (version.published_by, version.changes["name"]) == ("Ada", {"from": "North Ltd", "to": "Kiln"})
    assert [entry.action for entry in trail(tenant)] == ["brand.edit", "brand.publish"]
    assert trail(tenant)[1].changes["terms_text"] == "changed"
    assert now_of(other_tenant) == other_tenant
    assert trail(other_tenant) == version_list(other_tenant) == []


def test_publishing_is_announced_after_the_commit(
    tenant: TenantRef, change: Callable[..., Any], django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    said: list[str] = []
    monkeypatch.setattr("shared_apps.tenants.branding.services.announce", lambda: said.append("changed"))
    draft = change(tenant, brand="#f5a524")

    with django_capture_on_commit_callbacks() as callbacks:
        brand_publish(tenant=tenant, version=draft.version, actor=ADA)

    assert said == []
    for callback in callbacks:
        callback()
    assert said == ["changed"]


def test_rolling_back_publishes_the_earlier_version_again_and_leaves_the_draft(
    tenant: TenantRef, publish: Callable[..., TenantRef], now_of: Look
) -> None:
    publish(tenant, brand="#1d7a4f", name="First", imprint_text="one")
    found = publish(tenant, brand="#f5a524", name="Second", imprint_text="two")

    version = brand_roll_back(tenant=found, number=1, actor=ADA)

    found = now_of(tenant)
    assert (version.number, version.restored) == (3, 1)
    assert (published_of(found).number, found.name) == (3, "First")
    assert legal_text(found, "imprint") == "one"
    assert draft_of(found).values.name == "Second"
    assert version.changes["brand"] == {"from": "#f5a524", "to": "#1d7a4f"}
    assert [each.number for each in version_list(found)] == [3, 2, 1]
    assert trail(tenant)[-1].action == "brand.roll_back"


def test_the_draft_can_be_discarded(
    tenant: TenantRef, publish: Callable[..., TenantRef], change: Callable[..., Any], now_of: Look
) -> None:
    found = publish(tenant, brand="#1d7a4f", privacy_text="kept")
    draft = change(tenant, brand="#f5a524", privacy_text="")

    draft = draft_discard(tenant=found, version=draft.version, actor=ADA)

    assert (draft.values.brand, draft.values.privacy_text) == ("#1d7a4f", "kept")
    with platform_context():
        assert draft.values == full_values(now_of(tenant))


@pytest.mark.parametrize(
    "act",
    [
        lambda tenant: draft_change(tenant=tenant, changes={"name": "X"}, version=7, actor=ADA),
        lambda tenant: draft_discard(tenant=tenant, version=7, actor=ADA),
        lambda tenant: brand_publish(tenant=tenant, version=7, actor=ADA),
        lambda tenant: asset_remove(tenant=tenant, kind=AssetKind.LOGO, version=7, actor=ADA),
    ],
)
def test_a_stale_draft_is_refused(tenant: TenantRef, change: Callable[..., Any], act: Callable[..., Any]) -> None:
    change(tenant, name="Newer")
    before = rows()
    with pytest.raises(BrandChanged):
        act(tenant)
    assert rows() == before
    assert len(trail(tenant)) == 1


def test_a_value_that_is_not_valid_changes_nothing(tenant: TenantRef, change: Callable[..., Any]) -> None:
    change(tenant, name="Good")
    before = rows()
    with pytest.raises(BrandRefused) as refused:
        change(tenant, brand="red", radius=17, nonsense=1, name="Better")
    assert {(each["field"], each["code"]) for each in refused.value.errors} == {
        ("brand", "invalid"),
        ("radius", "invalid"),
        ("nonsense", "unknown_field"),
    }
    assert rows() == before


def test_publishing_the_same_again_is_refused(tenant: TenantRef, publish: Callable[..., TenantRef]) -> None:
    found = publish(tenant, brand="#1d7a4f")
    before = rows()
    with pytest.raises(NothingToPublish):
        brand_publish(tenant=found, version=draft_of(found).version, actor=ADA)
    with pytest.raises(NothingToPublish):
        brand_roll_back(tenant=found, number=1, actor=ADA)
    with pytest.raises(NoSuchVersion):
        brand_roll_back(tenant=found, number=2, actor=ADA)
    assert rows() == before


@pytest.mark.parametrize("state", [TenantState.READ_ONLY, TenantState.SUSPENDED, TenantState.DELETING])
def test_an_organisation_that_is_held_keeps_its_brand(
    tenant: TenantRef, change: Callable[..., Any], picture: Callable[..., bytes], state: TenantState
) -> None:
    draft = change(tenant, name="Before")
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(state=state)
    before = rows()
    for act in (
        lambda: draft_change(tenant=tenant, changes={"name": "After"}, version=draft.version, actor=ADA),
        lambda: brand_publish(tenant=tenant, version=draft.version, actor=ADA),
        lambda: brand_roll_back(tenant=tenant, number=1, actor=ADA),
        lambda: draft_discard(tenant=tenant, version=draft.version, actor=ADA),
        lambda: asset_put(tenant=tenant, kind=AssetKind.LOGO, content=picture(), version=draft.version, actor=ADA),
    ):
        with pytest.raises(BrandHeld):
            act()
    assert rows() == before
    assert stored(tenant) == 0


def test_inside_of_one_organisation_nobody_changes_another(
    tenant: TenantRef, other_tenant: TenantRef, change: Callable[..., Any]
) -> None:
    change(other_tenant, name="Theirs")
    before = rows()
    with tenant_context(tenant):
        for act in (
            lambda: draft_change(tenant=other_tenant, changes={"name": "Mine"}, version=1, actor=ADA),
            lambda: brand_publish(tenant=other_tenant, version=1, actor=ADA),
            lambda: brand_roll_back(tenant=other_tenant, number=1, actor=ADA),
            lambda: draft_discard(tenant=other_tenant, version=1, actor=ADA),
            lambda: asset_remove(tenant=other_tenant, kind=AssetKind.LOGO, version=1, actor=ADA),
        ):
            with pytest.raises(CrossedContext):
                act()
    assert rows() == before


def test_a_change_inside_of_a_transaction_of_the_organisation_is_refused(tenant: TenantRef) -> None:
    before = rows()
    with tenant_context(tenant), atomic(), pytest.raises(ContextSwitchInTransaction):
        draft_change(tenant=tenant, changes={"name": "X"}, version=0, actor=ADA)
    assert rows() == before


def test_the_application_cannot_rewrite_a_version(tenant: TenantRef, publish: Callable[..., TenantRef]) -> None:
    publish(tenant, brand="#1d7a4f")
    with platform_context():
        with pytest.raises(DatabaseError, match="permission denied"), atomic():
            BrandVersion.objects.update(published_by="Somebody else")
        assert BrandVersion.objects.get().published_by == "Ada"


def stored(tenant: TenantRef) -> int:
    """How many files of an organisation there are."""
    with tenant_context(tenant):
        from pathlib import Path

        root = Path(default_storage.location) / str(tenant.uuid)
        return len([path for path in root.rglob("*") if path.is_file()])


def test_a_picture_lies_in_the_organisations_folder_and_goes_when_nothing_shows_it(
    tenant: TenantRef, picture: Callable[..., bytes], publish: Callable[..., TenantRef], now_of: Look
) -> None:
    draft = asset_put(tenant=tenant, kind=AssetKind.LOGO, content=picture(), version=0, actor=ADA)
    first = draft.assets["logo"]
    assert first["key"].startswith(f"{tenant.uuid}/branding/")
    assert stored(tenant) == 1

    draft = asset_put(
        tenant=tenant, kind=AssetKind.LOGO, content=picture(colour="#ff0000"), version=draft.version, actor=ADA
    )
    assert draft.assets["logo"]["id"] != first["id"]
    assert stored(tenant) == 1

    found = publish(tenant, name="Shown")
    draft = asset_remove(tenant=found, kind=AssetKind.LOGO, version=draft_of(found).version, actor=ADA)
    assert draft.assets == {}
    assert published_of(now_of(tenant)).asset(AssetKind.LOGO) is not None
    assert stored(tenant) == 1


def test_a_picture_that_meets_a_stale_draft_leaves_no_file(
    tenant: TenantRef, picture: Callable[..., bytes], change: Callable[..., Any]
) -> None:
    change(tenant, name="Newer")
    with pytest.raises(BrandChanged):
        asset_put(tenant=tenant, kind=AssetKind.LOGO, content=picture(), version=0, actor=ADA)
    assert stored(tenant) == 0


def test_what_is_stored_before_a_setting_existed_has_its_default(
    tenant: TenantRef, publish: Callable[..., TenantRef]
) -> None:
    found = publish(tenant, brand="#1d7a4f")
    values = {name: value for name, value in found.options["brand"]["values"].items() if name != "sidebar"}
    older = replace(found, options={"brand": {**found.options["brand"], "values": {**values, "gone": 1}}})
    assert published_of(older).values.sidebar == "plain"


def test_what_a_brand_does_not_have_is_missing(
    tenant: TenantRef, publish: Callable[..., TenantRef], picture: Callable[..., bytes], now_of: Look
) -> None:
    found = publish(tenant, terms_url="https://north.example/terms")
    with tenant_context(found):
        for kind in ("privacy", "terms"):
            with pytest.raises(NotFound):
                legal_text(found, kind)
        brand = {**found.options["brand"], "legal": ["privacy"]}
        with pytest.raises(NotFound):
            legal_text(replace(found, options={**found.options, "brand": brand}), "privacy")
        with pytest.raises(NoSuchVersion):
            version_get(found, 99)
        for kind in (AssetKind.LOGO, AssetKind.SQUARE):
            draft = asset_put(
                tenant=now_of(tenant), kind=kind, content=picture(), version=draft_of(tenant).version, actor=ADA
            )
        square = draft.assets["square"]
        assert str(BrandAsset(kind=AssetKind.SQUARE)) == AssetKind.SQUARE.label
        assert asset_in(draft.assets, UUID(square["id"])) == square
        assert asset_content(square)
        default_storage.delete(square["key"])
        with pytest.raises(NotFound):
            asset_content(square)
