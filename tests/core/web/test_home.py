"""The page that people see first."""

import re

import pytest
from django.utils import translation

from core.tenancy import platform_context, tenant_context
from tests.support.factories.users import PASSWORD, make_user


@pytest.fixture
def home(client_for):
    """What somebody with a role sees first at a site."""

    def arrive(site, *roles):
        with platform_context() if site == "platform" else tenant_context(site):
            make_user("ada@example.org", roles=roles, name="Ada <b>Byron</b>")
        client = client_for(site)
        answer = client.post("/account/sign-in/", {"login": "ada@example.org", "password": PASSWORD}, follow=True)
        assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/")
        return answer.content.decode().partition("<main")[2]

    return arrive


def test_it_greets_by_name_and_lists_what_the_role_opens(home, tenant):
    page = home(tenant, "tenant_admin")
    assert "Welcome, Ada &lt;b&gt;Byron&lt;/b&gt;" in page
    for path in ("/settings/", "/people/account/", "/jobs/", "/events/"):
        assert f'href="{path}"' in page
    assert "/tenants/" not in page


def test_what_the_role_does_not_open_is_not_there(home, tenant):
    page = home(tenant, "member")
    assert 'href="/people/account/"' in page
    for path in ("/settings/", "/jobs/", "/events/"):
        assert f'href="{path}"' not in page


def test_somebody_without_a_role_learns_whom_to_ask(home, tenant):
    assert "You have no role here yet." in home(tenant)


def test_the_platforms_people_find_the_organisations(home, db):
    assert 'href="/tenants/"' in home("platform", "platform_admin")


def test_nothing_is_posted_there(client_for, tenant):
    assert client_for(tenant).post("/").status_code == 405


def test_every_class_of_the_page_has_a_style(home, tenant, settings):
    styles = "".join(path.read_text() for path in (settings.ROOT / "static" / "css").glob("*.css"))
    with translation.override("en"):
        page = home(tenant, "tenant_admin").partition("</main>")[0]
    used = {name for found in re.findall(r'class="([^"]+)"', page) for name in found.split()}
    assert {name for name in used if f".{name}" not in styles} == set()
