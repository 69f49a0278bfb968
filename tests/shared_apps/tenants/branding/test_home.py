"""The public home of an organisation, and what crawlers are told about it."""

import re

import pytest

from shared_apps.tenants.branding.errors import BrandRefused
from shared_apps.tenants.branding.selectors import draft_of


def test_visitors_see_who_the_organisation_is(tenant, publish, client_for):
    publish(
        tenant,
        name="North Trust",
        headline="Rivers & <banks>",
        tagline="Since 1904",
        about="## What we do\n\nWe **plant** <script>x</script> willows.",
        contact="1 Quay\nMértola",
        contact_email="hello@north.example",
        contact_phone="+351 286 000 000",
        privacy_text="# Little",
    )
    answer = client_for(tenant).get("/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<h1>Rivers &amp; &lt;banks&gt;</h1>" in page and "<strong>plant</strong>" in page
    assert "<script>x" not in page and "1 Quay<br>Mértola" in page
    assert 'href="mailto:hello@north.example"' in page and 'href="tel:+351286000000"' in page
    assert 'href="/legal/privacy/"' in page and 'href="/account/sign-in/"' in page
    assert "/theme.css?v=" in page
    for name, content in (
        ("og:title", "Rivers &amp; &lt;banks&gt;"),
        ("og:url", "http://north.localhost:8000/"),
        ("og:description", "Since 1904"),
        ("og:site_name", "North Trust"),
    ):
        assert f'<meta property="{name}" content="{content}">' in page
    assert re.search(r'og:image" content="http://north\.localhost:8000/brand/card\.png\?v=', page)


def test_before_anything_is_said_there_is_a_page_already(tenant, client_for, settings):
    page = client_for(tenant).get("/").content.decode()
    assert "<h1>North Ltd</h1>" in page and settings.PLATFORM_NAME not in page


def test_an_organisation_may_keep_to_itself(tenant, publish, client_for):
    publish(tenant, public_home=False, about="Secret", privacy_text="# Little")
    answer = client_for(tenant).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/sign-in/?next=/")
    assert client_for(tenant).get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"
    assert b"<url>" not in client_for(tenant).get("/sitemap.xml").content


def test_people_who_are_signed_in_get_their_own_home(tenant, sign_in):
    page = sign_in(tenant).get("/").content.decode()
    assert 'class="app"' in page and "og:url" not in page


def test_crawlers_are_led_to_public_pages_alone(tenant, publish, client_for):
    publish(tenant, privacy_text="# Little", terms_url="https://north.example/terms")
    robots = client_for(tenant).get("/robots.txt")
    lines = robots.content.decode().splitlines()
    assert robots["Content-Type"] == "text/plain; charset=utf-8" and "public" in robots["Cache-Control"]
    assert lines[:3] == ["User-agent: *", "Allow: /$", "Allow: /legal/privacy/"]
    assert lines[-3:] == ["Disallow: /", "", "Sitemap: http://north.localhost:8000/sitemap.xml"]
    sitemap = client_for(tenant).get("/sitemap.xml").content.decode()
    assert re.findall("<loc>(.*?)</loc>", sitemap) == [
        "http://north.localhost:8000/",
        "http://north.localhost:8000/legal/privacy/",
    ]


def test_nothing_of_it_mixes_with_the_other_twin(tenant, other_tenant, publish, client_for):
    publish(tenant, headline="North waters", contact_email="hello@north.example", public_home=True)
    publish(other_tenant, headline="South waters", public_home=False)
    north, south = client_for(tenant), client_for(other_tenant)
    assert "South" not in north.get("/").content.decode()
    assert south.get("/").status_code == 302
    for path in ("/robots.txt", "/sitemap.xml"):
        assert b"south" not in north.get(path).content and b"north" not in south.get(path).content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_phone", "call me"),
        ("contact_phone", "javascript:1"),
        ("contact_email", "nobody"),
        ("public_home", "yes"),
        ("about", "x" * 4_001),
        ("headline", "a\x00"),
    ],
)
def test_what_is_said_is_checked(tenant, publish, field, value):
    with pytest.raises(BrandRefused):
        publish(tenant, **{field: value})


def test_the_settings_page_switches_it(tenant, sign_in, now_of):
    values = draft_of(tenant).values.stored()
    # A box that is not ticked is not sent.
    unticked = {name: value for name, value in values.items() if name != "public_home"}
    answer = sign_in(tenant).post("/settings/brand/", {**unticked, "version": 0, "about": "We plant."})
    assert answer.status_code == 303
    draft = draft_of(now_of(tenant)).values
    assert (draft.public_home, draft.about) == (False, "We plant.")


def test_it_costs_no_query(tenant, publish, client_for, django_assert_num_queries):
    publish(tenant, about="Much to say. " * 200)
    client = client_for(tenant)
    client.get("/")
    with django_assert_num_queries(0):
        assert client.get("/").status_code == 200
