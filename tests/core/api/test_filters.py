from datetime import date

import pytest
from django_filters import CharFilter, RangeFilter

from core.api.filters import StrictFilterSet, filter_parameters
from tests.core.api.shelf import Book, BookFilter

BOOKS = "/api/v1/shelf/books/"
READER = {"X-Actor": "user:ada:shelf.view"}


@pytest.fixture
def books(library):
    for title, pages, printed in (
        ("Emma", 1, date(2025, 1, 1)),
        ("Emma II", 2, date(2026, 1, 1)),
        ("Middlemarch", 3, None),
    ):
        Book.objects.create(title=title, pages=pages, printed=printed)


def titles(client, query):
    response = client.get(f"{BOOKS}?{query}", headers=READER)
    assert response.status_code == 200, response.content
    return [each["title"] for each in response.json()["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("title=emma", ["Emma"]),
        ("pages=1&pages=2", ["Emma", "Emma II"]),
        ("printed_after=2025-06-01", ["Emma II"]),
        ("printed_after=2024-01-01&printed_before=2025-06-01", ["Emma"]),
        ("search=emma", ["Emma", "Emma II"]),
        ("search=emma+II", ["Emma II"]),
        ("search=", ["Emma", "Emma II", "Middlemarch"]),
        ("search=%25", []),
        ("ordering=-pages", ["Middlemarch", "Emma II", "Emma"]),
        ("ordering=title,-pages", ["Emma", "Emma II", "Middlemarch"]),
        ("search=emma&ordering=-title&pages=2", ["Emma II"]),
    ],
)
def test_what_is_asked_for_is_found(library, books, query, found):
    assert titles(library, query) == found


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("owner=ada", "owner", "unknown_parameter"),
        ("title__startswith=E", "title__startswith", "unknown_parameter"),
        ("sequel_of__owner=ada", "sequel_of__owner", "unknown_parameter"),
        ("printed=2025-01-01", "printed", "unknown_parameter"),
        ("_connector=OR", "_connector", "unknown_parameter"),
        ("format=json", "format", "unknown_parameter"),
        ("title=a&title=b", "title", "repeated_parameter"),
        ("cursor=a&cursor=b", "cursor", "repeated_parameter"),
        ("search=a&search=b", "search", "repeated_parameter"),
        ("pages=7", "pages", "invalid_choice"),
        ("printed_after=yesterday", "printed", "invalid"),
        ("title=a%00b", "title", "null_characters_not_allowed"),
        ("search=a%00b", "", "null_characters_not_allowed"),
        ("search=" + "a" * 201, "search", "invalid"),
        ("ordering=owner", "ordering", "invalid"),
        ("ordering=title,owner", "ordering", "invalid"),
        ("ordering=title,-title", "ordering", "invalid"),
        ("ordering=--title", "ordering", "invalid"),
        ("ordering=title,", "ordering", "invalid"),
        ("ordering=", "ordering", "invalid"),
        ("ordering=?", "ordering", "invalid"),
        ("ordering=sequel_of__owner", "ordering", "invalid"),
    ],
)
def test_what_a_list_does_not_take_is_refused_by_name(library, query, field, code):
    response = library.get(f"{BOOKS}?{query}", headers=READER)
    assert response.status_code == 400
    assert (response.json()["errors"][0]["field"], response.json()["errors"][0]["code"]) == (field, code)


def test_the_parameters_of_a_filter_set():
    class Ranged(StrictFilterSet):
        size = RangeFilter()
        name = CharFilter()

    assert filter_parameters(Ranged) == {"size_min": False, "size_max": False, "name": False}
    assert filter_parameters(BookFilter) == {
        "title": False,
        "printed_after": False,
        "printed_before": False,
        "pages": True,
    }
