from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError

from core.money import MAX_AMOUNT
from core.tenancy import atomic, cursor
from tests.core.api.shelf import Book


@pytest.fixture
def book(library):
    return Book.objects.create(title="Emma", price=Decimal("12.50"))


def test_money_comes_back_as_it_went(book):
    for amount in (MAX_AMOUNT, -MAX_AMOUNT, Decimal("0.00000001"), Decimal(0)):
        book.price = amount
        book.save()
        book.refresh_from_db()
        assert book.price == amount


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1E+20", "-1E+20"])
def test_the_database_itself_refuses_what_is_no_amount(book, written):
    with pytest.raises((IntegrityError, DataError)), atomic(), cursor() as opened:
        opened.execute("UPDATE shelf_book SET price = %s::numeric WHERE id = %s", [written, book.pk])
    book.refresh_from_db()
    assert book.price == Decimal("12.50")


def test_the_check_refuses_nan_where_the_column_would_take_it(book):
    with pytest.raises(IntegrityError, match="shelf_book_price_bounds"), atomic(), cursor() as opened:
        opened.execute("UPDATE shelf_book SET price = 'NaN' WHERE id = %s", [book.pk])
