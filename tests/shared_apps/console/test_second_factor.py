import re
from uuid import UUID

import pytest
from django.urls import URLPattern, get_resolver

from core.errors import SecondFactorRequired
from core.permissions import actions, check, require
from core.tenancy import platform_context, tenant_context
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.trail.models import TrailEntry
from shared_apps.users.actors import person_actor
from tests.support.factories.second_factors import make_app, make_recovery_codes
from tests.support.factories.users import PASSWORD, make_api_key, make_tokens, make_user

API = "/api/platform/v1/"
SET_UP = "/account/second-factor/"
# Rooms whose pages the platform's people work with; `people/` also has what is everybody's own.
ROOMS = ("console:", "trail:", "events:", "jobs:", "users:person", "users:invitation_page", "users:api_key")


def routes(patterns, before="/", space=""):
    """Every path of the platform's host with its name, and an id wherever one stands."""
    for each in patterns:
        path = before + str(each.pattern).removeprefix("^")
        if isinstance(each, URLPattern):
            shown = re.sub(r"<slug:change>", "suspend", re.sub(r"<(uuid|str):\w+>", str(UUID(int=7)), path))
            yield re.sub(r"<slug:\w+>", "verify", shown), f"{space}{each.name}"
        else:
            yield from routes(each.url_patterns, path, f"{each.namespace}:" if each.namespace else space)


ROUTES = sorted(set(routes(get_resolver("config.urls_platform").url_patterns)))
PAGES = ["/", *(path for path, name in ROUTES if name.startswith(ROOMS))]
REST = [path for path, name in ROUTES if path.startswith(API) and path != API]


@pytest.fixture
def demanded(settings):
    settings.PLATFORM_REQUIRES_TWO_FACTOR = True


@pytest.fixture
def admin(db):
    with platform_context():
        return make_user("paula@platform.example", roles=["platform_admin"])


@pytest.fixture
def browser(admin, client_for):
    client = client_for("platform")
    assert client.post("/account/sign-in/", {"login": admin.email, "password": PASSWORD}).status_code == 302
    return client


def asked(client, path, **headers):
    answer = client.get(path, headers=headers)
    return client.post(path, headers=headers) if answer.status_code == 405 else answer


def written():
    with platform_context():
        return list(Tenant.objects.order_by("id").values()), StateChange.objects.count(), TrailEntry.objects.count()


def test_every_page_leads_to_the_second_factor(demanded, browser):
    before = written()
    assert {"/", "/tenants/", "/overview/", "/fleet/", "/people/", "/trail/"} <= set(PAGES)
    for path in PAGES:
        answer = asked(browser, path)
        assert (answer.status_code, answer.headers.get("Location")) == (303, SET_UP), path
    page = browser.get(SET_UP)
    assert page.status_code == 200 and "Set it up, and everything opens." in page.content.decode()
    assert written() == before


@pytest.mark.parametrize("credential", ["token", "key", "session"])
def test_every_resource_is_refused_with_what_to_do(demanded, settings, admin, browser, client_for, credential):
    client, headers = client_for("platform"), {}
    with platform_context():
        settings.PLATFORM_REQUIRES_TWO_FACTOR = False
        texts = {"token": make_tokens(admin).access, "key": make_api_key(admin).text}
        settings.PLATFORM_REQUIRES_TWO_FACTOR = True
    if credential == "session":
        client = browser
    else:
        headers = {"authorization": f"Bearer {texts[credential]}"}
    before, asked_of = written(), 0
    for path in REST:
        answer = client.get(path, headers=headers)
        if answer.status_code == 405 and credential != "session":
            answer = client.post(path, headers=headers)
        if answer.status_code == 405 or asked(client_for("platform"), path).status_code != 401:
            # A write with a session needs its CSRF token first; what strangers may ask is not the platform's people's.
            continue
        asked_of += 1
        assert answer.status_code == 403, (path, answer.content)
        assert answer.json()["type"] == "/problems/second_factor_required", path
        assert "authenticator app or a passkey" in answer.json()["detail"]
    assert asked_of > 15 and written() == before


def test_a_second_factor_opens_everything_and_its_removal_closes_it(demanded, admin, browser):
    with platform_context():
        app = make_app(admin)
    assert browser.get("/tenants/").status_code == 200
    with platform_context():
        app.delete()
    assert browser.get("/tenants/").headers["Location"] == SET_UP


def test_recovery_codes_alone_are_no_second_factor(demanded, admin, browser):
    with platform_context():
        make_recovery_codes(admin)
    assert browser.get("/tenants/").headers["Location"] == SET_UP


def test_no_action_is_left_to_whoever_lacks_it(demanded, admin):
    with platform_context():
        actor = person_actor(admin)
        assert actor.lacks_second_factor and actor.permissions
        for code in actions():
            assert not actor.may(code) and not check(code, actor)
            with pytest.raises(SecondFactorRequired):
                require(code, actor)


def test_an_organisation_s_people_decide_for_themselves(demanded, tenant):
    with tenant_context(tenant):
        assert not person_actor(make_user("ada@north.example")).lacks_second_factor


def test_htmx_loads_the_page_that_sets_it_up(demanded, browser):
    answer = browser.get("/tenants/", headers={"hx-request": "true"})
    assert answer.headers["HX-Redirect"] == SET_UP
