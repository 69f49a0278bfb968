"""What the console asks of one organisation, at its edges."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context, tenant_context
from shared_apps.tenants.branding.errors import BrandHeld
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import draft_of
from shared_apps.tenants.branding.services import asset_put, brand_publish
from shared_apps.tenants.effects import tenant_effects
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.overview import square_logo
from shared_apps.tenants.services.region import tenant_region_change
from shared_apps.trail.models import TrailEntry
from tests.support.storage import stored_in


def test_a_half_made_organisation_has_nothing_that_could_be_lost(tenant):
    found = tenant_effects(replace(tenant, schema=""))
    assert (found.table_count, found.size_bytes, found.file_count, found.file_bytes) == (0, 0, 0, 0)
    assert tenant_effects(tenant).table_count > 20


def test_the_small_logo_is_that_of_the_published_brand(tenant, tmp_path):
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), "#123456").save(stream, "PNG")
    with stored_in(tmp_path):
        draft = asset_put(tenant=tenant, kind=AssetKind.SQUARE, content=stream.getvalue(), version=0, actor=SYSTEM)
        brand_publish(tenant=tenant, version=draft.version, actor=SYSTEM)
        directory().forget()
        found = directory().by_uuid(tenant.uuid)
        with tenant_context(found):
            assert Image.open(io.BytesIO(square_logo(found))).size == (64, 64)
    assert draft_of(found).version == draft.version


def test_the_region_of_a_suspended_organisation_stays(tenant):
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(state=TenantState.SUSPENDED)
    with pytest.raises(BrandHeld):
        tenant_region_change(tenant=tenant, changes={"time_zone": "Europe/Berlin"}, actor=SYSTEM)
    with platform_context():
        assert "time_zone" not in Tenant.objects.get(pk=tenant.uuid).options
    with tenant_context(tenant):
        assert not TrailEntry.objects.exists()
