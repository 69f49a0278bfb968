"""No route: TenantMiddleware chooses the platform's or the tenant's routes, so a request that it missed finds nothing."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.permission_denied"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
