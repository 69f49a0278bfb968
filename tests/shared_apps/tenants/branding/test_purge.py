from collections.abc import Callable

from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context
from shared_apps.tenants.branding.models import AssetKind, BrandAsset, BrandDraft, BrandVersion
from shared_apps.tenants.branding.services import asset_put, brand_publish
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.services import tenant_archive, tenant_delete, tenant_provision, tenant_purge, tenant_request
from tests.shared_apps.tenants.branding.conftest import ADA
from tests.support.twins import Twins


def test_a_purged_organisation_leaves_nothing_of_its_brand(committed: Twins, picture: Callable[..., bytes]) -> None:
    with platform_context():
        made = tenant_request(slug="kiln", name="Kiln", owner=None, actor=SYSTEM)
        tenant_provision(tenant=made)
    ref = directory().by_uuid(made.pk)
    draft = asset_put(tenant=ref, kind=AssetKind.LOGO, content=picture(), version=0, actor=ADA)
    brand_publish(tenant=ref, version=draft.version, actor=ADA)

    with platform_context():
        row = Tenant.objects.get(pk=ref.uuid)
        row = tenant_delete(tenant=tenant_archive(tenant=row, actor=SYSTEM), actor=SYSTEM)
        assert tenant_purge(tenant=row).state == TenantState.PURGED
        for model in (BrandDraft, BrandVersion, BrandAsset):
            assert not model.objects.filter(tenant_id=ref.uuid).exists()
