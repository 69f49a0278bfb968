from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views import View

from core.actor import Actor
from core.errors import NotFound
from core.permissions import actions, check, require
from core.web.requests import actor_of


@dataclass(frozen=True, slots=True)
class Crumb:
    label: Any
    url: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be done from a page: a link where it is allowed, else the sentence that says who can."""

    label: Any
    url: str
    icon: str = ""
    primary: bool = False
    dialog: bool = False
    refused: str = ""


class RoomView(View):
    """A page of a room for signed-in people who may do `action`; it is asked before any object is looked up."""

    action: ClassVar[str]
    title: ClassVar[Any] = ""
    template_name: ClassVar[str]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return actor_of(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask who is there and what they may; raises PermissionRefused."""
        if self.actor.kind == "anonymous":
            return redirect_to_login(request.get_full_path())
        require(self.action, self.actor)
        response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def crumbs(self) -> list[Crumb]:
        """The pages above this one, without the start page."""
        return []

    def offers(self) -> list[Offer]:
        """What the head of the page offers to do."""
        return []

    def offer(
        self,
        label: Any,
        url: str,
        *,
        action: str,
        obj: Any = None,
        icon: str = "",
        primary: bool = False,
        dialog: bool = False,
    ) -> Offer:
        """An offer of a registered action, with who can where this actor cannot."""
        decision = check(action, self.actor, obj)
        refused = "" if decision else decision.reason or who_can(action)
        return Offer(label, url, icon, primary, dialog, refused)

    def page_context(self) -> dict[str, Any]:
        """What every page's frame needs."""
        return {"view_title": self.title, "crumbs": self.crumbs(), "offers": self.offers()}

    def permitted(self, obj: Any) -> Any:
        """The object, if this actor may do the page's action with it; raises NotFound, PermissionRefused."""
        if obj is None:
            raise NotFound
        require(self.action, self.actor, obj)
        return obj


def who_can(code: str) -> str:
    """Who may do an action, by the built-in roles that grant it."""
    roles = sorted(role.replace("_", " ") for role in actions()[code].roles)
    return _("This can be done by: %(roles)s.") % {"roles": ", ".join(roles)} if roles else _("Nobody may do this.")
