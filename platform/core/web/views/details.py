from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from core.web.components.blocks import Fact, Happening, MenuItem
from core.web.htmx import render_page
from core.web.views.base import RoomView


class DetailView(RoomView):
    """A page about one object: what it is, what happened, what is next.

    A room's own template extends `generic/detail.html` and fills its `document` block.
    """

    template_name: ClassVar[str] = "generic/detail.html"
    fragment: ClassVar[str] = "detail"
    obj: Any

    def find(self, **kwargs: Any) -> Any:
        """The object, from a selector that takes the actor; None or NotFound where there is none."""
        raise NotImplementedError

    def heading(self) -> Any:
        """The page's heading: a number or a name."""
        return str(self.obj)

    def status(self) -> tuple[Any, str] | None:
        """The word and kind of the badge beside the heading."""
        return None

    def amount(self) -> SafeString | str:
        """What it is about in money, written large."""
        return ""

    def facts(self) -> Sequence[Fact]:
        """Names and values on the right."""
        return ()

    def happenings(self) -> Sequence[Happening]:
        """What happened, newest first."""
        return ()

    def menu(self) -> Sequence[MenuItem]:
        """What else can be done, behind the menu button."""
        return ()

    def more(self) -> dict[str, Any]:
        """What the room's own template needs besides."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, or its changing part for htmx; raises NotFound, PermissionRefused."""
        self.obj = self.permitted(self.find(**kwargs))
        context = {
            **self.page_context(),
            "view_title": self.heading(),
            "object": self.obj,
            "status": self.status(),
            "amount": self.amount(),
            "facts": list(self.facts()),
            "happenings": list(self.happenings()),
            "menu": list(self.menu()),
            **self.more(),
        }
        return render_page(request, self.template_name, context, fragment=self.fragment)
