import hashlib
from collections.abc import Callable
from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

from core.api.idempotency import IdempotencyKey, KeyReused, answer_once
from core.errors import Conflict
from core.ids import uuid7
from core.tenancy import require_scope
from core.web.requests import actor_of

FIELD = "submission"
_LONGEST = 64


class AlreadySent(Conflict):
    """The same page of a form was sent before with other content."""

    code = "already_sent"
    title = "This form was sent before"
    message = "It was saved as you first sent it. Open the form again to send something else."


def new_submission() -> str:
    """The value of a form's hidden field: what tells a second click from a second form."""
    return str(uuid7())


def once(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do the work of a posted form once; the same form sent again gets the first answer, and nothing happens twice.

    An answer of 400 and above undoes the work, so a corrected form may be sent. A form without the field is done each
    time. Raises AlreadySent, KeyRunning.
    """
    sent = request.POST.get(FIELD, "")
    if not sent or len(sent) > _LONGEST or not sent.isascii():
        return work()
    tenant, actor = require_scope().tenant, actor_of(request)
    key = IdempotencyKey(
        tenant=str(tenant.uuid) if tenant else "platform",
        actor=f"{actor.kind}:{actor.id or actor.address}",
        route=f"FORM {cast(ResolverMatch, request.resolver_match).route}",
        key=sent,
    )
    try:
        return answer_once(key, fingerprint=_fingerprint(request), work=work)
    except KeyReused as error:
        raise AlreadySent from error


def _fingerprint(request: HttpRequest) -> str:
    """What was typed and where. The CSRF token is masked anew with each page, and files are told by name and size."""
    typed = [(name, request.POST.getlist(name)) for name in sorted(request.POST) if name != "csrfmiddlewaretoken"]
    files = [
        (name, file.name, file.size)
        for name in sorted(request.FILES)
        for file in cast(list[UploadedFile], request.FILES.getlist(name))
    ]
    return hashlib.sha256(repr((request.get_full_path(), typed, files)).encode()).hexdigest()
