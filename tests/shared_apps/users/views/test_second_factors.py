import base64
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from core.clock import now
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import User
from tests.conftest import HostClient
from tests.shared_apps.users.conftest import login, signed_in
from tests.support.factories.second_factors import code_of, make_app, make_recovery_codes
from tests.support.factories.users import PASSWORD

SignIn = Callable[[User], HostClient]


def activate_app(client: HostClient) -> Any:
    page = client.get("/account/second-factor/app/add/")
    secret = page.context["form"].secret
    _, step, _ = yield_hotp_counters_from_time()
    return client.post("/account/second-factor/app/add/", {"code": format_hotp_value(hotp_value(secret, step))})


def test_an_app_is_added_with_recovery_codes_that_are_shown_once(ada: User, sign_in: SignIn, mail_to) -> None:
    client = sign_in(ada)
    page = client.get("/account/second-factor/app/add/").content.decode()
    picture = re.search(r"data:image/svg\+xml;base64,([^\"]+)", page)[1]
    assert b'fill="white"' in base64.b64decode(picture)
    assert client.post("/account/second-factor/app/add/", {"code": "000000"}).status_code == 422
    answer = activate_app(client)
    assert answer["Location"] == "/account/second-factor/recovery-codes/"
    codes = re.findall(r"\b\d{8}\b", client.get(answer["Location"]).content.decode())
    assert len(codes) == 10
    assert not re.findall(r"\b\d{8}\b", client.get(answer["Location"]).content.decode())
    assert Authenticator.objects.filter(user=ada).count() == 2
    actions = TrailEntry.objects.filter(action="users.add_second_factor")
    assert {entry.actor_id for entry in actions} == {str(ada.pk)}
    assert client.get("/account/second-factor/").status_code == 200


def test_the_app_names_the_organisation(ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada).get("/account/second-factor/app/add/")
    assert page.context["totp_url"].startswith("otpauth://totp/ada%40example.org?secret=")
    assert page.context["totp_url"].endswith("&issuer=North%20Ltd")


def test_with_an_app_the_password_alone_signs_nobody_in(ada: User, client: HostClient) -> None:
    app = make_app(ada)
    assert login(client)["Location"] == "/account/second-factor/enter/"
    assert not signed_in(client)
    assert client.get("/account/second-factor/enter/").status_code == 200
    assert client.post("/account/second-factor/enter/", {"code": "000000"}).status_code == 422
    code = code_of(app)
    assert client.post("/account/second-factor/enter/", {"code": code})["Location"] == "/"
    assert signed_in(client)
    client.post("/account/sign-out/")
    login(client)
    assert client.post("/account/second-factor/enter/", {"code": code}).status_code == 422
    assert not signed_in(client)


def test_a_recovery_code_helps_out_once(ada: User, client: HostClient) -> None:
    make_app(ada)
    codes = make_recovery_codes(ada)
    login(client)
    assert client.post("/account/second-factor/enter/", {"code": codes[0]}).status_code == 302
    client.post("/account/sign-out/")
    login(client)
    assert client.post("/account/second-factor/enter/", {"code": codes[0]}).status_code == 422
    assert not signed_in(client)


def test_codes_are_not_guessed_without_end(ada: User, client: HostClient) -> None:
    app = make_app(ada)
    login(client)
    for _ in range(5):
        assert client.post("/account/second-factor/enter/", {"code": "000000"}).status_code == 422
    assert client.post("/account/second-factor/enter/", {"code": code_of(app)}).status_code == 422
    assert not signed_in(client)


def test_removing_the_app_asks_for_the_password_after_a_while(ada: User, sign_in: SignIn) -> None:
    with time_machine.travel(now(), tick=True) as clock:
        client = sign_in(ada)
        activate_app(client)
        clock.shift(timedelta(minutes=6))
        asked = client.post("/account/second-factor/app/remove/")
        assert asked["Location"].startswith("/account/confirm-yourself/?next=")
        assert Authenticator.objects.filter(type="totp").exists()
        page = asked["Location"]
        assert client.get(page).status_code == 200
        assert client.post(page, {"password": "wrong-password"}).status_code == 422
        assert client.post(page, {"password": PASSWORD}).status_code == 302
    assert not Authenticator.objects.exists()


def test_confirming_oneself_with_the_app_takes_each_code_once(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    client = sign_in(ada)
    app = make_app(ada)
    code = code_of(app)
    page = "/account/second-factor/confirm-yourself/?next=/people/"
    assert client.post(page, {"code": code})["Location"] == "/people/"
    assert client.post(page, {"code": code}).status_code == 422


def test_new_recovery_codes_end_the_old_ones(ada: User, sign_in: SignIn, client_for, tenant) -> None:
    client = sign_in(ada)
    make_app(ada)
    old = make_recovery_codes(ada)
    assert client.get("/account/second-factor/recovery-codes/new/").status_code == 200
    assert client.post("/account/second-factor/recovery-codes/new/").status_code == 302
    other = client_for(tenant)
    login(other)
    assert other.post("/account/second-factor/enter/", {"code": old[0]}).status_code == 422
