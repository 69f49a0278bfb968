from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from django_htmx.middleware import HtmxDetails


class SeeOther(HttpResponseRedirectBase):
    """Redirect that is always followed by GET (RFC 9110, section 15.4.4)."""

    status_code = 303


def details(request: HttpRequest) -> HtmxDetails:
    """What htmx says about a request in its headers; false where it did not send it."""
    found: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return found


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page; a boosted link and a restored history entry need the whole."""
    htmx = details(request)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a page, or the fragment of it with this name when htmx asks for a part."""
    if fragment and wants_fragment(request):
        template = f"{template}#{fragment}"
    return render(request, template, context, status=status)


def render_invalid(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, fragment: str | None = None
) -> HttpResponse:
    """Answer a form that did not validate: 422 with the form, which the page's htmx settings swap in."""
    return render_page(request, template, context, fragment=fragment, status=422)


def redirect_after_post(request: HttpRequest, to: Any) -> HttpResponse:
    """Send the browser to a page after a write: htmx loads it as a page instead of swapping it into its target."""
    url = resolve_url(to)
    return HttpResponseClientRedirect(url) if details(request) else SeeOther(url)


class HtmxResponseMiddleware:
    """Say to htmx what a full page would say by itself: messages as toasts, and that the session is lost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not details(request):
            return response
        if response.status_code in (301, 302, 303) and _leads_to_sign_in(response):
            return _sign_in_again(request)
        if response.status_code < 300 and "HX-Redirect" not in response and "HX-Refresh" not in response:
            _messages_to_event(request, response)
        return response


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    back_to = details(request).current_url_abs_path or request.get_full_path()
    return HttpResponse(
        status=401, headers={"HX-Redirect": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back_to})}"}
    )


def _messages_to_event(request: HttpRequest, response: HttpResponse) -> None:
    storage = get_messages(request)
    if getattr(storage, "used", False):
        return
    toasts = [{"level": message.level_tag, "message": str(message)} for message in storage]
    if toasts:
        trigger_client_event(response, "toast", {"messages": toasts})
