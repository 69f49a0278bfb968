from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from core.actor import SYSTEM
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import User
from shared_apps.users.services import user_disable
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import SIGN_IN, login, signed_in
from tests.support.factories.passkeys import Passkey
from tests.support.factories.users import make_user

SignIn = Callable[[User], HostClient]


def test_a_passkey_belongs_to_this_host_and_carries_the_organisation_s_name(ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada).get("/account/passkeys/add/")
    options = page.context["js_data"]["creation_options"]["publicKey"]
    assert options["rp"] == {"id": "north.localhost", "name": "North Ltd"}
    assert options["user"]["name"] == "ada@example.org"


ORIGIN = "http://north.localhost:8000"
MALFORMED = [
    "{}",
    "[]",
    "7",
    "null",
    "no json",
    '{"response": []}',
    '{"id": "x", "rawId": "eA", "type": "public-key", "response": {}, "clientExtensionResults": {}}',
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30"}}',
    '{"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "!", "attestationObject": "o2"}}',
    '{"id": "eA", "rawId": "eA", "response": {"userHandle": 7, "authenticatorData": "AA", "signature": "AA"}}',
]


def add_passkey(client: HostClient, passkey: Passkey, origin: str = ORIGIN, **form: str) -> Any:
    options = client.get("/account/passkeys/add/").context["js_data"]["creation_options"]
    answer = passkey.create(options, origin=origin)
    return client.post("/account/passkeys/add/", {"name": "Laptop", "credential": answer, **form})


def passkey_sign_in(client: HostClient, passkey: Passkey, origin: str = ORIGIN) -> Any:
    challenge = client.get("/account/passkeys/sign-in/", headers={"Accept": "application/json"}).json()
    answer = passkey.get(challenge["request_options"], origin=origin)
    return client.post("/account/passkeys/sign-in/", {"credential": answer})


def test_a_passkey_signs_in_alone(ada: User, sign_in: SignIn, client_for, tenant: TenantRef, mail_to) -> None:
    passkey = Passkey()
    assert add_passkey(sign_in(ada), passkey, passwordless="on").status_code == 302
    assert "passkey was added" in mail_to(ada.email)[-1]["body"]
    other = client_for(tenant)
    assert passkey_sign_in(other, passkey)["Location"] == "/"
    assert signed_in(other)
    assert other.get("/account/passkeys/").status_code == 200


