import pytest

from core import errors
from core.errors import (
    Conflict,
    LiveryError,
    NotFound,
    PermissionRefused,
    SecondFactorRequired,
    Unavailable,
    Unprocessable,
)

KINDS = {
    LiveryError: (400, "refused"),
    PermissionRefused: (403, "permission_refused"),
    SecondFactorRequired: (403, "second_factor_required"),
    NotFound: (404, "not_found"),
    Conflict: (409, "conflict"),
    Unprocessable: (422, "invalid"),
    Unavailable: (503, "unavailable"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_refusal_has_its_status_and_code(kind: type[LiveryError]):
    refusal = kind("Pick another date.")
    assert (refusal.status, refusal.code) == KINDS[kind]
    assert str(refusal) == "Pick another date."
    assert refusal.title
    assert refusal.errors == []
    assert isinstance(refusal, LiveryError)


def test_the_table_of_kinds_is_whole():
    assert {
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)
    } == set(KINDS)


def test_a_refusal_without_words_says_what_its_class_says():
    assert str(NotFound()) == NotFound.message
    assert str(Conflict()) == Conflict.title


def test_a_refusal_names_the_fields():
    found = ({"field": "date", "code": "past", "message": "This date is past."},)
    refusal = Unprocessable("Check the dates.", errors=found)
    assert refusal.errors == list(found)
    assert refusal.errors is not LiveryError("x").errors
