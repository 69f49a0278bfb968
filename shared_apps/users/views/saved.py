from django.http import HttpRequest

from core.web.saved_views import SavedView
from shared_apps.users.actors import person_of
from shared_apps.users.selectors import saved_view_list
from shared_apps.users.services import saved_view_delete, saved_view_save


class PersonViews:
    """Keeps saved views with the person, so that they are there on every device; `core.web.saved_views` asks it."""

    def of(self, request: HttpRequest, list_name: str) -> list[SavedView]:
        """The person's views of a list."""
        return [SavedView(view.name, view.query) for view in saved_view_list(person_of(request), list_name)]

    def save(self, request: HttpRequest, list_name: str, view: SavedView) -> None:
        """Keep a view; raises TooManyViews."""
        saved_view_save(user=person_of(request), list_name=list_name, view=view)

    def delete(self, request: HttpRequest, list_name: str, name: str) -> None:
        """Forget a view."""
        saved_view_delete(user=person_of(request), list_name=list_name, name=name)
