import re
import xml.etree.ElementTree as ET

import brotli
import pytest
from django.conf import settings

from tests.shared_apps.users.conftest import login
from tests.support.factories.users import make_user


def test_strangers_see_what_it_is_and_people_their_home(client, on_platform):
    page = client.get("/")
    text = page.content.decode()
    assert page.status_code == 200
    assert 'href="/sign-up/"' in text
    assert '<meta property="og:title"' in text
    assert '<link rel="canonical" href="http://localhost:8000/">' in text
    assert len(page.content) < 60_000
    make_user("paula@livery.example", roles=["platform_admin"])
    login(client, "paula@livery.example")
    assert "og:title" not in client.get("/").content.decode()


def test_an_organisation_is_found_by_its_subdomain_alone(client, tenant):
    assert client.get("/find/").status_code == 200
    answer = client.get("/find/", {"name": "North"})
    assert (answer.status_code, answer["Location"]) == (302, "http://north.localhost:8000/account/sign-in/")
    assert "form-action 'self' http://*.localhost:8000" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "typed", ["nobody", "ada@example.org", "//evil.example", "https://evil.example/north", "\\evil"]
)
def test_whatever_else_is_typed_leads_nowhere(client, tenant, typed):
    answer = client.get("/find/", {"name": typed})
    assert answer.status_code == 422
    assert "No organisation has this subdomain" in answer.content.decode()


@pytest.mark.parametrize("path", ["/terms/", "/privacy/"])
def test_legal_pages_are_ours_or_elsewhere(client, settings, path):
    assert client.get(path).status_code == 200
    settings.PLATFORM_TERMS_URL = settings.PLATFORM_PRIVACY_URL = "https://livery.example/legal/"
    assert client.get(path)["Location"] == "https://livery.example/legal/"


def test_crawlers_are_told_what_is_for_them(client):
    robots = client.get("/robots.txt")
    assert robots["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /\n" in robots.content.decode()
    assert "Sitemap: http://localhost:8000/sitemap.xml" in robots.content.decode()
    sitemap = ET.fromstring(client.get("/sitemap.xml").content)
    addresses = [location.text for location in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert addresses[:2] == ["http://localhost:8000/", "http://localhost:8000/sign-up/"]
    for address in addresses:
        assert client.get(address.removeprefix("http://localhost:8000")).status_code == 200


def test_the_landing_pages_are_the_platforms_alone(client_for, tenant):
    for path in ("/sign-up/", "/find/", "/terms/", "/privacy/"):
        assert client_for(tenant).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/sign-up/"])
def test_a_page_for_strangers_is_light(client, path):
    page = client.get(path).content.decode()
    for pattern, most in ((r'href="/static/(css/[^"]+\.css)"', 15_000), (r'src="/static/(js/[^"]+\.js)"', 15_000)):
        names = re.findall(pattern, page)
        assert names
        files = [(settings.BASE_DIR / "static" / name).read_bytes() for name in names]
        assert sum(len(brotli.compress(file)) for file in files) < most, names
