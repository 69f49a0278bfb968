import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template.loader import get_template, render_to_string

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/lucide.svg").read_text()))
# A block of JSON is data, which the policy lets stand.
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:\bsrc=|type=\"application/json\"))"
    r"|javascript:|hx-on|hx-vals=[\"']?js:",
    re.IGNORECASE,
)
OUTSIDE = re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//")


def name_of(path):
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_load_and_keep_to_the_content_security_policy(path):
    get_template(name_of(path))
    source = path.read_text()
    # Mail programs load no stylesheets, so a message brings its styles along.
    assert name_of(path).startswith("email/") or not INLINE.search(source)
    assert not OUTSIDE.search(source)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_use_icons_that_exist(path):
    assert set(re.findall(r"{% icon \"([^\"]+)\"", path.read_text())) <= SPRITE


def test_scripts_and_styles_fetch_nothing_from_elsewhere():
    for path in [*(ROOT / "static/css").glob("*.css"), *(ROOT / "static/js").glob("*.js")]:
        assert "//" not in re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE), path.name


def test_every_file_that_a_stylesheet_names_exists():
    for path in (ROOT / "static/css").glob("*.css"):
        for target in re.findall(r"url\(([^)]+)\)", path.read_text()):
            assert (path.parent / target).is_file(), target


@pytest.mark.parametrize(
    "licence", ["fonts/LICENSE-inter", "fonts/LICENSE-manrope", "fonts/LICENSE-source-serif-4", "icons/LICENSE-lucide"]
)
def test_what_others_made_comes_with_its_licence(licence):
    assert (
        "Copyright" in (ROOT / f"static/{licence}.txt").read_text()
        or "©" in (ROOT / f"static/{licence}.txt").read_text()
    )


def page(rf, tenant, **context):
    request = rf.get("/")
    request.tenant, request.request_id, request.user = tenant, "request-1234", context.pop("user", AnonymousUser())
    request._messages = context.pop("messages", [])
    return render_to_string("base.html", context, request=request)


def test_a_page_has_what_assistive_technology_needs(rf, ref):
    html = page(rf, ref())
    assert '<html lang="en" dir="ltr"' in html
    assert '<a class="skip" href="#main">' in html
    assert 'id="main"' in html
    assert '<meta name="viewport"' in html
    assert 'role="status" aria-live="polite"' in html


def test_a_tenants_page_names_the_tenant_and_never_the_platform(rf, ref, settings):
    settings.PLATFORM_NAME = "The Platform"
    html = page(rf, ref())
    assert "· Riverbank Trust</title>" in html
    assert "The Platform" not in html
    assert "Livery" not in html


def test_a_page_carries_its_request_id(rf, ref):
    assert '<meta name="request-id" content="request-1234">' in page(rf, ref())


def test_htmx_evaluates_nothing_and_keeps_no_pages(rf, ref):
    html = page(rf, ref())
    for setting in (
        '"allowEval": false',
        '"selfRequestsOnly": true',
        '"historyCacheSize": 0',
        '"includeIndicatorStyles": false',
    ):
        assert setting in html


class Person(AnonymousUser):
    is_authenticated = True

    def get_username(self):
        return "ana@example.org"


def test_only_signed_in_people_get_a_token_for_htmx(rf, ref):
    assert "X-CSRFToken" not in page(rf, ref())
    html = page(rf, ref(), user=Person())
    assert re.search(r'<body class="" hx-headers=\'{"X-CSRFToken": "[A-Za-z0-9]{64}"}\'>', html)
    assert '<span class="sr">Account of ana@example.org</span>' in html


def test_messages_are_announced_by_their_weight(rf, ref):
    html = page(rf, ref(), messages=[Message(constants.SUCCESS, "Saved <1>"), Message(constants.ERROR, "Not saved")])
    assert 'class="alert alert--success" role="status"' in html
    assert "Saved &lt;1&gt;" in html
    assert 'class="alert alert--error" role="alert"' in html


def test_an_empty_list_offers_what_to_do():
    html = render_to_string("components/empty.html", {"title": "No jobs", "href": "/new/", "action": "Start one"})
    assert '<a class="btn btn--primary" href="/new/">Start one</a>' in html
    assert "<a" not in render_to_string("components/empty.html", {"title": "No jobs"})


def test_a_search_keeps_what_was_typed():
    html = render_to_string("components/search.html", {"label": "Search jobs", "page": {"search": '"><script>'}})
    assert 'value="&quot;&gt;&lt;script&gt;"' in html
    assert '<label class="sr" for="search">Search jobs</label>' in html


def test_pages_have_links_only_where_there_are_pages():
    html = render_to_string("components/pager.html", {"page": {"newer": "", "older": "search=a&after=1"}})
    assert 'href="?search=a&amp;after=1"' in html
    assert "Newer" not in html
    assert render_to_string("components/pager.html", {"page": {"newer": "", "older": ""}}).strip() == ""
