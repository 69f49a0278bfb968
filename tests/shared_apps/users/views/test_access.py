import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from core.clock import now
from core.ids import uuid7
from shared_apps.users.models import ApiKey, TokenFamily, User
from shared_apps.users.selectors import devices_of
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer, login, signed_in
from tests.support.factories.users import PASSWORD, make_api_key, make_tokens, make_user

SignIn = Callable[[User], HostClient]
FORM = {"name": "Shop", "scopes": ["users.view"], "lifetime": "90"}


def test_a_key_is_made_and_shown_once(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    client = sign_in(ada)
    assert "No keys yet" in client.get("/people/api-keys/").content.decode()
    assert client.get("/people/api-keys/new/").status_code == 200
    answer = client.post("/people/api-keys/new/", FORM)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store, private")
    text = re.search(r"lvk_[A-Za-z0-9_-]+", answer.content.decode())[0]
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, key.owner) == ("Shop", ["users.view"], ada)
    assert timedelta(days=89) < key.expires_at - now() <= timedelta(days=90)
    other = client_for(tenant)
    assert other.get("/api/v1/users/", headers=bearer(text)).status_code == 200
    page = client.get("/people/api-keys/").content.decode()
    assert text not in page
    assert key.hint in page
    assert client.post(f"/people/api-keys/{key.pk}/revoke/").status_code == 303
    assert other.get("/api/v1/users/", headers=bearer(text)).status_code == 401
    assert "Revoked" in client.get("/people/api-keys/").content.decode()


def test_a_key_without_end_is_possible(ada: User, sign_in: SignIn) -> None:
    assert sign_in(ada).post("/people/api-keys/new/", {**FORM, "lifetime": "never"}).status_code == 201
    assert ApiKey.objects.get().expires_at is None


@pytest.mark.parametrize(
    "change", [{"scopes": []}, {"scopes": ["no.such"]}, {"name": ""}, {"lifetime": "7000"}], ids=str
)
def test_a_refused_key_is_422(ada: User, sign_in: SignIn, change: dict[str, object]) -> None:
    assert sign_in(ada).post("/people/api-keys/new/", FORM | change).status_code == 422
    assert not ApiKey.objects.exists()


def test_a_key_that_the_service_refuses_is_422(ada: User, sign_in: SignIn, monkeypatch) -> None:
    client = sign_in(ada)
    monkeypatch.setattr("shared_apps.users.services.api_keys.realm_actions", frozenset)
    answer = client.post("/people/api-keys/new/", FORM)
    assert answer.status_code == 422
    assert "Give scopes that exist" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_making_a_key_asks_for_the_password_after_a_while_and_goes_on(ada: User, sign_in: SignIn) -> None:
    with time_machine.travel(now(), tick=True) as clock:
        client = sign_in(ada)
        clock.shift(timedelta(minutes=6))
        asked = client.post("/people/api-keys/new/", FORM)
        assert asked["Location"].startswith("/account/confirm-yourself/?next=")
        assert not ApiKey.objects.exists()
        answer = client.post(asked["Location"], {"password": PASSWORD})
        assert answer.status_code == 201
        assert ApiKey.objects.count() == 1


def test_keys_of_others_are_for_administrators(ada: User, sign_in: SignIn) -> None:
    carl = make_user("carl@example.org", roles=["accountant"])
    hidden, own = make_api_key(ada), make_api_key(carl)
    client = sign_in(carl)
    page = client.get("/people/api-keys/").content.decode()
    assert str(own.id) in page
    assert str(hidden.id) not in page
    for key in (hidden.id, uuid7()):
        assert client.post(f"/people/api-keys/{key}/revoke/").status_code == 404
    assert not ApiKey.objects.filter(revoked_at__isnull=False).exists()


def test_a_profile_is_changed(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    form = {"name": "Ada L.", "language": "de", "time_zone": "Europe/Berlin"}
    assert client.post("/people/account/", form).status_code == 303
    ada.refresh_from_db()
    assert (ada.name, ada.language, ada.time_zone) == ("Ada L.", "de", "Europe/Berlin")
    assert 'lang="de"' in client.get("/people/account/").content.decode()
    for change in ({"time_zone": "Mars/Olympus"}, {"language": "xx"}, {"name": ""}):
        assert client.post("/people/account/", form | change).status_code == 422
    ada.refresh_from_db()
    assert ada.time_zone == "Europe/Berlin"


def test_devices_are_listed_and_ended(ada: User, bob: User, sign_in: SignIn, client_for, tenant) -> None:
    client, other = sign_in(ada), client_for(tenant)
    login(other)
    make_tokens(ada)
    make_tokens(bob)
    page = client.get("/people/account/sessions/").content.decode()
    assert page.count("/end/") == 2
    for device in devices_of(ada, session_key=client.session.session_key):
        if not device.current:
            assert client.post(f"/people/account/sessions/{device.id}/end/").status_code == 303
    assert not signed_in(other)
    assert signed_in(client)
    foreign = TokenFamily.objects.get(user=bob).pk
    assert client.post(f"/people/account/sessions/{foreign}/end/").status_code == 404
    assert TokenFamily.objects.get(user=bob).revoked_at is None


def test_signing_out_everywhere(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    client, other = sign_in(ada), client_for(tenant)
    login(other)
    key = make_api_key(ada).text
    answer = client.post("/people/account/sign-out-everywhere/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/sign-in/")
    assert not signed_in(client)
    assert not signed_in(other)
    assert other.get("/api/v1/auth/me/", headers=bearer(key)).status_code == 401
