from core.tenancy import atomic
from core.web.saved_views import MOST, SavedView, TooManyViews
from shared_apps.users import models
from shared_apps.users.models import User
from shared_apps.users.selectors import saved_view_list
from shared_apps.users.services.people import locked


@atomic()
def saved_view_save(*, user: User, list_name: str, view: SavedView) -> None:
    """Keep a view of a list for a person; one of the same name gets the new query. Raises TooManyViews."""
    locked(user)
    mine = saved_view_list(user, list_name)
    if mine.filter(name=view.name).update(query=view.query):
        return
    if mine.count() >= MOST:
        raise TooManyViews
    models.SavedView.objects.create(user=user, list_name=list_name, name=view.name, query=view.query)


def saved_view_delete(*, user: User, list_name: str, name: str) -> None:
    """Forget a view of a person; one that is not there is no error."""
    saved_view_list(user, list_name).filter(name=name).delete()
