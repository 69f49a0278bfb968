import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from core.errors import PermissionRefused
from shared_apps.users.actors import key_actor, person_actor, person_of
from shared_apps.users.models import ApiKey, User
from tests.support.factories.users import make_api_key


def test_a_request_is_a_person_s_or_nobody_s(ada: User) -> None:
    request = RequestFactory().get("/")
    request.user = ada
    assert person_of(request) == ada
    request.user = AnonymousUser()
    with pytest.raises(PermissionRefused):
        person_of(request)


def test_an_actor_says_who_from_where_and_what_they_may(ada: User) -> None:
    person = person_actor(ada, address="192.0.2.1", request_id="r")
    assert (person.kind, person.id, person.label, person.address) == ("user", str(ada.pk), "Ada", "192.0.2.1")
    assert person.scopes is None
    key = ApiKey.objects.get(pk=make_api_key(ada, scopes=["users.view"]).id)
    program = key_actor(key)
    assert (program.kind, program.id, program.label) == ("api_key", str(key.pk), "Test (Ada)")
    assert (program.user, program.scopes, program.permissions) == (ada, {"users.view"}, person.permissions)
