"""`/mailbox/`: what this host has sent, for development and the demo, where nothing really leaves."""

from uuid import UUID

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from core.mailbox import kept_get, kept_list
from core.web.htmx import render_page
from core.web.letter_frames import FRAMING, letter_frame


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The newest messages."""
    return render_page(request, "mailbox/index.html", {"kept": kept_list()}, fragment="messages")


@require_safe
@csp_update(FRAMING)  # type: ignore[arg-type]
def detail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message, as HTML and as text."""
    return render_page(request, "mailbox/detail.html", {"message": kept_get(message_id)})


@require_safe
def frame(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Its HTML alone."""
    return letter_frame(kept_get(message_id).html)


urlpatterns = [
    path("", index, name="mailbox"),
    path("<uuid:message_id>/", detail, name="mailbox-message"),
    path("<uuid:message_id>/html/", frame, name="mailbox-html"),
]
