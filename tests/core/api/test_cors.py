import pytest
from corsheaders.signals import check_request_enabled
from django.apps import AppConfig
from django.test import Client

from core.api.cors import allow_origin, connect
from core.tenancy import tenant_context

ECHO = "/api/v1/echo/"
SHOP = "https://shop.example"


@pytest.fixture
def browser(settings):
    """A client in front of django-cors-headers, with the origins that a context's tenant allows."""
    connect()
    settings.MIDDLEWARE = ["core.web.request_id.RequestIdMiddleware", "corsheaders.middleware.CorsMiddleware"]
    return Client()


@pytest.fixture
def tenant_with_shop(ref):
    with tenant_context(ref(cors_origins=[SHOP])):
        yield


def preflight(browser, path=ECHO, origin=SHOP):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    return browser.options(path, headers=headers)


def test_a_listed_origin_may_call_and_read_the_headers(browser, tenant_with_shop):
    response = browser.get(ECHO, headers={"Origin": SHOP})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert "RateLimit-Remaining" in response["Access-Control-Expose-Headers"]
    assert "origin" in response["Vary"].lower()


def test_a_listed_origin_may_ask_before_it_writes(browser, tenant_with_shop):
    response = preflight(browser)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert "idempotency-key" in response["Access-Control-Allow-Headers"]
    assert "POST" in response["Access-Control-Allow-Methods"]


def test_cookies_never_cross(browser, tenant_with_shop):
    for response in (preflight(browser), browser.get(ECHO, headers={"Origin": SHOP})):
        assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.example",
        "https://SHOP.example",
        "https://sub.shop.example",
        "https://shop.example/",
        "null",
        "",
        "https://[",
    ],
)
def test_another_origin_is_not_let_in(browser, tenant_with_shop, origin):
    for response in (preflight(browser, origin=origin), browser.get(ECHO, headers={"Origin": origin})):
        assert "Access-Control-Allow-Origin" not in response


def test_null_is_nobodys_origin_even_when_listed(browser, ref):
    with tenant_context(ref(cors_origins=["null"])):
        assert "Access-Control-Allow-Origin" not in browser.get(ECHO, headers={"Origin": "null"})


def test_another_tenants_origin_is_not_let_in(browser, ref):
    with tenant_context(ref(cors_origins=["https://other.example"])):
        assert "Access-Control-Allow-Origin" not in browser.get(ECHO, headers={"Origin": SHOP})
    with tenant_context(ref()):
        assert "Access-Control-Allow-Origin" not in browser.get(ECHO, headers={"Origin": SHOP})


def test_only_the_rest_api_is_shared(browser, tenant_with_shop):
    for path in ("/", "/apis/", "/accounts/login/"):
        assert "Access-Control-Allow-Origin" not in browser.get(path, headers={"Origin": SHOP})


def test_the_platform_lets_no_origin_in(browser, api, settings):
    assert "Access-Control-Allow-Origin" not in browser.get(ECHO, headers={"Origin": SHOP})


def test_without_a_context_no_origin_is_let_in(rf):
    assert not allow_origin(None, rf.get(ECHO, headers={"Origin": SHOP}))


def test_the_installed_app_listens():
    check_request_enabled.disconnect(dispatch_uid="core.api.cors")
    AppConfig.create("core.api.apps.ApiConfig").ready()
    assert check_request_enabled.disconnect(dispatch_uid="core.api.cors")
    connect()
