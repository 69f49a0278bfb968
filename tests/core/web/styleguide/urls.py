"""A host with the style guide, as development has it."""

from django.urls import include, path

from core.web import csp, search

urlpatterns = [
    path("styleguide/", include("core.web.styleguide.urls")),
    path("search/", search.page, name="search"),
    path("csp-report/", csp.report, name="csp-report"),
]
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
