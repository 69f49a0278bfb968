import pytest

from core.tenancy import TenantRef, tenant_context
from core.web.saved_views import MOST, SavedView, TooManyViews
from shared_apps.users import models
from shared_apps.users.models import User
from shared_apps.users.selectors import saved_view_list
from shared_apps.users.services import saved_view_delete, saved_view_save


def test_views_are_each_person_s_and_each_list_s(ada: User, bob: User) -> None:
    saved_view_save(user=ada, list_name="people", view=SavedView("Mine", "q=a"))
    saved_view_save(user=ada, list_name="people", view=SavedView("Mine", "q=b"))
    saved_view_save(user=ada, list_name="keys", view=SavedView("Mine", "q=c"))
    saved_view_save(user=bob, list_name="people", view=SavedView("Mine", "q=d"))
    assert [(view.name, view.query) for view in saved_view_list(ada, "people")] == [("Mine", "q=b")]
    saved_view_delete(user=ada, list_name="people", name="Mine")
    saved_view_delete(user=ada, list_name="people", name="Mine")
    assert models.SavedView.objects.count() == 2


def test_there_is_room_for_so_many(ada: User) -> None:
    for number in range(MOST):
        saved_view_save(user=ada, list_name="people", view=SavedView(f"View {number}", "q=a"))
    with pytest.raises(TooManyViews):
        saved_view_save(user=ada, list_name="people", view=SavedView("One more", "q=a"))
    saved_view_save(user=ada, list_name="people", view=SavedView("View 0", "q=b"))
    assert saved_view_list(ada, "people").count() == MOST


def test_people_of_two_organisations_with_one_id_have_their_own(ada: User, other_tenant: TenantRef) -> None:
    saved_view_save(user=ada, list_name="people", view=SavedView("Mine", "q=a"))
    with tenant_context(other_tenant):
        twin = User.objects.create(id=ada.pk, email="ada@example.org")
        assert not saved_view_list(twin, "people").exists()
        saved_view_save(user=twin, list_name="people", view=SavedView("Mine", "q=b"))
    view = saved_view_list(ada, "people").get()
    assert (str(view), view.query) == ("Mine", "q=a")
