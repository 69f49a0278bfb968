from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from core.permissions import require
from core.web.requests import actor_of

View = Callable[..., HttpResponse]


def page_for(action: str) -> Callable[[View], View]:
    """A page for signed-in people who may do an action; raises PermissionRefused, which RefusalMiddleware shows.

    It is asked before any object is looked up; a view whose action depends on the object asks again with it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(action, actor_of(request))
            return view(request, *args, **kwargs)

        return login_required(page)

    return decorate
