from allauth.account.utils import perform_login
from allauth.decorators import rate_limit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.errors import LiveryError
from core.web import client_address
from core.web.htmx import redirect_after_post, render_invalid, render_page
from shared_apps.users.errors import InvitationUnusable, PasswordRefused
from shared_apps.users.forms.people import AcceptForm, RegisterForm
from shared_apps.users.selectors import invitation_with
from shared_apps.users.services import invitation_accept, registration_begin, registration_is_open


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")
@sensitive_post_parameters("password")
def register(request: HttpRequest) -> HttpResponse:
    """Become a member, where the organisation lets anybody in; the answer does not tell who is known here."""
    if request.user.is_authenticated:
        return redirect("/")
    if not registration_is_open():
        return render_page(request, "account/signup_closed.html", status=403)
    form = RegisterForm(request.POST or None)
    if request.method != "POST":
        return render_page(request, "account/signup.html", {"form": form})
    if form.is_valid():
        try:
            registration_begin(**form.cleaned_data, address=client_address(request))
        except PasswordRefused as error:
            form.add_error("password", str(error))
        else:
            return redirect_after_post(request, "account_email_verification_sent")
    return render_invalid(request, "account/signup.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")
@sensitive_post_parameters("password")
def invitation_accept_page(request: HttpRequest) -> HttpResponse:
    """The page that an invitation's link opens: name and password, and the person is in."""
    token = request.GET.get("token", "")
    invitation = invitation_with(token)
    if invitation is None:
        return render_page(request, "users/invitation_dead.html", {"why": InvitationUnusable.message}, status=410)
    form = AcceptForm(request.POST or None)
    context = {"form": form, "invitation": invitation}
    if request.method != "POST":
        return render_page(request, "users/invitation_accept.html", context)
    if form.is_valid():
        try:
            user = invitation_accept(token=token, **form.cleaned_data, address=client_address(request))
        except PasswordRefused as error:
            form.add_error("password", str(error))
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            return perform_login(request, user, email=user.email)
    return render_invalid(request, "users/invitation_accept.html", context)
