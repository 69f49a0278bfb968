from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Value
from django.db.models.functions import Length, Lower
from hypothesis import given
from hypothesis import strategies as st

from core.api.cursors import Cursor, InvalidCursor, after, read_cursor, terms_of, write_cursor
from core.tenancy import platform_context, tenant_context
from tests.core.api.shelf import Book

PATH = "/api/v1/shelf/books/"
KEY = UUID("0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01")


@pytest.fixture(autouse=True)
def _platform():
    with platform_context():
        yield


def terms(*names):
    return terms_of(Book.objects.order_by(*names))


def test_an_ordering_becomes_total_by_the_key():
    assert [term.ordering for term in terms("title")] == ["title", "pk"]
    assert [term.ordering for term in terms("-title")] == ["-title", "-pk"]
    assert [term.ordering for term in terms("title", "-pk", "pages")] == ["title", "-pk", "pages"]
    assert [term.ordering for term in terms()] == ["pk"]


@pytest.mark.parametrize("ordering", ["?", Lower("title"), "sequel_of", "nothing", "sequel_of__nothing"])
def test_an_ordering_that_no_cursor_could_continue_is_refused(ordering):
    from django.core.exceptions import FieldError

    with pytest.raises((ImproperlyConfigured, FieldError)):
        terms(ordering)


def test_relations_and_annotations_can_be_sorted_by():
    [term, _] = terms("sequel_of__title")
    assert term.nullable and term.value_of(Book(sequel_of=Book(title="First"))) == "First"
    assert term.value_of(Book()) is None
    assert terms("sequel_of_id")[0].value_of(Book(sequel_of_id=KEY)) == KEY
    assert terms("sequel_of__pk")[0].nullable
    [term, _] = terms_of(Book.objects.annotate(length=Length("title")).order_by("-length"))
    assert (term.ordering, term.nullable) == ("-length", True)
    assert terms_of(Book.objects.annotate(n=Count("sequel_of")).order_by("n"))[0].name == "n"
    assert terms_of(Book.objects.annotate(one=Value(1)).order_by("one"))[0].name == "one"


values = {
    "title": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    "pages": st.integers(-(2**31), 2**31 - 1),
    "rating": st.none() | st.decimals(-99, 99, places=1),
    "printed": st.none() | st.dates(),
    "added": st.datetimes(timezones=st.just(UTC)),
    "sequel_of_id": st.none() | st.uuids(),
}


@given(st.data(), st.lists(st.sampled_from(sorted(values)), unique=True, max_size=3), st.booleans(), st.uuids())
def test_a_cursor_is_read_as_it_was_written(data, names, backwards, key):
    with platform_context():
        found = terms(*names)
        cursor = Cursor((*[data.draw(values[name]) for name in names], key), backwards)
        assert read_cursor(write_cursor(cursor, found, path=PATH), found, path=PATH) == cursor


def test_moments_keep_their_microseconds():
    found = terms("added")
    cursor = Cursor((datetime(2026, 3, 31, 9, 30, 0, 123456, UTC), KEY))
    assert read_cursor(write_cursor(cursor, found, path=PATH), found, path=PATH).values[0].microsecond == 123456


def test_dates_times_and_decimals_are_written_plainly():
    from core.api.cursors import _plain

    assert [_plain(value) for value in (date(2026, 3, 31), time(9, 30), Decimal("1.50"), KEY, 5, None, True)] == [
        "2026-03-31",
        "09:30:00",
        "1.50",
        str(KEY),
        5,
        None,
        True,
    ]


@pytest.fixture
def written():
    return write_cursor(Cursor(("Emma", KEY)), terms("title"), path=PATH)


def test_a_cursor_needs_no_escaping_in_a_url(written):
    from urllib.parse import quote

    assert quote(written, safe="") == written


def test_a_cursor_is_of_one_list(written):
    with pytest.raises(InvalidCursor):
        read_cursor(written, terms("title"), path="/api/v1/shelf/magazines/")


def test_a_cursor_is_of_one_ordering(written):
    for other in (terms("-title"), terms("title", "pages"), terms("pages")):
        with pytest.raises(InvalidCursor):
            read_cursor(written, other, path=PATH)


def test_a_cursor_is_of_one_organisation_and_one_life_of_it(written, ref):
    from dataclasses import replace

    mine = ref()
    with tenant_context(mine):
        with pytest.raises(InvalidCursor):
            read_cursor(written, terms("title"), path=PATH)
        own = write_cursor(Cursor(("Emma", KEY)), terms("title"), path=PATH)
    for stranger in (replace(mine, uuid=KEY), replace(mine, epoch=2)):
        with tenant_context(stranger), pytest.raises(InvalidCursor):
            read_cursor(own, terms("title"), path=PATH)


def test_every_change_of_a_character_is_noticed(written):
    for index, character in enumerate(written):
        changed = written[:index] + ("A" if character != "A" else "B") + written[index + 1 :]
        with pytest.raises(InvalidCursor):
            read_cursor(changed, terms("title"), path=PATH)


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_anything_else_is_refused(text):
    with platform_context(), pytest.raises(InvalidCursor):
        read_cursor(text, terms("title"), path=PATH)


def test_a_value_that_the_column_no_longer_takes_is_refused():
    old = terms("title")
    new = terms("printed")
    text = write_cursor(Cursor(("not a date", KEY)), new, path=PATH)
    with pytest.raises(InvalidCursor):
        read_cursor(text, new, path=PATH)
    assert read_cursor(write_cursor(Cursor(("x", KEY)), old, path=PATH), old, path=PATH).values[0] == "x"


def test_a_column_without_null_bounds_the_search_for_its_index():
    sql = str(Book.objects.filter(after(terms("title"), ("Emma", KEY))).query)
    assert '"title" >= Emma AND' in sql
    sql = str(Book.objects.filter(after(terms("-rating"), (Decimal("1.0"), KEY))).query)
    assert '"rating" <= ' not in sql
