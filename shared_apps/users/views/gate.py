from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from core.permissions import require
from core.web import actor_of

View = Callable[..., HttpResponse]


def page_for(action: str) -> Callable[[View], View]:
    """A page for people who may do an action; raises PermissionRefused, which RefusalMiddleware shows.

    What is asked here is asked before any object is looked up; the view asks again with the object.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(action, actor_of(request))
            return view(request, *args, **kwargs)

        return login_required(page)

    return decorate
