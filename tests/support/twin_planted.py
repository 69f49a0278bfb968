"""Views with one fault each, among the tenants' real routes: what the twin test is there to find."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls_tenant import urlpatterns as real
from core.actor import SYSTEM
from core.tenancy import TenantRef, current_tenant, directory, tenant_context
from shared_apps.trail.services import trail_record
from shared_apps.users.models import Role, User
from tests.support.twin_world import FOREIGN
from tests.support.twins import SLUGS


def shows_other(request: HttpRequest) -> HttpResponse:
    """Reads another tenant's rows in a context of its own making."""
    with tenant_context(_other()):
        return HttpResponse(", ".join(User.objects.values_list("name", flat=True)))


def asks_nobody(request: HttpRequest, user_id: Any) -> HttpResponse:
    """Shows an object to whoever knows its id."""
    return HttpResponse(User.objects.get(pk=user_id).name if User.objects.filter(pk=user_id).exists() else "")


def tells_foreign(request: HttpRequest, user_id: Any) -> HttpResponse:
    """Answers otherwise to an id that somebody else has than to one that nobody has."""
    return HttpResponse("Not yours." if user_id == FOREIGN.uuid else "No such person.", status=404)


def tells_hidden(request: HttpRequest, user_id: Any) -> HttpResponse:
    """Answers otherwise to an object that one may not see than to one that never was."""
    known = User.objects.filter(pk=user_id).exists()
    return HttpResponse("Not for you." if known else "No such person.", status=404)


def writes_by_get(request: HttpRequest) -> HttpResponse:
    """Changes something when it is looked at."""
    _write()
    return HttpResponse("Seen.")


@csrf_exempt
def writes_unasked(request: HttpRequest) -> HttpResponse:
    """Takes a write of a signed-in person from any page of the world."""
    if request.method != "POST" or not request.user.is_authenticated:
        raise Http404
    _write()
    return HttpResponse("Done.")


def writes_elsewhere(request: HttpRequest) -> HttpResponse:
    """Changes another tenant's rows."""
    if request.method == "POST":
        with tenant_context(_other()):
            Role.objects.create(code="planted", name="Planted")
    return HttpResponse("Done.")


def breaks(request: HttpRequest) -> HttpResponse:
    """Raises what nobody named."""
    raise ValueError("planted")


def may_be_kept(request: HttpRequest) -> HttpResponse:
    """Lets every cache on the way keep who is signed in."""
    return HttpResponse(f"Hello {request.user}", headers={"Cache-Control": "public, max-age=60"})


def wide_cookie(request: HttpRequest) -> HttpResponse:
    """Sets a cookie that goes to all tenants."""
    response = HttpResponse("Sweet.")
    response.set_cookie("planted", "1", domain=".localhost")
    return response


def unprotected(request: HttpRequest) -> HttpResponse:
    """Sends no Content-Security-Policy."""
    response = HttpResponse("Open.")
    response._csp_exempt = True  # type: ignore[attr-defined]
    return response


def believes_headers(request: HttpRequest) -> HttpResponse:
    """Builds a link from a header that anybody can send."""
    return HttpResponse(f"https://{request.headers.get('X-Forwarded-Host', request.get_host())}/")


def _other() -> TenantRef:
    slug = next(slug for slug in SLUGS if slug != current_tenant().slug)
    return next(ref for ref in directory().refs() if ref.slug == slug)


def _write() -> None:
    trail_record(actor=SYSTEM, action="planted", obj=User.objects.order_by("id")[0])


urlpatterns = [
    path("planted/shows-other/", shows_other, name="shows_other"),
    path("planted/asks-nobody/<uuid:user_id>/", asks_nobody, name="asks_nobody"),
    path("planted/tells-foreign/<uuid:user_id>/", tells_foreign, name="tells_foreign"),
    path("planted/tells-hidden/<uuid:user_id>/", tells_hidden, name="tells_hidden"),
    path("planted/writes-by-get/", writes_by_get, name="writes_by_get"),
    path("planted/writes-unasked/", writes_unasked, name="writes_unasked"),
    path("planted/writes-elsewhere/", writes_elsewhere, name="writes_elsewhere"),
    path("planted/breaks/", breaks, name="breaks"),
    path("planted/may-be-kept/", may_be_kept, name="may_be_kept"),
    path("planted/wide-cookie/", wide_cookie, name="wide_cookie"),
    path("planted/unprotected/", unprotected, name="unprotected"),
    path("planted/believes-headers/", believes_headers, name="believes_headers"),
    path("planted/<slug:colour>/", breaks, name="unfillable"),
    *real,
]
handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.permission_denied"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
