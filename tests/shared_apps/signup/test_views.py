import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session

from core.clock import now
from shared_apps.signup.models import SignUp
from shared_apps.tenants.models import Tenant
from tests.shared_apps.signup.conftest import FORM, PASSWORD, begin, mailed_code, wrong_code

SECOND_LIFE = {"slug": "meadow", "email": "anna@meadow.example", "organisation": "Meadow"}


def without(*names):
    return {name: value for name, value in FORM.items() if name not in names}


def test_a_stranger_comes_as_far_as_the_progress_page(client):
    page = client.get("/sign-up/", headers={"accept-language": "pt-PT,pt;q=0.9"})
    assert page.status_code == 200
    assert 'value="pt-PT" selected' in page.content.decode()
    answer = client.post("/sign-up/", FORM)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-up/confirm/")
    assert FORM["email"] in client.get("/sign-up/confirm/").content.decode()
    code = mailed_code(FORM["email"])
    wrong = client.post("/sign-up/confirm/", {"code": wrong_code(code)})
    assert wrong.status_code == 422
    assert "4 more attempts" in wrong.content.decode()
    answer = client.post("/sign-up/confirm/", {"code": code})
    assert (answer.status_code, answer["Location"]) == (303, "/sign-up/progress/")
    page = client.get("/sign-up/progress/").content.decode()
    assert 'hx-trigger="load delay:1s"' in page
    assert '<meta http-equiv="refresh"' in page
    again = client.get("/sign-up/progress/?asked=5", headers={"hx-request": "true"}).content.decode()
    assert 'hx-trigger="load delay:8s"' in again
    assert "<html" not in again


def test_nothing_that_was_typed_is_lost_when_another_was_faster(client):
    begin(slug="riverbank")
    page = client.post("/sign-up/", FORM)
    text = page.content.decode()
    assert page.status_code == 422
    assert "Somebody is signing up with" in text
    assert "Your password is kept" in text
    for value in (FORM["organisation"], FORM["name"], FORM["email"]):
        assert f'value="{value}"' in text
    assert PASSWORD not in text
    assert all(PASSWORD not in str(session.get_decoded()) for session in Session.objects.all())
    answer = client.post("/sign-up/", {**without("password"), "slug": "river-trust"})
    assert answer.status_code == 303
    assert SignUp.objects.get(slug="river-trust").password


def test_a_kept_password_is_for_one_person_and_for_a_while(client):
    begin(slug="riverbank")
    client.post("/sign-up/", FORM)
    other = client.post("/sign-up/", {**without("password"), "slug": "meadow", "email": "else@x.example"})
    assert other.status_code == 422
    assert "Choose a password." in other.content.decode()
    client.post("/sign-up/", FORM)
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        late = client.post("/sign-up/", {**without("password"), "slug": "meadow"})
    assert late.status_code == 422
    assert SignUp.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"slug": "xn--rverbank-8za"}, "single hyphens"),
        ({"slug": "rіverbank"}, "is not one of the letters a-z"),
        ({"slug": "paypal.com"}, "no spaces, dots"),
        ({"slug": "ab"}, "3 to 40"),
        ({"slug": "1st-river"}, "Begin with a letter"),
        ({"slug": "adm1n"}, "looks like “admin”"),
        ({"slug": "status"}, "is reserved"),
        ({"password": "short"}, "too short"),
        ({"terms_accepted": ""}, "Accept the terms"),
        ({"email": "olivia@"}, "e-mail address"),
        ({"currency": "GOLD"}, "GOLD"),
        ({"slug": ""}, "This one is free"),
    ],
    ids=str,
)
def test_each_refusal_has_its_words_and_changes_nothing(client, change, said):
    page = client.post("/sign-up/", FORM | change)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not SignUp.objects.exists()
    assert client.get("/sign-up/confirm/")["Location"] == "/sign-up/"


