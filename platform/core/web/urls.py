"""What every host answers besides its rooms: search, reports of browsers, and in development the style guide
and the mailbox.
"""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from core.web import csp, mailbox, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("search/", search.page, name="search"),
    path("csp-report/", csp.report, name="csp-report"),
]
if getattr(settings, "STYLEGUIDE", False):
    urlpatterns.append(path("styleguide/", include("core.web.styleguide.urls")))
if settings.MAILBOX_DIR is not None:
    urlpatterns.append(path("mailbox/", include(mailbox.urlpatterns)))
