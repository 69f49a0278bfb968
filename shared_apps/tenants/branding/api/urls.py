from core.api.routes import Registration
from shared_apps.tenants.branding.api.views import (
    BrandView,
    DiscardView,
    HistoryView,
    PictureRemovalView,
    PictureView,
    PublishView,
    RollBackView,
)

REGISTRATIONS = (
    Registration("brand", BrandView, "brand-api"),
    Registration("brand/publish", PublishView, "brand-api-publish"),
    Registration("brand/rollback", RollBackView, "brand-api-rollback"),
    Registration("brand/discard", DiscardView, "brand-api-discard"),
    Registration("brand/history", HistoryView, "brand-api-history"),
    Registration("brand/assets", PictureView, "brand-api-assets"),
    Registration("brand/assets/remove", PictureRemovalView, "brand-api-assets-remove"),
)
