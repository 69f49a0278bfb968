"""From the code in the mail to the organisation's own host. A browser goes on with the sign-up of its session alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import LiveryError
from core.web import client_address
from core.web.htmx import redirect_after_post, render_invalid, render_page
from shared_apps.signup.choices import SignUpState
from shared_apps.signup.forms import CodeForm, NameForm, show_refusal
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import sign_up_state, subdomain_url
from shared_apps.signup.services import (
    code_resend,
    hand_over_token,
    sign_up_confirm,
    sign_up_rename,
    sign_up_retry,
)
from shared_apps.signup.views.browser import own_sign_up
from shared_apps.tenants.errors import NameRefused

Step = Callable[[HttpRequest, SignUp], HttpResponse]
_PAGES = {
    SignUpState.CONFIRMING: "signup:confirm",
    SignUpState.NAMING: "signup:rename",
    SignUpState.PROVISIONING: "signup:progress",
    SignUpState.FAILED: "signup:progress",
    SignUpState.READY: "signup:open",
    SignUpState.CLOSED: "signup:begin",
}
# Seconds between two questions: quick at first, as a warm schema is there at once, then patient.
_WAITS = (1, 1, 2, 3, 5, 8)


def _at(*states: SignUpState) -> Callable[[Step], Callable[[HttpRequest], HttpResponse]]:
    """A page of somebody who is this far; everybody else is led to where they are."""

    def decorate(step: Step) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(step)
        def page(request: HttpRequest) -> HttpResponse:
            sign_up = own_sign_up(request)
            state = sign_up_state(sign_up) if sign_up else SignUpState.CLOSED
            if sign_up is None or state not in states:
                return redirect_after_post(request, _PAGES[state])
            return step(request, sign_up)

        return page

    return decorate


@require_http_methods(["GET", "HEAD", "POST"])
@_at(SignUpState.CONFIRMING)
def confirm(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """The six digits from the mail."""
    form = CodeForm(request.POST or None)
    context = {"form": form, "sign_up": sign_up}
    if request.method != "POST":
        return render_page(request, "signup/confirm.html", context)
    if form.is_valid():
        try:
            sign_up_confirm(sign_up=sign_up, code=form.cleaned_data["code"], address=client_address(request))
        except NameRefused:
            return redirect_after_post(request, "signup:rename")
        except LiveryError as error:
            form.add_error("code", str(error))
        else:
            return redirect_after_post(request, "signup:progress")
    return render_invalid(request, "signup/confirm.html", context)


@require_POST
@_at(SignUpState.CONFIRMING)
def resend(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """Another code by mail."""
    try:
        code_resend(sign_up=sign_up, address=client_address(request))
    except LiveryError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("A new code is on its way. The one before it no longer works."))
    return redirect_after_post(request, "signup:confirm")


@require_http_methods(["GET", "HEAD", "POST"])
@_at(SignUpState.NAMING)
def rename(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """Another subdomain, where somebody else was faster; everything else is kept."""
    form = NameForm(request.POST or None, initial={"slug": sign_up.slug})
    context: dict[str, Any] = {"form": form, "sign_up": sign_up, "base_domain": settings.TENANT_BASE_DOMAIN}
    if request.method != "POST":
        return render_page(request, "signup/rename.html", context)
    if form.is_valid():
        try:
            sign_up_rename(sign_up=sign_up, slug=form.cleaned_data["slug"], address=client_address(request))
        except LiveryError as error:
            show_refusal(form, error)
        else:
            return redirect_after_post(request, "signup:progress")
    return render_invalid(request, "signup/rename.html", context)


@require_safe
@_at(SignUpState.PROVISIONING, SignUpState.FAILED)
def progress(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """How far the organisation is; the page asks again by itself, and leads on when it is ready."""
    asked = request.GET.get("asked", "")
    times = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
    context = {
        "sign_up": sign_up,
        "failed": sign_up_state(sign_up) == SignUpState.FAILED,
        "asked": times + 1,
        "wait": _WAITS[min(times, len(_WAITS) - 1)],
        "takes_long": times > len(_WAITS) + 4,
    }
    return render_page(request, "signup/progress.html", context, fragment="progress")


@require_POST
@_at(SignUpState.FAILED)
def retry(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """Try again what failed."""
    sign_up_retry(sign_up=sign_up, address=client_address(request))
    return redirect_after_post(request, "signup:progress")


@require_safe
@_at(SignUpState.READY)
def open_door(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """Lead the owner to the organisation's host; the form that signs them in sends itself."""
    site = subdomain_url(sign_up.slug)
    token = hand_over_token(sign_up=sign_up)
    if not token:
        return redirect(f"{site}/account/sign-in/")
    context = {"sign_up": sign_up, "action": f"{site}/account/arrive/", "token": token, "host": urlsplit(site).netloc}
    response = render_page(request, "signup/open.html", context)
    # The form leads to another host, which believes it only because the browser names this one.
    response._csp_update = {"form-action": [site]}  # type: ignore[attr-defined]
    response["Referrer-Policy"] = "strict-origin"
    return response
