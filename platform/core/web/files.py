"""Private files reach a browser by a link that works for five minutes, for one person in one tenant."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.actor import Actor
from core.errors import NotFound
from core.tenancy import require_scope, scope_key
from core.web.requests import actor_of

LIFETIME = timedelta(minutes=5)


def file_link(*, key: str, name: str, actor: Actor) -> str:
    """A link to a stored file under the name that the person knows it by; ask the permission before making one."""
    # A task or a command makes links too, and there no request chose the routes.
    routes = settings.PLATFORM_URLCONF if require_scope().is_platform else settings.TENANT_URLCONF
    return reverse("file", urlconf=routes, args=[signing.dumps([key, name, actor.id], salt=_salt())])


@require_safe
def serve(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the file as a download that no browser runs.

    Raises NotFound for a link that is old, altered or another's, and to everybody who is not signed in.
    """
    actor = actor_of(request)
    try:
        key, name, actor_id = signing.loads(token, salt=_salt(), max_age=LIFETIME)
    except signing.BadSignature as error:
        raise NotFound from error
    if actor.user is None or actor.id != actor_id or not default_storage.exists(key):
        raise NotFound
    response = FileResponse(
        default_storage.open(key), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _salt() -> str:
    # Not the salt of the storage's own links, which name no person.
    return f"livery.person_file:{scope_key()}"
