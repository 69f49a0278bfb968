"""What answers on a tenant's host."""

from django.urls import include, path

from core.api.routes import api_urlpatterns
from core.web import crawlers, errors, files, home, settings_area
from shared_apps.organisation.api.urls import REGISTRATIONS as ORGANISATION
from shared_apps.tenants.branding.api.urls import REGISTRATIONS as BRAND_API
from shared_apps.tenants.branding.urls import PUBLIC as BRAND_PUBLIC
from shared_apps.tenants.branding.urls import SETTINGS as BRAND
from shared_apps.tenants.branding.views.home import for_visitors
from shared_apps.trail.api.urls import REGISTRATIONS as TRAIL
from shared_apps.users.api.urls import TENANT as USERS
from tenant_apps.events.api.urls import REGISTRATIONS as EVENTS
from tenant_apps.jobs.api.urls import REGISTRATIONS as JOBS
from tenant_apps.notifications.api.urls import REGISTRATIONS as NOTIFICATIONS

urlpatterns = [
    path("", for_visitors(home.page), name="home"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("account/", include("shared_apps.users.account_urls")),
    path("people/", include("shared_apps.users.urls")),
    path("trail/", include("shared_apps.trail.urls")),
    path("settings/", settings_area.page, name="settings"),
    path("settings/organisation/", include("shared_apps.organisation.urls")),
    path("events/", include("tenant_apps.events.urls")),
    path("jobs/", include("tenant_apps.jobs.urls")),
    path("notifications/", include("tenant_apps.notifications.urls")),
    path("first-steps/", include("tenant_apps.onboarding.urls")),
    path("", include("core.web.urls")),
    path("files/<str:token>/", files.serve, name="file"),
    path("settings/brand/", include(BRAND)),
    *BRAND_PUBLIC,
    *api_urlpatterns("api/v1", [*ORGANISATION, *BRAND_API, *USERS, *TRAIL, *EVENTS, *JOBS, *NOTIFICATIONS]),
]
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
handler429 = errors.too_many_requests
