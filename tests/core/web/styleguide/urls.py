"""A host with the style guide and the mailbox, as development has it."""

from django.urls import include, path

from core.web import csp, mailbox, search

urlpatterns = [
    path("styleguide/", include("core.web.styleguide.urls")),
    path("mailbox/", include(mailbox.urlpatterns)),
    path("search/", search.page, name="search"),
    path("csp-report/", csp.report, name="csp-report"),
]
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
