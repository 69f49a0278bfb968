"""The page that people see first."""

import re

import pytest
from django.core.cache import caches
from django.utils import translation

from core.tenancy import platform_context, tenant_context
from tests.support.factories.users import PASSWORD, make_user


@pytest.fixture
def home(client_for):
    """What somebody with a role sees first at a site."""

    def arrive(site, *roles, name="Ada <b>Byron</b>"):
        with platform_context() if site == "platform" else tenant_context(site):
            caches["platform" if site == "platform" else "tenant"].clear()
            make_user("ada@example.org", roles=roles, name=name)
        client = client_for(site)
        answer = client.post("/account/sign-in/", {"login": "ada@example.org", "password": PASSWORD}, follow=True)
        assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/")
        return answer.content.decode().partition("<main")[2].partition("</main>")[0]

    return arrive


def test_it_greets_by_first_name_and_shows_what_the_role_may_see(home, tenant):
    page = home(tenant, "tenant_admin")
    assert re.search(r"<h1>Good (morning|afternoon|evening), Ada</h1>", page)
    assert "Here is where North Ltd stands on" in page
    for part in ("People", "With two-factor", "Jobs at work", "Sign-ins", "First steps", "Activity, last 30 days"):
        assert part in page
    # The sign-in that led here.
    assert "Sign in" in page.partition("What happened last")[2]


def test_names_are_shown_as_text(home, tenant):
    page = home(tenant, "tenant_admin", name="<b>Ada</b>")
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page and "<b>Ada</b>" not in page


def test_what_the_role_does_not_open_is_not_there(home, tenant):
    page = home(tenant, "member")
    for part in ("With two-factor", "Jobs at work", "Sign-ins", "What happened last", "Invite a colleague"):
        assert part not in page
    # What there is instead leads where the person may go, and their own first steps stay.
    assert 'href="/people/account/"' in page and "Turn on two-factor sign-in" in page


def test_somebody_without_a_role_learns_whom_to_ask(home, tenant):
    assert "You have no role here yet." in home(tenant)


def test_the_platforms_people_see_their_own_figures_and_no_first_steps(home, db):
    page = home("platform", "platform_admin")
    assert "With two-factor" in page and "First steps" not in page


def test_nothing_is_posted_there(client_for, tenant):
    assert client_for(tenant).post("/").status_code == 405


def test_no_part_of_it_is_the_other_twins(home, tenant, other_tenant):
    with tenant_context(other_tenant):
        for number in range(7):
            make_user(f"south-{number}@example.org", name=f"Southerner {number}", roles=["member"])
    page = home(tenant, "tenant_admin")
    assert "Southerner" not in page
    assert re.search(r'kpi__value num"><[^>]*>1<|kpi__value num">1<', page.replace("\n", ""))


def test_it_asks_the_database_as_often_for_many_as_for_few(home, tenant, client_for, django_assert_max_num_queries):
    home(tenant, "tenant_admin")
    client = client_for(tenant)
    client.post("/account/sign-in/", {"login": "ada@example.org", "password": PASSWORD})

    def asked():
        # What a process remembers of the registry for seconds is asked for before.
        client.get("/account/disabled/")
        with django_assert_max_num_queries(24) as queries:
            page = client.get("/").content.decode()
        return page, [query["sql"][:150] for query in queries if "tenants_" not in query["sql"]]

    _page, few = asked()
    with tenant_context(tenant):
        for number in range(30):
            make_user(f"north-{number}@example.org", name=f"Northerner {number}", roles=["member"])
    page, many = asked()
    assert "Northerner" in page
    assert len(many) == len(few), "\n".join(many)


def test_every_class_of_the_page_has_a_style(home, tenant, settings):
    styles = "".join(path.read_text() for path in (settings.ROOT / "static" / "css").glob("*.css"))
    with translation.override("en"):
        page = home(tenant, "tenant_admin")
    used = {name for found in re.findall(r'class="([^"]+)"', page) for name in found.split()}
    known = {name for name in used if f".{name}" in styles}
    assert used - known <= {"chart-box", "swatch--1"}
