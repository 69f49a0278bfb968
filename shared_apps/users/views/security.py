from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.permissions import check, require
from core.web.views import Column, FormView, ListView, RoomView, Section
from core.web.views.base import Crumb, Offer
from shared_apps.users.actors import person_of
from shared_apps.users.choices import SignInReason
from shared_apps.users.filters import OwnSignInFilter, SignInFilter
from shared_apps.users.forms.security import PolicyForm
from shared_apps.users.models import SignIn, SignInPolicy
from shared_apps.users.selectors import own_sign_ins, people_without_second_factor, sign_in_list
from shared_apps.users.services import sign_in_policy_change
from shared_apps.users.sign_in_policy import sign_in_policy

_METHODS = {
    "password": gettext_lazy("Password"),
    "totp": gettext_lazy("app"),
    "recovery_codes": gettext_lazy("recovery code"),
    "webauthn": gettext_lazy("passkey"),
    "mfa": gettext_lazy("second factor"),
    "token": gettext_lazy("Program"),
    "link": gettext_lazy("Link"),
}


def method_label(row: SignIn) -> str:
    """How somebody signed in, or why they were refused."""
    if not row.succeeded:
        return str(SignInReason(row.reason).label)
    words = " + ".join(str(_METHODS.get(step, step)) for step in row.method.split("+"))
    return words[:1].upper() + words[1:]


class Security(FormView):
    """What is demanded of everybody who signs in. Whoever may only see it gets no button."""

    action = "security.view"
    title = gettext_lazy("Security")
    template_name = "users/security.html"
    form_class = PolicyForm
    success_message = gettext_lazy("The policy is saved; it counts from everybody's next click.")
    sections = (
        Section(
            gettext_lazy("Two-factor sign-in"),
            (("two_factor", 6), ("grace_until", 6)),
            gettext_lazy("Whoever needs it and has none is led to setting it up, and can do nothing else before."),
        ),
        Section(
            gettext_lazy("Length of a sign-in"),
            (("session_hours", 6),),
            gettext_lazy(
                "Then everybody signs in again, browsers and programs alike. API keys have an end of their own."
            ),
        ),
    )

    def initial(self) -> dict[str, Any]:
        policy = sign_in_policy()
        return {
            "two_factor": policy.two_factor,
            "grace_until": policy.grace_until,
            "session_hours": policy.session_hours,
        }

    def offers(self) -> list[Offer]:
        return [
            self.offer(_("Sign-ins"), reverse("users:sign_in_list"), action="sign_ins.view", icon="history"),
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Change the policy; raises PermissionRefused for whoever may only see it."""
        require("security.edit", self.actor)
        return super().post(request, *args, **kwargs)

    def perform(self, data: dict[str, Any]) -> SignInPolicy:
        return sign_in_policy_change(actor=self.actor, **data)

    def success_url(self, result: SignInPolicy) -> str:
        return reverse("users:security")

    def more(self) -> dict[str, Any]:
        return {
            "may_edit": check("security.edit", self.actor),
            "without": people_without_second_factor(),
            "people_url": f"{reverse('users:person_list')}?second_factor=off&state=active",
        }


class SignInList(ListView):
    """Who signed in, and who was refused, for the last half year."""

    action = "sign_ins.view"
    title = gettext_lazy("Sign-ins")
    template_name = "settings/list.html"
    columns = (
        Column("email", gettext_lazy("Person"), kind="person", link=True, note=lambda row: row.user and row.user.name),
        Column("at", gettext_lazy("Time"), kind="datetime", place="amt"),
        Column("method", gettext_lazy("How"), value=method_label, place="num"),
        Column("address", gettext_lazy("Address"), kind="code", place="hide"),
        Column("user_agent", gettext_lazy("Device"), place="hide", value=lambda row: row.user_agent[:60]),
        Column(
            "succeeded",
            gettext_lazy("Result"),
            kind="badge",
            badges={True: (gettext_lazy("Signed in"), "ok"), False: (gettext_lazy("Refused"), "bad")},
        ),
    )
    search = ("email", "address", "user_agent")
    filter_class = SignInFilter
    ordering = ("-id",)
    export_action = "sign_ins.view"
    empty_icon = "history"
    empty_title = gettext_lazy("Nobody has signed in yet")

    def rows(self) -> QuerySet[SignIn]:
        return sign_in_list(self.actor)

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Security"), reverse("users:security"))]


class OwnSignIns(ListView):
    """Where and how you signed in, and who tried to in your name."""

    title = gettext_lazy("Your sign-ins")
    template_name = "users/own_sign_ins.html"
    # Everybody's own: it needs no role, only somebody who is signed in.
    action = ""
    columns = (
        Column("method", gettext_lazy("How"), value=method_label, link=True),
        Column("at", gettext_lazy("Time"), kind="datetime", place="amt"),
        *SignInList.columns[3:],
    )
    filter_class = OwnSignInFilter
    ordering = ("-id",)
    empty_icon = "history"
    empty_title = gettext_lazy("Nothing yet")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.actor.kind == "anonymous":
            return redirect_to_login(request.get_full_path())
        return super(RoomView, self).dispatch(request, *args, **kwargs)

    def rows(self) -> QuerySet[SignIn]:
        return own_sign_ins(person_of(self.request))

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Your account"), reverse("users:account"))]
