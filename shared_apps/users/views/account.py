from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from core.tenancy import atomic
from shared_apps.users.services import registration_is_open

View = Callable[..., HttpResponse]


def account_page(view: View) -> View:
    """A page of allauth as a page of ours: one transaction, and a status that says what happened.

    allauth answers 200 to a form that it refuses and to a link that is dead; here they are 422 and 410.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with atomic():
            response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            # allauth's own idea of the site is the Host header; ours comes from the registry.
            response.context_data.pop("site", None)
            response.context_data["may_register"] = registration_is_open()
            response.status_code = _status(request, response.context_data, response.status_code)
        return response

    return page


class LeavesByPost(views.LogoutFunctionalityMixin):
    """Only a button signs out whoever else is signed in: a link that somebody was led to changes nothing."""

    def logout(self) -> None:
        """Sign out, if this request may change anything."""
        if self.request.method == "POST":
            super().logout()


class ConfirmEmail(LeavesByPost, views.ConfirmEmailView):
    """The page that a confirmation link opens."""


class ResetPassword(LeavesByPost, views.PasswordResetFromKeyView):
    """The page that a password link opens."""


def _status(request: HttpRequest, context: dict[str, Any], status: int) -> int:
    if context.get("token_fail") or ("confirmation" in context and not context["confirmation"]):
        return 410
    refused = any(isinstance(value, BaseForm) and value.is_bound and value.errors for value in context.values())
    return 422 if refused and request.method == "POST" else status
