"""`PUBLIC` answers on every host, `SETTINGS` on organisations' hosts."""

from django.urls import path

from shared_apps.tenants.branding.addresses import CARD_PATH, ICON_PATHS, MASKABLE_PATH
from shared_apps.tenants.branding.drawing import MASKABLE_SIZE
from shared_apps.tenants.branding.values import LEGAL
from shared_apps.tenants.branding.views import public, settings

PUBLIC = [
    path("theme.css", public.theme_css, name="brand-theme"),
    path("manifest.webmanifest", public.manifest, name="brand-manifest"),
    path("favicon.ico", public.favicon, name="brand-favicon"),
    path(CARD_PATH, public.card, name="brand-card"),
    *[path(ICON_PATHS[size], public.icon(size), name=f"brand-icon-{size}") for size in ICON_PATHS],
    path(MASKABLE_PATH, public.icon(MASKABLE_SIZE, maskable=True), name="brand-icon-maskable"),
    path("brand/assets/<uuid:asset_id>/", public.asset, name="brand-asset"),
    *[path(f"legal/{kind}/", public.legal(kind), name=f"brand-{kind}") for kind in LEGAL],
]
SETTINGS = (
    [
        path("", settings.edit, name="edit"),
        path("try/", settings.try_out, name="try_out"),
        path("pictures/", settings.picture_put, name="picture_put"),
        path("pictures/remove/", settings.picture_remove, name="picture_remove"),
        path("pictures/<uuid:asset_id>/", settings.draft_picture, name="draft_picture"),
        path("publish/", settings.publish, name="publish"),
        path("discard/", settings.discard, name="discard"),
        path("history/", settings.history, name="history"),
        path("roll-back/", settings.roll_back, name="roll_back"),
        path("theme.css", settings.draft_css, name="draft_css"),
        *[path(f"preview/{kind}/", settings.sample(kind), name=f"preview_{kind}") for kind in settings.SAMPLES],
    ],
    "brand",
)
