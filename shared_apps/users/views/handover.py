from allauth.account.utils import perform_login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from core.errors import PermissionRefused
from core.tenancy import atomic
from core.web.htmx import render_page
from shared_apps.users.errors import HandOverRefused
from shared_apps.users.links import platform_origin
from shared_apps.users.services import handover_claim


# Posted by a page of the platform's host. The browser names that page's origin, which nobody else can make it do; so
# nobody is signed in with a token that is not their own browser's.
@csrf_exempt
@require_POST
@sensitive_post_parameters("token")
def arrive(request: HttpRequest) -> HttpResponse:
    """The first sign-in after sign-up, without asking for the password a second time."""
    if request.headers.get("Origin") != platform_origin():
        raise PermissionRefused(HandOverRefused.message)
    try:
        with atomic():
            user = handover_claim(token=request.POST.get("token", ""))
            return perform_login(request, user, email=user.email, redirect_url=settings.LOGIN_REDIRECT_URL)
    except HandOverRefused as error:
        return render_page(request, "users/arrival_refused.html", {"why": error}, status=error.status)