def test_a_passkey_of_a_disabled_person_signs_nobody_in(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    passkey = Passkey()
    add_passkey(sign_in(ada), passkey, passwordless="on")
    make_user("second@example.org")
    user_disable(user=ada, actor=SYSTEM)
    other = client_for(tenant)
    assert passkey_sign_in(other, passkey)["Location"] == "/account/disabled/"
    assert not signed_in(other)


def test_a_passkey_answers_for_its_own_origin_only(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    client, passkey = sign_in(ada), Passkey()
    for origin in ("http://south.localhost:8000", "https://evil.example", "http://localhost:8000"):
        assert add_passkey(client, passkey, origin).status_code == 422
    assert not Authenticator.objects.exists()
    add_passkey(client, passkey, passwordless="on")
    for origin in ("http://south.localhost:8000", "https://evil.example"):
        other = client_for(tenant)
        assert passkey_sign_in(other, passkey, origin)["Location"] == SIGN_IN
        assert not signed_in(other)


def test_a_passkey_of_one_twin_is_none_in_the_other(
    ada: User, sign_in: SignIn, client_for, other_tenant: TenantRef
) -> None:
    passkey = Passkey()
    add_passkey(sign_in(ada), passkey, passwordless="on")
    row = Authenticator.objects.get(type="webauthn")
    with tenant_context(other_tenant):
        User.objects.create(id=ada.pk, email=ada.email, password=ada.password)
        EmailAddress.objects.create(user_id=ada.pk, email=ada.email, verified=True, primary=True)
        Authenticator.objects.create(id=row.pk, user_id=ada.pk, type=row.type, data=row.data)
    there = client_for(other_tenant)
    # A browser would not offer it; an attacker's program would.
    assert passkey_sign_in(there, passkey, "http://north.localhost:8000")["Location"] == SIGN_IN
    assert not signed_in(there)


def test_without_a_pin_a_passkey_is_a_second_factor_and_no_more(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    passkey = Passkey(verifies=False)
    assert add_passkey(sign_in(ada), passkey).status_code == 302
    other = client_for(tenant)
    assert passkey_sign_in(other, passkey)["Location"] == SIGN_IN
    assert not signed_in(other)
    assert login(other)["Location"] == "/account/second-factor/enter/"
    page = other.get("/account/second-factor/enter/")
    answer = passkey.get(page.context["js_data"]["request_options"], origin=ORIGIN)
    assert other.post("/account/second-factor/enter/", {"credential": answer})["Location"] == "/"
    assert signed_in(other)


def test_an_answer_works_for_one_challenge(ada: User, sign_in: SignIn, client_for, tenant: TenantRef) -> None:
    passkey = Passkey()
    add_passkey(sign_in(ada), passkey, passwordless="on")
    other = client_for(tenant)
    challenge = other.get("/account/passkeys/sign-in/", headers={"Accept": "application/json"}).json()
    answer = passkey.get(challenge["request_options"], origin=ORIGIN)
    other.get("/account/passkeys/sign-in/", headers={"Accept": "application/json"})
    assert other.post("/account/passkeys/sign-in/", {"credential": answer})["Location"] == SIGN_IN
    assert not signed_in(other)


def test_confirming_oneself_with_a_passkey(ada: User, sign_in: SignIn) -> None:
    client, passkey = sign_in(ada), Passkey()
    add_passkey(client, passkey)
    path = "/account/passkeys/confirm-yourself/?next=/people/"
    page = client.get(path)
    assert page.status_code == 200
    answer = passkey.get(page.context["js_data"]["request_options"], origin=ORIGIN)
    assert client.post(path, {"credential": answer})["Location"] == "/people/"
    assert client.post(path, {"credential": answer})["Location"] != "/people/"


@pytest.mark.parametrize("credential", MALFORMED)
def test_a_malformed_answer_is_refused_everywhere(ada: User, sign_in: SignIn, client_for, tenant, credential) -> None:
    client = sign_in(ada)
    assert client.post("/account/passkeys/add/", {"name": "Key", "credential": credential}).status_code == 422
    assert not Authenticator.objects.exists()
    add_passkey(client, Passkey())
    path = "/account/passkeys/confirm-yourself/"
    client.get(path)
    assert client.post(path, {"credential": credential}).status_code in (302, 422)
    other = client_for(tenant)
    other.get("/account/passkeys/sign-in/", headers={"Accept": "application/json"})
    assert other.post("/account/passkeys/sign-in/", {"credential": credential})["Location"] == SIGN_IN
    login(other)
    other.get("/account/second-factor/enter/")
    assert other.post("/account/second-factor/enter/", {"credential": credential}).status_code == 422
    assert not signed_in(other)


def test_a_passkey_that_was_not_asked_for_is_refused(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    options = client.get("/account/passkeys/add/").context["js_data"]["creation_options"]
    answer = Passkey().create(options, origin=ORIGIN)
    session = client.session
    del session["mfa.webauthn.state"]
    session.save()
    assert client.post("/account/passkeys/add/", {"name": "Key", "credential": answer}).status_code == 422
    assert not Authenticator.objects.exists()


def test_the_sign_in_page_s_script_gets_a_challenge_for_this_host(client: HostClient, tenant: TenantRef) -> None:
    answer = client.get("/account/passkeys/sign-in/", headers={"Accept": "application/json"})
    options = answer.json()["request_options"]["publicKey"]
    assert (options["rpId"], options["userVerification"]) == ("north.localhost", "required")
    assert client.get("/account/passkeys/sign-in/")["Location"] == SIGN_IN
    assert client.post("/account/passkeys/sign-in/", {"credential": "{}"})["Location"] == SIGN_IN
    assert not signed_in(client)


def test_other_people_s_passkeys_do_not_exist(ada: User, bob: User, sign_in: SignIn) -> None:
    key = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Ada's key", "credential": {}})
    client = sign_in(bob)
    for action in ("rename", "remove"):
        assert client.get(f"/account/passkeys/{key.pk}/{action}/").status_code == 404
        assert client.post(f"/account/passkeys/{key.pk}/{action}/", {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.get().data["name"] == "Ada's key"


def test_own_passkeys_are_renamed_and_removed(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    key = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Old", "credential": {}})
    assert client.post(f"/account/passkeys/{key.pk}/rename/", {"name": ""}).status_code == 422
    assert client.post(f"/account/passkeys/{key.pk}/rename/", {"name": "New"}).status_code == 302
    assert "New" in client.get("/account/passkeys/").content.decode()
    assert client.get(f"/account/passkeys/{key.pk}/remove/").status_code == 200
    assert client.post(f"/account/passkeys/{key.pk}/remove/").status_code == 302
    assert not Authenticator.objects.exists()
