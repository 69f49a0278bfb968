import pytest

from core.web import errors
from core.web.styleguide.views import PARTS, THEMES

LARGEST_PAGE = 60_000


@pytest.fixture
def browser(tenant, client_for, settings):
    settings.TENANT_URLCONF = settings.PLATFORM_URLCONF = "tests.core.web.styleguide.urls"
    return client_for(tenant)


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_shown_in_every_brand_and_is_not_heavy(browser, name):
    for query in ("", *(f"?theme={theme}&mode=dark" for theme in THEMES)):
        response = browser.get(f"/styleguide/{name}/{query}")
        assert response.status_code == 200
        assert len(response.content) < LARGEST_PAGE, len(response.content)


@pytest.mark.parametrize("fault", errors.SHOWN, ids=lambda fault: fault.code)
def test_every_error_page_is_shown(browser, fault):
    response = browser.get(f"/styleguide/error/{fault.code}/")
    assert response.status_code == fault.status
    assert str(fault.title) in response.content.decode().replace("&#x27;", "'")


def test_the_guide_leads_to_all_parts(browser):
    html = browser.get("/styleguide/").content.decode()
    assert all(f"/styleguide/{name}/" in html for name in PARTS)
    assert browser.get("/styleguide/nothing/").status_code == 404


def test_a_host_without_the_guide_has_none(tenant, client_for):
    assert client_for(tenant).get("/styleguide/").status_code == 404


def test_the_palette_finds_samples(browser):
    html = browser.get("/styleguide/search/?q=ribeira", headers={"HX-Request": "true"}).content.decode()
    assert "INV-2046" in html
    assert "<html" not in html
