"""From the code to the dashboard, with real commits and connections."""

import re

import pytest
from django.db import connections

from core.tenancy import TenantState, directory, platform_context, tenant_context
from shared_apps.organisation.selectors import organisation
from shared_apps.signup.choices import SignUpState
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import sign_up_state, sign_ups_waiting
from shared_apps.signup.services import provisioning, sign_up_confirm, sign_up_provision
from shared_apps.tenants.errors import NameRefused
from shared_apps.tenants.models import Tenant
from shared_apps.users.models import User
from tests.shared_apps.signup.conftest import FORM, PASSWORD, begin, mailed_code, mails
from tests.shared_apps.users.conftest import login
from tests.support.threads import at_once

ORIGIN = {"origin": "http://localhost:8000"}
FROM = "192.0.2.7"


def founded(**changes):
    sign_up = begin(**changes).sign_up
    return sign_up_confirm(sign_up=sign_up, code=mailed_code(sign_up.email), address=FROM)


def test_a_stranger_ends_on_the_dashboard_without_a_second_password(committed, client_for):
    stranger = client_for("platform")
    stranger.post("/sign-up/", {**FORM, "currency": "JPY"})
    with platform_context():
        code = mailed_code(FORM["email"])
    assert stranger.post("/sign-up/confirm/", {"code": code})["Location"] == "/sign-up/progress/"
    with platform_context():
        sign_up = SignUp.objects.get()
        sign_up_provision(sign_up_id=sign_up.pk)
        sign_up_provision(sign_up_id=sign_up.pk)
        assert [mail["subject"] for mail in mails(FORM["email"])][1:] == ["Riverbank Trust is ready"]
    assert stranger.get("/sign-up/progress/")["Location"] == "/sign-up/open/"
    poll = stranger.get("/sign-up/progress/?asked=1", headers={"hx-request": "true"})
    assert poll["HX-Redirect"] == "/sign-up/open/"
    door = stranger.get("/sign-up/open/")
    assert door["Referrer-Policy"] == "strict-origin"
    assert "form-action 'self' http://riverbank.localhost:8000" in door["Content-Security-Policy"]
    action, token = re.search(
        r'action="http://riverbank.localhost:8000(.*?)".*?name="token" value="(.*?)"', door.content.decode(), re.DOTALL
    ).groups()
    tenant = directory().by_host("riverbank.localhost")
    owner = client_for(tenant)
    assert owner.post(action, {"token": token}, headers=ORIGIN)["Location"] == "/"
    assert owner.get("/").status_code == 200
    with tenant_context(tenant):
        assert organisation().currency == "JPY"
        user = User.objects.get()
        assert [role.code for role in user.roles.all()] == ["tenant_admin"]
        assert user.emailaddress_set.get().verified
    assert stranger.get("/sign-up/open/")["Location"] == "http://riverbank.localhost:8000/account/sign-in/"
    assert login(client_for(tenant), FORM["email"], PASSWORD)["Location"] == "/"


def test_one_token_signs_in_one_of_two_at_once(committed, client_for):
    with platform_context():
        sign_up = founded()
        sign_up_provision(sign_up_id=sign_up.pk)
        token = provisioning.hand_over_token(sign_up=SignUp.objects.get())
    tenant = directory().by_host("riverbank.localhost")
    browsers = [client_for(tenant) for _ in range(4)]
    answers = at_once(
        4, lambda number: browsers[number].post("/account/arrive/", {"token": token}, headers=ORIGIN).status_code
    )
    assert sorted(answers) == [302, 410, 410, 410]
    assert sorted(each.get("/people/account/").status_code for each in browsers) == [200, 302, 302, 302]


def test_of_those_who_want_one_name_at_once_one_gets_it(committed):
    wanted = ["riverbank", "riverbank", "r1verbank", "river-bank"]
    answers = at_once(4, lambda number: begin(slug=wanted[number]))
    assert [type(answer).__name__ for answer in answers].count("Begun") == 1
    refused = [answer for answer in answers if isinstance(answer, NameRefused)]
    assert [error.errors[0]["code"] for error in refused] == ["held"] * 3
    with platform_context():
        assert SignUp.objects.count() == 1


def test_one_code_at_once_founds_one_organisation(committed):
    with platform_context():
        sign_up = begin().sign_up
        code = mailed_code(sign_up.email)
    answers = at_once(3, lambda number: sign_up_confirm(sign_up=sign_up, code=code, address=FROM).tenant_id)
    assert len(set(answers)) == 1
    with platform_context():
        assert Tenant.objects.filter(slug="riverbank").count() == 1


def test_guesses_at_once_are_all_counted(committed):
    with platform_context():
        sign_up = begin().sign_up
        code = mailed_code(sign_up.email)
    guesses = [f"{(int(code) + step) % 1_000_000:06d}" for step in range(1, 6)]
    at_once(5, lambda number: sign_up_confirm(sign_up=sign_up, code=guesses[number], address=FROM))
    with platform_context():
        assert SignUp.objects.get().wrong_codes == 5


def test_what_fails_is_said_and_the_next_run_ends_it(committed, monkeypatch):
    with platform_context():
        sign_up = founded()
        with monkeypatch.context() as broken:
            # The database's own refusal: the owner's credentials are wrong for a moment.
            broken.setitem(connections.settings["default"], "OWNER", {"USER": "nobody_at_all", "PASSWORD": "x"})
            with pytest.raises(Exception, match="nobody_at_all"):
                sign_up_provision(sign_up_id=sign_up.pk)
        sign_up = SignUp.objects.get()
        assert sign_up_state(sign_up) == SignUpState.FAILED
        assert sign_up.tenant.state == TenantState.PROVISIONING
        SignUp.objects.update(email_confirmed_at="2026-01-01T00:00:00Z")
        assert sign_ups_waiting() == [sign_up.pk]
        done = sign_up_provision(sign_up_id=sign_up.pk)
        assert (sign_up_state(done), done.failed_at) == (SignUpState.READY, None)
        assert sign_ups_waiting() == []
