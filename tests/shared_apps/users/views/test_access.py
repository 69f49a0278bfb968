import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import time_machine

from core.clock import now
from core.ids import uuid7
from shared_apps.users.models import ApiKey, TokenFamily, User
from shared_apps.users.selectors import devices_of
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import bearer, login, signed_in
from tests.support.factories.users import PASSWORD, make_api_key, make_tokens, make_user
from tests.support.queries import fewest_queries

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
    assert "Shop" in page
    assert key.hint in page
    assert client.post(f"/people/api-keys/{key.pk}/revoke/").status_code == 303
    assert other.get("/api/v1/users/", headers=bearer(text)).status_code == 401
    assert "Revoked" in client.get("/people/api-keys/").content.decode()


def test_a_second_click_makes_no_second_key_and_keeps_no_secret(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    form = {**FORM, "submission": "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01"}
    assert client.post("/people/api-keys/new/", form).status_code == 201
    again = client.post("/people/api-keys/new/", form)
    assert (again.status_code, again["Location"]) == (303, "/people/api-keys/")
    assert ApiKey.objects.count() == 1
    assert "Your first click made the key" in client.get("/people/api-keys/").content.decode()
    assert client.post("/people/api-keys/new/", {**form, "name": "Other"}).status_code == 422


def test_a_key_is_looked_at_and_replaced(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    client, other = sign_in(ada), client_for(tenant)
    client.post("/people/api-keys/new/", FORM)
    old = ApiKey.objects.get()
    page = client.get(f"/people/api-keys/{old.pk}/").content.decode()
    assert "See the people" in page
    assert f"/people/api-keys/{old.pk}/rotate/" in page
    assert "The old key works for" in client.get(f"/people/api-keys/{old.pk}/rotate/").content.decode()
    answer = client.post(f"/people/api-keys/{old.pk}/rotate/", {"overlap": "1"})
    text = re.search(r"lvk_[A-Za-z0-9_-]{50,}", answer.content.decode())[0]
    new = ApiKey.objects.exclude(pk=old.pk).get()
    assert (new.name, new.scopes) == (old.name, old.scopes)
    assert other.get("/api/v1/users/", headers=bearer(text)).status_code == 200
    old.refresh_from_db()
    assert (old.state, old.expires_at - now() <= timedelta(hours=1)) == ("active", True)
    assert client.post(f"/people/api-keys/{old.pk}/rotate/", {"overlap": "9"}).status_code == 422
    assert client.post(f"/people/api-keys/{new.pk}/rotate/", {"overlap": "0"}).status_code == 201
    assert other.get("/api/v1/users/", headers=bearer(text)).status_code == 401
    assert client.post(f"/people/api-keys/{new.pk}/rotate/", {"overlap": "0"}).status_code == 422
    assert "Replace" not in client.get(f"/people/api-keys/{new.pk}/").content.decode().partition("<main")[2]


def test_keys_are_filtered_and_revoked_in_bulk(ada: User, bob: User, sign_in: SignIn) -> None:
    keys = {name: make_api_key(ada).id for name in ("active", "expired", "revoked", "ended")}
    ApiKey.objects.filter(pk=keys["expired"]).update(expires_at=now() - timedelta(days=1))
    ApiKey.objects.filter(pk=keys["revoked"]).update(revoked_at=now())
    ApiKey.objects.filter(pk=keys["ended"]).update(credential_version=7, scopes=["gone.action"])
    client = sign_in(ada)
    for state, key in keys.items():
        page = client.get(f"/people/api-keys/?state={state}").content.decode()
        assert [name for name, each in keys.items() if str(each) in page] == [state]
        assert ApiKey.objects.get(pk=key).state == state
    assert "Nothing that exists any more." in client.get(f"/people/api-keys/{keys['ended']}/").content.decode()
    assert "All that its owner may at the time." in client.get(f"/people/api-keys/{keys['active']}/").content.decode()
    assert "1 actions" in client.get("/people/api-keys/").content.decode()
    chosen = {"do": "revoke", "chosen": [str(keys["active"])], "confirmed": "yes"}
    assert client.post("/people/api-keys/", chosen).status_code == 303
    assert ApiKey.objects.get(pk=keys["active"]).state == "revoked"


def test_a_list_of_keys_costs_the_same_with_10_and_with_1000(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)

    def add(first: int, last: int) -> None:
        ApiKey.objects.bulk_create(
            ApiKey(owner=ada, name=f"Key {each}", public_id=f"k{each}", secret_hash="x", credential_version=1)
            for each in range(first, last)
        )

    def costs() -> list[int]:
        return [fewest_queries(partial(client.get, path)) for path in ("/people/api-keys/", "/api/v1/api-keys/")]

    add(0, 10)
    few = costs()
    add(10, 1000)
    assert costs() == few


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
