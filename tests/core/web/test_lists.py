from uuid import UUID

import pytest
from django.http import QueryDict

from core.tenancy import tenant_context
from core.web.lists import LONGEST_SEARCH, page_of
from shared_apps.trail.models import TrailEntry


@pytest.fixture
def entries(tenant):
    """Seven rows, oldest first, in the tenant's context."""
    with tenant_context(tenant):
        yield [
            TrailEntry.objects.create(
                id=UUID(int=n + 1),
                actor_kind="system",
                action="tests.noted",
                object_type="note",
                object_id=str(n),
                object_label=f"Note {n}%",
            )
            for n in range(7)
        ]


def page(query="", **options):
    rows = TrailEntry.objects.filter(action="tests.noted")
    return page_of(rows, QueryDict(query), size=3, **options)


def numbers(found):
    return [int(row.object_id) for row in found.rows]


@pytest.mark.usefixtures("entries")
def test_pages_lead_from_newest_to_oldest_and_back():
    first = page()
    second = page(first.older)
    third = page(second.older)
    assert [numbers(found) for found in (first, second, third)] == [[6, 5, 4], [3, 2, 1], [0]]
    assert (first.newer, third.older) == ("", "")
    assert numbers(page(third.newer)) == [3, 2, 1]
    assert numbers(page(page(third.newer).newer)) == [6, 5, 4]
    assert page(page(third.newer).newer).newer == ""


@pytest.mark.usefixtures("entries")
def test_a_row_that_comes_in_between_moves_no_other():
    first = page()
    TrailEntry.objects.create(actor_kind="system", action="tests.noted", object_type="note", object_id="99")
    assert numbers(page(first.older)) == [3, 2, 1]


@pytest.mark.usefixtures("entries")
def test_the_neighbours_keep_the_other_parameters():
    assert page("state=open&after=x&search=Note", search=["object_label"]).older.startswith(
        "state=open&search=Note&after="
    )


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("text", "found"), [("note 3", [3]), ("3%", [3]), ("zebra", []), ("  ", [6, 5, 4]), ("\0", [6, 5, 4])]
)
def test_a_search_looks_into_the_named_columns(text, found):
    assert numbers(page(f"search={text.replace('%', '%25')}", search=["object_label", "summary"])) == found


@pytest.mark.usefixtures("entries")
def test_a_search_is_remembered_and_limited():
    assert page("search=" + "x" * 5000, search=["object_label"]).search == "x" * LONGEST_SEARCH
    assert numbers(page("search=zebra")) == [6, 5, 4]


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("query", ["after=nonsense", "before=1%20OR%201=1", "after=", "after=%00"])
def test_a_key_that_is_none_begins_at_the_newest(query):
    assert numbers(page(query)) == [6, 5, 4]


def test_an_empty_list_has_no_neighbours(tenant):
    with tenant_context(tenant):
        found = page()
    assert (found.rows, found.newer, found.older) == ([], "", "")


@pytest.mark.usefixtures("entries")
def test_a_page_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        page()
