from uuid import uuid4

from core.events import Event
from shared_apps.users import notices
from shared_apps.users.models import User


def test_a_change_of_roles_names_them_or_says_that_there_are_none(ada: User) -> None:
    def said(*roles: str) -> str:
        return notices._roles_changed(Event(uuid4(), "users.roles_changed", str(ada.pk), {"roles": list(roles)}))

    assert "Accountant" in said("accountant", "staff")
    assert said() == "Your roles were taken from you."
