import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.core.context import request_context
from allauth.mfa.webauthn.internal import auth
from django.test import RequestFactory

from shared_apps.users.forms.passkeys import AddForm, AuthenticateForm, LoginForm, ReauthenticateForm
from shared_apps.users.models import User
from tests.support.factories.passkeys import Passkey

ORIGIN = "http://north.localhost:8000"
STRANGE = (None, 7, [1], {"a": 1}, "", "!", "\ud800", "W10")


@pytest.fixture
def answers(ada: User) -> Iterator[Callable[..., tuple[Any, dict[str, Any]]]]:
    """A form of Ada's and a right answer to it."""
    passkey = Passkey()
    request = RequestFactory().post("/", headers={"host": "north.localhost:8000"})
    request.session, request.user = {}, ada
    with request_context(request):
        credential = json.loads(passkey.create(auth.begin_registration(ada, True), origin=ORIGIN))
        auth.WebAuthn.add(ada, "Laptop", credential)

        def make(form: type) -> tuple[Any, dict[str, Any]]:
            if form is AddForm:
                other = Passkey()
                text = other.create(auth.begin_registration(ada, False), origin=ORIGIN)
            else:
                text = passkey.get(auth.begin_authentication(None if form is LoginForm else ada), origin=ORIGIN)
            options = {} if form is LoginForm else {"user": ada}
            return lambda data: form(data={"credential": json.dumps(data), "name": "Key"}, **options), json.loads(text)

        yield make


def places(answer: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in answer.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from places(value, (*above, name))


@pytest.mark.parametrize("form", [AddForm, AuthenticateForm, LoginForm, ReauthenticateForm])
def test_a_right_answer_is_taken(answers, form: type) -> None:
    build, answer = answers(form)
    assert build(answer).is_valid()


@pytest.mark.parametrize("form", [AddForm, AuthenticateForm, LoginForm, ReauthenticateForm])
def test_no_answer_is_an_error_of_ours(answers, form: type) -> None:
    """Each member of an answer is left out, and replaced by what no authenticator sends."""
    _, example = answers(form)
    for place in places(example):
        for value in (*STRANGE, ...):
            build, answer = answers(form)
            target = answer
            for name in place[:-1]:
                target = target[name]
            if value is ...:
                del target[place[-1]]
            else:
                target[place[-1]] = value
            build(answer).is_valid()
