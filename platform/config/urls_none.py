from django.urls import URLPattern

# TenantMiddleware chooses the platform's or the tenant's routes; a request that it did not route finds nothing.
urlpatterns: list[URLPattern] = []
handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.permission_denied"
handler404 = "core.web.errors.not_found"
# allauth looks here for the answer of its rate limits.
handler429 = "core.web.errors.too_many_requests"
handler500 = "core.web.errors.server_error"
