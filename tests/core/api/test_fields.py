from decimal import Decimal
from types import SimpleNamespace

import pytest
from rest_framework import serializers

from core.actor import ANONYMOUS
from core.api.fields import ExactDecimalField, ExactIntegerField, MoneyField, ReferenceField, parse_uuid
from core.currencies import CURRENCIES
from core.money import Money

UUID = "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01"


@pytest.mark.parametrize(
    ("sent", "money"),
    [
        ({"amount": "1234.50", "currency": "EUR"}, Money(Decimal("1234.50"), "EUR")),
        ({"amount": 1234, "currency": "JPY"}, Money(1234, "JPY")),
        ({"amount": "-0.01", "currency": "EUR"}, Money(Decimal("-0.01"), "EUR")),
        ({"amount": "0.00000001", "currency": "BTC"}, Money(Decimal("0.00000001"), "BTC")),
    ],
)
def test_money_is_read(sent, money):
    assert MoneyField().run_validation(sent) == money


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        ("12.50 EUR", ["not_an_object"]),
        (12, ["not_an_object"]),
        (["12.50", "EUR"], ["not_an_object"]),
        ({}, {"amount": ["required"], "currency": ["required"]}),
        ({"amount": "1"}, {"currency": ["required"]}),
        ({"amount": "1", "currency": "EUR", "rate": "2"}, {"rate": ["unknown_field"]}),
        ({"amount": "1", "currency": 978}, {"currency": ["not_text"]}),
        ({"amount": "1", "currency": None}, {"currency": ["not_text"]}),
        ({"amount": "1", "currency": "eur"}, {"currency": ["unknown_currency"]}),
        ({"amount": 12.5, "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": True, "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": None, "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": {"a": 1}, "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": "NaN", "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": "1E+15", "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": "-0.00", "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": "1.234", "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": "1.0", "currency": "JPY"}, {"amount": ["invalid_amount"]}),
        ({"amount": "١٢.٠٠", "currency": "EUR"}, {"amount": ["invalid_amount"]}),
        ({"amount": 10**20, "currency": "EUR"}, {"amount": ["invalid_amount"]}),
    ],
)
def test_other_money_is_refused_and_the_member_named(sent, codes):
    with pytest.raises(serializers.ValidationError) as refusal:
        MoneyField().run_validation(sent)
    assert refusal.value.get_codes() == codes


def test_a_price_may_have_more_decimals():
    sent = {"amount": "0.1234", "currency": "EUR"}
    assert MoneyField(decimals=4).run_validation(sent) == Money(Decimal("0.1234"), "EUR")


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_money_is_written_with_the_decimals_of_its_currency(code):
    written = MoneyField().to_representation(Money(Decimal("7.00000000"), code))
    whole, _, decimals = written["amount"].partition(".")
    assert (whole, len(decimals), written["currency"]) == ("7", CURRENCIES[code].exponent, code)


@pytest.mark.parametrize(("sent", "value"), [("12.50", "12.50"), (12, "12.00"), ("-1", "-1.00")])
def test_a_decimal_is_read_exactly(sent, value):
    assert str(ExactDecimalField(max_digits=6, decimal_places=2).run_validation(sent)) == value


@pytest.mark.parametrize("sent", [12.5, True, "1e2", "NaN", "Infinity", "１２", "1.234", "-0", "12345.00", " 1", [1]])
def test_another_decimal_is_refused(sent):
    with pytest.raises(serializers.ValidationError):
        ExactDecimalField(max_digits=6, decimal_places=2).run_validation(sent)


def test_a_decimal_without_places_has_those_of_money():
    field = ExactDecimalField(max_digits=None, decimal_places=None)
    assert field.run_validation("1.12345678") == Decimal("1.12345678")
    with pytest.raises(serializers.ValidationError):
        field.run_validation("1.123456789")


@pytest.mark.parametrize(("sent", "value"), [(12, 12), ("12", 12), ("-3", -3), (0, 0)])
def test_a_whole_number_is_read(sent, value):
    assert ExactIntegerField().run_validation(sent) == value


@pytest.mark.parametrize("sent", [True, 1.0, "1.0", "1e3", "١٢", " 1", "", "0x1", "9" * 30, [1], {}])
def test_another_whole_number_is_refused(sent):
    with pytest.raises(serializers.ValidationError):
        ExactIntegerField().run_validation(sent)


@pytest.mark.parametrize("written", [UUID, UUID.upper()])
def test_an_id_has_one_spelling(written):
    assert str(parse_uuid(written)) == UUID


@pytest.mark.parametrize(
    "written",
    [
        UUID.replace("-", ""),
        f"{{{UUID}}}",
        f"urn:uuid:{UUID}",
        "1",
        "",
        None,
        5,
        10**40,
        ["x"],
        {},
        UUID[:-1],
        f"{UUID} ",
    ],
)
def test_another_spelling_is_no_id(written):
    assert parse_uuid(written) is None


class Rows(list):
    def filter(self, pk):
        return Rows(row for row in self if str(row.pk) == str(pk))

    def first(self):
        return self[0] if self else None


def reference(visible):
    field = ReferenceField(selector=lambda *, actor: Rows(visible))
    holder = serializers.Serializer(context={"request": SimpleNamespace(actor=ANONYMOUS)})
    field.bind("book", holder)
    return field


def test_a_reference_is_an_object_that_the_actor_sees():
    book = SimpleNamespace(pk=UUID)
    assert reference([book]).run_validation(UUID) is book
    assert reference([book]).to_representation(book) == UUID


@pytest.mark.parametrize("sent", [UUID, UUID[:-1] + "2", "1", 1, [UUID], {"id": UUID}])
def test_a_missing_a_hidden_and_a_malformed_reference_are_refused_alike(sent):
    with pytest.raises(serializers.ValidationError) as refusal:
        reference([]).run_validation(sent)
    assert refusal.value.get_full_details() == [
        {"message": "There is no such object, or you may not see it.", "code": "unknown_reference"}
    ]
