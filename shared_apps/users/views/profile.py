from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.web import actor_of
from core.web.htmx import redirect_after_post, render_invalid, render_page
from shared_apps.users.actors import person_of
from shared_apps.users.forms.people import ProfileForm
from shared_apps.users.selectors import devices_of, has_second_factor, second_factor_due
from shared_apps.users.services import device_sign_out, sign_out_everywhere, user_profile_change


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Your name and language, and the ways to your password, second factor and sessions."""
    user = person_of(request)
    initial = {"name": user.name, "language": user.language, "time_zone": user.time_zone}
    form = ProfileForm(request.POST or None, initial=initial)
    context = {"form": form, "second_factor": has_second_factor(user), "second_factor_due": second_factor_due(user)}
    if request.method != "POST":
        return render_page(request, "users/account.html", context)
    if not form.is_valid():
        return render_invalid(request, "users/account.html", context)
    user_profile_change(user=user, actor=actor_of(request), **form.cleaned_data)
    messages.success(request, _("Your account was changed."))
    return redirect_after_post(request, "users:account")


@require_GET
@login_required
def session_list(request: HttpRequest) -> HttpResponse:
    """Where you are signed in."""
    devices = devices_of(person_of(request), session_key=request.session.session_key)
    return render_page(request, "users/session_list.html", {"devices": devices})


@require_POST
@login_required
def session_end(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Sign out at one of these places."""
    device_sign_out(user=person_of(request), device_id=device_id, actor=actor_of(request))
    messages.success(request, _("You are signed out there."))
    return redirect_after_post(request, "users:session_list")


@require_POST
@login_required
def everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    sign_out_everywhere(user=person_of(request), actor=actor_of(request))
    return redirect_after_post(request, "account_login")
