from allauth.core.context import request_context
from allauth.mfa.signals import authentication_failed
from django.test import RequestFactory

from shared_apps.users.forms.second_factor import AuthenticateForm
from shared_apps.users.models import User
from tests.support.factories.second_factors import make_app


def test_a_wrong_code_is_reported_for_the_app_where_there_is_one(ada: User, bob: User) -> None:
    reported = []

    def note(authenticator, **_) -> None:
        reported.append(authenticator.type)

    authentication_failed.connect(note)
    make_app(ada)
    with request_context(RequestFactory().post("/")):
        assert not AuthenticateForm(user=ada, data={"code": "000000"}).is_valid()
        assert not AuthenticateForm(user=bob, data={"code": "000000"}).is_valid()
    assert reported == ["totp"]
