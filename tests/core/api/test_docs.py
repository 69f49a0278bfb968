import re

import pytest

from core.api.docs import DEFAULT_COLOUR
from core.tenancy import tenant_context

DOCS = "/api/docs/"
PARTS = [DOCS, "/api/docs/start.js", "/api/docs/brand.css"]


@pytest.fixture
def at_tenant(api, ref, settings):
    settings.PLATFORM_NAME = "The Platform"
    settings.MIDDLEWARE = ["csp.middleware.CSPMiddleware", "tests.core.api.hosts.TenantOfContext"]

    def send(path, method="GET", **options):
        with tenant_context(ref(**options)):
            return api.generic(method, path)

    return send


def test_the_page_wears_the_tenants_name_and_names_nobody_else(at_tenant):
    for path in PARTS:
        page = at_tenant(path).content.decode()
        assert "The Platform" not in page and "Livery" not in page and "livery" not in page
    assert "Riverbank Trust API" in at_tenant(DOCS).content.decode()


def test_the_page_needs_no_inline_script_and_no_other_host(at_tenant):
    page = at_tenant(DOCS).content.decode()
    scripts = re.findall(r"<script(.*?)>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 2
    assert all('src="/' in attributes and not text for attributes, text in scripts)
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "style=" not in page and "<style" not in page and "onclick" not in page


@pytest.mark.parametrize("path", PARTS)
def test_the_strict_policy_holds_here_too(at_tenant, path):
    assert "unsafe" not in at_tenant(path)["Content-Security-Policy"]


def test_the_script_asks_this_hosts_document_and_no_validator(at_tenant):
    response = at_tenant("/api/docs/start.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    script = response.content.decode()
    assert '"/api/schema/"' in script and 'validatorUrl: "none"' in script
    assert "X-CSRFToken" not in script


def test_a_person_who_is_signed_in_can_try_writes(rf):
    from types import SimpleNamespace

    from core.api.docs import script

    request = rf.get("/api/docs/start.js")
    request.user = SimpleNamespace(is_authenticated=True)
    request.session = {}
    assert "X-CSRFToken" in script(request).content.decode()


@pytest.mark.parametrize(
    ("chosen", "colour"),
    [
        ("#0a5c8a", "#0a5c8a"),
        (None, DEFAULT_COLOUR),
        ("red", DEFAULT_COLOUR),
        ("#fff", DEFAULT_COLOUR),
        ("#0a5c8a;} body{display:none", DEFAULT_COLOUR),
        ("#0a5c8a\n", DEFAULT_COLOUR),
        (7, DEFAULT_COLOUR),
    ],
)
def test_the_colour_is_a_checked_token(at_tenant, chosen, colour):
    response = at_tenant("/api/docs/brand.css", **({} if chosen is None else {"brand_colour": chosen}))
    assert response["Content-Type"] == "text/css"
    assert f"background: {colour};" in response.content.decode()


@pytest.mark.parametrize(
    ("colour", "ink"),
    [
        ("#ffffff", "#000000"),
        ("#000000", "#ffffff"),
        ("#ffd400", "#000000"),
        ("#0a5c8a", "#ffffff"),
        ("#777777", "#000000"),
    ],
)
def test_the_name_can_be_read_on_any_colour(at_tenant, colour, ink):
    assert f"color: {ink};" in at_tenant("/api/docs/brand.css", brand_colour=colour).content.decode()


def test_the_platform_has_a_colour_of_its_own(api):
    assert DEFAULT_COLOUR in api.get("/api/docs/brand.css").content.decode()


@pytest.mark.parametrize("path", PARTS)
def test_the_parts_are_only_read_and_never_kept(at_tenant, path):
    assert at_tenant(path)["Cache-Control"] == "no-store, private"
    assert at_tenant(path, "HEAD").status_code == 200
    refused = at_tenant(path, "POST")
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
