from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.tenancy import tenant_context
from tests.core.api.shelf import Book

BOOKS = "/api/v1/shelf/books/"
READER = {"X-Actor": "user:ada:shelf.view"}
COUNT = 23


@pytest.fixture
def books(library):
    chance = Random(7)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return Book.objects.bulk_create(
        Book(
            title=f"Book {chance.randrange(5)}",
            pages=chance.randrange(4),
            rating=chance.choice([None, Decimal("1.5"), Decimal("4.0")]),
            printed=chance.choice([None, date(2025, 1, 1), date(2026, 3, 31)]),
            added=start + timedelta(microseconds=chance.randrange(3)),
        )
        for _ in range(COUNT)
    )


def pages_of(client, url, link="next"):
    pages = []
    while url:
        response = client.get(url, headers=READER)
        assert response.status_code == 200, response.content
        pages.append([each["id"] for each in response.json()["results"]])
        url = response.json()[link]
        last = response.json()
    return pages, last


ORDERINGS = ["title", "-title", "rating", "-rating", "printed,-rating", "-printed,title,pages", "added", "-added,pages"]


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("size", [1, 4, 22, 23, 24])
def test_pages_forward_and_back_are_the_whole_list_in_order(library, books, ordering, size):
    names = ordering.split(",")
    whole = [
        str(key)
        for key in Book.objects.order_by(*names, "-pk" if names[0][0] == "-" else "pk").values_list("pk", flat=True)
    ]
    forward, last = pages_of(library, f"{BOOKS}?ordering={ordering}&page_size={size}")
    assert [key for page in forward for key in page] == whole
    assert {len(page) for page in forward[:-1]} <= {size}
    assert last["next"] is None
    if len(forward) > 1:
        backward, first = pages_of(library, last["previous"], "previous")
        assert [key for page in reversed(backward) for key in page] == whole[: -len(forward[-1])]
        assert first["previous"] is None
        again, _ = pages_of(library, first["next"])
        assert again[-1] == forward[-1]


def test_one_page_has_no_neighbours(library, books):
    answer = library.get(BOOKS, headers=READER).json()
    assert (answer["next"], answer["previous"], len(answer["results"])) == (None, None, COUNT)
    assert list(answer) == ["next", "previous", "results"]


def test_nothing_is_an_empty_page(library):
    assert library.get(BOOKS, headers=READER).json() == {"next": None, "previous": None, "results": []}


def test_rows_that_come_and_go_are_neither_repeated_nor_skipped(library, books):
    url = f"{BOOKS}?ordering=title&page_size=5"
    first = library.get(url, headers=READER).json()
    seen = [each["id"] for each in first["results"]]
    Book.objects.filter(pk__in=seen[-2:]).delete()
    Book.objects.create(title="A")
    rest, _ = pages_of(library, first["next"])
    rest = [key for page in rest for key in page]
    assert not set(seen) & set(rest)
    assert set(seen) | set(rest) == {str(book.pk) for book in books}


def test_a_page_from_which_all_rows_went_is_empty(library, books):
    first = library.get(f"{BOOKS}?page_size=5", headers=READER).json()
    Book.objects.exclude(pk__in=[each["id"] for each in first["results"]]).delete()
    assert library.get(first["next"], headers=READER).json() == {"next": None, "previous": None, "results": []}


def test_links_keep_the_other_parameters(library, books):
    answer = library.get(f"{BOOKS}?page_size=2&search=Book&ordering=-title&pages=1&pages=2", headers=READER).json()
    for part in ("page_size=2", "search=Book", "ordering=-title", "pages=1", "pages=2", "cursor="):
        assert part in answer["next"]
    assert answer["next"].startswith("http://testserver/api/v1/shelf/books/?")


@pytest.mark.parametrize("size", ["0", "-1", "201", "1e2", "abc", "", "٥", "99999999999999999999", "1.0", " 5"])
def test_a_page_has_a_bounded_size(library, size):
    response = library.get(BOOKS, {"page_size": size}, headers=READER)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "page_size")


def test_a_page_of_the_largest_size_is_answered(library, books):
    assert library.get(f"{BOOKS}?page_size=200", headers=READER).status_code == 200


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_a_made_up_cursor_is_refused(library, text):
    response = library.get(BOOKS, {"cursor": text}, headers=READER)
    assert (response.status_code, response.json()["type"]) == (400, "/problems/invalid_cursor")


def test_a_cursor_is_nothing_in_another_organisation_or_list(library, books, other_tenant):
    url = library.get(f"{BOOKS}?page_size=2", headers=READER).json()["next"]
    with tenant_context(other_tenant):
        assert library.get(url, headers=READER).json()["type"] == "/problems/invalid_cursor"
    assert library.get(f"{url}&ordering=-title", headers=READER).json()["type"] == "/problems/invalid_cursor"


def test_a_page_costs_one_query_at_any_depth(library, books, tenant):
    url = f"{BOOKS}?page_size=3&ordering=-rating"
    counts = []
    while url:
        with CaptureQueriesContext(connections[tenant.cell]) as queries:
            url = library.get(url, headers=READER).json()["next"]
        counts.append(len(queries))
    assert set(counts) == {1}


def test_a_list_that_is_sorted_by_nothing_is_sorted_by_key(library, books, monkeypatch):
    from tests.core.api.shelf import BookViewSet

    monkeypatch.setattr(BookViewSet, "ordering", ("-pk",))
    [page], _ = pages_of(library, BOOKS)
    assert page == sorted((str(book.pk) for book in books), reverse=True)
