from datetime import timedelta

import pytest
import time_machine

from core.clock import now
from shared_apps.signup.models import SignUp
from shared_apps.tenants.models import Tenant
from tests.shared_apps.signup.conftest import FORM, PASSWORD, begin, mailed_code, wrong_code

ROOT = "/api/platform/v1/sign-ups/"
BODY = {**FORM, "terms_accepted": True}


@pytest.fixture
def call(client):
    """Send a request, with the secret of a sign-up where there is one."""

    def send(path="", body=None, *, secret=None, method="post"):
        headers = {"sign-up-secret": secret} if secret is not None else {}
        if method == "get":
            return client.get(f"{ROOT}{path}", body, headers=headers)
        return client.post(f"{ROOT}{path}", body, content_type="application/json", headers=headers)

    return send


@pytest.fixture
def begun(call):
    return call(body=BODY).json()


def test_a_program_signs_an_organisation_up(call):
    answer = call(body=BODY)
    begun = answer.json()
    assert answer.status_code == 201
    assert (begun["state"], begun["url"]) == ("confirming", "http://riverbank.localhost:8000")
    assert PASSWORD not in answer.content.decode()
    confirmed = call(f"{begun['id']}/confirm/", {"code": mailed_code(BODY["email"])}, secret=begun["secret"])
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "provisioning")
    progress = call(f"{begun['id']}/", secret=begun["secret"], method="get")
    assert (progress.status_code, progress.json()["state"]) == (200, "provisioning")
    assert "secret" not in progress.json()
    assert Tenant.objects.get(slug="riverbank").owner["email"] == BODY["email"]


@pytest.mark.parametrize("secret", [None, "", "x", "other"])
def test_without_the_secret_there_is_no_such_sign_up(call, begun, secret):
    if secret == "other":
        secret = begin(slug="meadow").secret
    code = mailed_code(BODY["email"])
    answers = [
        call(f"{begun['id']}/", secret=secret, method="get"),
        *(call(f"{begun['id']}/{step}/", secret=secret) for step in ("code", "retry")),
        call(f"{begun['id']}/confirm/", {"code": code}, secret=secret),
        call(f"{begun['id']}/slug/", {"slug": "meadows"}, secret=secret),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    sign_up = SignUp.objects.get(pk=begun["id"])
    assert (sign_up.email_confirmed_at, sign_up.slug, sign_up.codes_sent) == (None, "riverbank", 1)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"slug": "adm1n"}, 422, "slug"),
        ({"password": "short"}, 422, "password"),
        ({"terms_accepted": False}, 422, "terms_accepted"),
        ({"currency": "DOGE"}, 422, "currency"),
        ({"email": "nobody"}, 400, "email"),
        ({"state": "ready"}, 400, "state"),
        ({"held": "x"}, 400, "held"),
    ],
    ids=str,
)
def test_a_refused_body_is_a_problem_and_keeps_nothing(call, change, status, field):
    answer = call(body=BODY | change)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not SignUp.objects.exists()


def test_wrong_codes_are_counted_though_they_are_refused(call, begun):
    code = mailed_code(BODY["email"])
    answers = [
        call(f"{begun['id']}/confirm/", {"code": wrong_code(code)}, secret=begun["secret"]).json()["type"]
        for _ in range(5)
    ]
    assert answers == ["/problems/code_wrong"] * 4 + ["/problems/code_spent"]
    last = call(f"{begun['id']}/confirm/", {"code": code}, secret=begun["secret"])
    assert (last.status_code, last.json()["type"]) == (422, "/problems/code_spent")
    assert not Tenant.objects.filter(slug="riverbank").exists()


def test_another_code_comes_after_a_minute(call, begun):
    assert call(f"{begun['id']}/code/", secret=begun["secret"]).status_code == 409
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        assert call(f"{begun['id']}/code/", secret=begun["secret"]).status_code == 200


def test_another_name_is_chosen_and_only_what_failed_is_retried(call, begun):
    renamed = call(f"{begun['id']}/slug/", {"slug": "river-trust"}, secret=begun["secret"])
    assert (renamed.status_code, renamed.json()["slug"]) == (200, "river-trust")
    assert call(f"{begun['id']}/retry/", secret=begun["secret"]).status_code == 409


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("meadow", ""),
        ("adrnin", "reserved"),
        ("north", "taken"),
        ("nor-th", "lookalike"),
        ("held-one", "held"),
        ("", "invalid"),
    ],
)
def test_whether_a_name_is_free_can_be_asked(call, tenant, slug, code):
    begin(slug="held-one")
    answer = call("availability/", {"slug": slug}, method="get")
    assert (answer.status_code, answer.json()["available"], answer.json()["code"]) == (200, not code, code)
    assert bool(answer.json()["message"]) == bool(code)


def test_limits_are_told_with_the_time_to_wait(call, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign_up_lookup": {"points": 1, "seconds": 60}}
    assert call("availability/", {"slug": "meadow"}, method="get").status_code == 200
    limited = call("availability/", {"slug": "meadow"}, method="get")
    assert limited.status_code == 429
    assert int(limited["Retry-After"]) > 0


def test_closed_is_closed_for_programs_too(call, settings):
    settings.SIGN_UP_OPEN = False
    answer = call(body=BODY)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/sign_up_closed")
    assert not SignUp.objects.exists()


def test_the_document_describes_it_with_examples(client, tenant, client_for):
    paths = client.get("/api/schema/", headers={"accept": "application/json"}).json()["paths"]
    begin_ = paths["/api/platform/v1/sign-ups/"]["post"]
    assert begin_["requestBody"]["content"]["application/json"]["example"]["slug"]
    assert "Sign-Up-Secret" in [
        each["name"] for each in paths["/api/platform/v1/sign-ups/{id}/confirm/"]["post"]["parameters"]
    ]
    assert not [path for path in client_for(tenant).get("/api/schema/").json()["paths"] if "sign-up" in path]