def test_a_subdomain_is_suggested_and_checked_while_it_is_typed(client, tenant):
    def ask(**query):
        return client.get("/sign-up/", query, headers={"hx-request": "true"}).content.decode()

    suggested = ask(organisation="Riverbank Trust", slug="", suggested="")
    assert 'name="slug"' in suggested
    assert 'value="riverbank-trust"' in suggested
    assert "riverbank-trust.localhost is free" in suggested
    own = ask(organisation="Riverbank Trust", slug="mine", suggested="riverbank")
    assert 'value="mine"' in own
    assert "looks too much like a name that is taken" in ask(slug="n0rth")
    assert "“north” is taken" in ask(slug="north")
    assert "<b>x" not in ask(slug="<b>x")
    assert not SignUp.objects.exists()


def test_questions_about_names_have_a_limit(client, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign_up_lookup": {"points": 2, "seconds": 60}}
    answers = [client.get("/sign-up/", {"slug": "meadow"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert client.get("/sign-up/").status_code == 200


def test_another_browser_has_no_part_in_it(client, client_for):
    client.post("/sign-up/", FORM)
    other = client_for("platform")
    for path in ("confirm/", "subdomain/", "progress/", "open/"):
        assert other.get(f"/sign-up/{path}")["Location"] == "/sign-up/"
    other.post("/sign-up/confirm/", {"code": mailed_code(FORM["email"])})
    other.post("/sign-up/confirm/again/")
    assert SignUp.objects.get().email_confirmed_at is None


def test_pages_ahead_lead_back_to_where_somebody_is(client):
    client.post("/sign-up/", FORM)
    for path in ("subdomain/", "progress/", "open/"):
        assert client.get(f"/sign-up/{path}")["Location"] == "/sign-up/confirm/"
    assert client.post("/sign-up/progress/again/")["Location"] == "/sign-up/confirm/"


def test_another_code_can_be_asked_for(client):
    client.post("/sign-up/", FORM)
    client.post("/sign-up/confirm/again/")
    assert "A code has just been sent" in client.get("/sign-up/confirm/").content.decode()
    with time_machine.travel(now() + timedelta(minutes=2)):
        client.post("/sign-up/confirm/again/")
        assert "on its way" in client.get("/sign-up/confirm/").content.decode()


def test_a_lost_name_is_replaced_without_beginning_again(client):
    client.post("/sign-up/", FORM)
    code = mailed_code(FORM["email"])
    Tenant.objects.create(slug="riverbank", name="Quicker")
    assert client.post("/sign-up/confirm/", {"code": code})["Location"] == "/sign-up/subdomain/"
    assert "somebody else took “riverbank”" in client.get("/sign-up/subdomain/").content.decode()
    assert client.post("/sign-up/subdomain/", {"slug": "riverbank"}).status_code == 422
    assert client.post("/sign-up/subdomain/", {"slug": "river-trust"})["Location"] == "/sign-up/progress/"
    assert SignUp.objects.get().tenant.slug == "river-trust"


def test_what_failed_is_said_and_tried_again(client):
    client.post("/sign-up/", FORM)
    client.post("/sign-up/confirm/", {"code": mailed_code(FORM["email"])})
    SignUp.objects.update(failed_at=now())
    page = client.get("/sign-up/progress/").content.decode()
    assert "It did not work this time" in page
    assert "hx-get" not in re.search(r'<div id="progress".*?>', page)[0]
    assert client.post("/sign-up/progress/again/")["Location"] == "/sign-up/progress/"
    assert SignUp.objects.get().failed_at is None


def test_closed_sign_up_says_whom_to_ask(client, settings):
    settings.SIGN_UP_OPEN, settings.PLATFORM_CONTACT = False, "hello@livery.example"
    for answer in (client.get("/sign-up/"), client.post("/sign-up/", FORM)):
        assert answer.status_code == 403
        assert "mailto:hello@livery.example" in answer.content.decode()
    assert not SignUp.objects.exists()
    landing = client.get("/").content.decode()
    assert "mailto:hello@livery.example" in landing
    assert 'href="/sign-up/"' not in landing
    assert "/sign-up/" not in client.get("/sitemap.xml").content.decode()


def test_forms_need_the_token(client_for, on_platform):
    strict = client_for("platform", enforce_csrf_checks=True)
    for path in ("", "confirm/", "confirm/again/", "subdomain/", "progress/again/"):
        assert strict.post(f"/sign-up/{path}", FORM).status_code == 403
    assert not SignUp.objects.exists()
