import pytest

from core.tenancy import tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import User
from shared_apps.users.services import handover_token
from tests.support.factories.users import make_user

ORIGIN = "http://localhost:8000"


@pytest.fixture
def token(inside):
    make_user("owner@example.org")
    return handover_token(email="owner@example.org")


def arrive(browser, token, origin=ORIGIN):
    return browser.post("/account/arrive/", {"token": token}, headers={"origin": origin} if origin else {})


def test_the_owner_arrives_signed_in_once(client, client_for, tenant, token):
    answer = arrive(client, token)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/people/account/").status_code == 200
    owner = User.objects.get(email="owner@example.org")
    assert owner.last_login
    assert TrailEntry.objects.filter(action="users.sign_in", object_id=str(owner.pk)).count() == 1
    again = arrive(client_for(tenant), token)
    assert again.status_code == 410
    assert "/account/sign-in/" in again.content.decode()
    assert token not in again.content.decode()


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "http://north.localhost:8000", "https://localhost:8000"]
)
def test_only_the_platforms_own_page_hands_over(client, token, origin):
    assert arrive(client, token, origin).status_code == 403
    assert User.objects.get(email="owner@example.org").last_login is None
    assert client.get("/people/account/").status_code == 302


def test_another_tenants_host_and_the_platforms_refuse(client_for, other_tenant, token):
    with tenant_context(other_tenant):
        make_user("owner@example.org")
    assert arrive(client_for(other_tenant), token).status_code == 410
    assert arrive(client_for("platform"), token).status_code == 404


def test_nobody_is_led_elsewhere(client, token):
    answer = client.post(
        "/account/arrive/?next=//evil.example",
        {"token": token, "next": "https://evil.example"},
        headers={"origin": ORIGIN},
    )
    assert answer["Location"] == "/"


def test_a_link_signs_nobody_in(client, token):
    assert client.get("/account/arrive/", {"token": token}, headers={"origin": ORIGIN}).status_code == 405
    assert User.objects.get(email="owner@example.org").last_login is None
