import pickle
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from babel import Locale
from babel.numbers import list_currencies
from django.db import connection, models
from hypothesis import given, settings
from hypothesis import strategies as st

from core.currencies import CURRENCIES, STORED_DECIMALS, Currency, UnknownCurrency, currency_of
from core.money import (
    MAX_AMOUNT,
    AmountField,
    CurrencyMismatch,
    InvalidAmount,
    Money,
    amount_constraints,
    amount_field,
    parse_amount,
    round_half_up,
)

# A loaded machine may take long over one example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

codes = st.sampled_from(sorted(CURRENCIES))
amounts = st.decimals(min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT, places=8)
small = st.decimals(min_value=Decimal(-(10**9)), max_value=Decimal(10**9), places=8)


@pytest.mark.parametrize(
    ("code", "exponent"),
    [
        ("EUR", 2),
        ("USD", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("TND", 3),
        ("IQD", 3),
        ("CLF", 4),
        ("UYW", 4),
        ("ALL", 2),
        ("IDR", 2),
        ("MGA", 2),
        ("BTC", 8),
        ("USDC", 6),
        ("POINT", 0),
        ("CREDIT", 2),
    ],
)
def test_a_currency_has_the_exponent_of_its_standard(code, exponent):
    assert currency_of(code).exponent == exponent


def test_every_iso_code_is_known_to_cldr_and_no_unit_shadows_one():
    known = set(list_currencies())
    assert {code for code, each in CURRENCIES.items() if each.kind == "iso"} <= known
    assert not {code for code, each in CURRENCIES.items() if each.kind == "unit"} & known
    assert len([each for each in CURRENCIES.values() if each.kind == "iso"]) == 164


def test_no_currency_has_more_decimals_than_columns_hold():
    assert max(each.exponent for each in CURRENCIES.values()) == STORED_DECIMALS


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XAU", "XXX", "HRK", "€", "EU\u0280", "E" * 500])
def test_an_unknown_code_is_refused_in_few_words(code):
    with pytest.raises(UnknownCurrency) as refusal:
        Money(Decimal(1), code)
    assert len(str(refusal.value)) < 120


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        CURRENCIES["ABC"] = Currency("ABC", 2, "iso")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("0.5", 0, "1"),
        ("1.5", 0, "2"),
        ("2.5", 0, "3"),
        ("-0.5", 0, "-1"),
        ("-2.5", 0, "-3"),
        ("1.005", 2, "1.01"),
        ("2.675", 2, "2.68"),
        ("-1.005", 2, "-1.01"),
        ("1.00499999999999999999", 2, "1.00"),
        ("1.2345", 3, "1.235"),
        ("99999999999999999999.994", 2, "99999999999999999999.99"),
    ],
)
def test_ties_are_rounded_away_from_zero(value, decimals, expected):
    assert str(round_half_up(Decimal(value), decimals)) == expected


@given(amounts, st.integers(0, 8))
def test_rounding_agrees_with_the_definition(value, decimals):
    with localcontext(prec=60):
        units = abs(value) * 10**decimals
        expected = int(units + Decimal("0.5")) * Decimal(10) ** -decimals
        assert abs(round_half_up(value, decimals)) == expected
        assert round_half_up(value, decimals) == value.quantize(Decimal(10) ** -decimals, ROUND_HALF_UP)


@given(amounts, codes)
def test_rounding_twice_is_rounding_once(value, code):
    once = Money(value, code).rounded() if abs(value) < MAX_AMOUNT - 1 else Money(0, code)
    assert once.rounded() == once
    assert once.minor_units == int(once.minor_units)


def test_nothing_rounds_to_a_negative_zero():
    assert str(round_half_up(Decimal("-0.004"), 2)) == "0.00"
    assert str(Money(Decimal("-0.00"), "EUR").amount) == "0.00"
    assert Money(Decimal("-0.001"), "EUR").rounded().text == "0.00"
    assert (Money(5, "EUR") * Decimal("-0")).text == "0.00"
    assert (-Money(0, "EUR")).text == "0.00"


@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "1E+20", "1E+999999", "1E-61", "1E-999999", "0E+999999"]
)
def test_what_is_not_a_bounded_number_is_no_money(value):
    with pytest.raises(InvalidAmount):
        Money(Decimal(value), "EUR")
    with pytest.raises(InvalidAmount):
        round_half_up(Decimal(value), 2)


@pytest.mark.parametrize("value", [1.5, True, "1.50", None, float("nan")])
def test_only_decimals_and_integers_are_money(value):
    with pytest.raises(TypeError):
        Money(value, "EUR")
    with pytest.raises(TypeError):
        Money(1, "EUR") * value


def test_the_bounds_themselves_are_allowed():
    assert Money(MAX_AMOUNT, "EUR").amount == Decimal("99999999999999999999.99999999")
    assert Money(-MAX_AMOUNT, "EUR").amount == -MAX_AMOUNT
    with pytest.raises(InvalidAmount):
        Money(MAX_AMOUNT, "EUR") + Money(Decimal("0.00000001"), "EUR")


@pytest.mark.parametrize("written", ["0", "1", "-1", "1234.50", "0.5", "99999999999999999999.99", "-0.01", "10.00"])
def test_plain_numbers_are_read(written):
    assert parse_amount(written, decimals=2) == Decimal(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "01",
        "00.5",
        ".5",
        "5.",
        "1,5",
        "1_000",
        "1e3",
        "1E+15",
        "NaN",
        "Infinity",
        "-",
        "--1",
        "0x10",
        "１２",
        "١٢.٠٠",
        "1.5٠",
        "−1",
        "1" * 21,
        "1.2.3",
        "9" * 100000,
        "1\x00",
    ],
)
def test_other_writings_are_refused(written):
    with pytest.raises(InvalidAmount):
        parse_amount(written, decimals=8)


@pytest.mark.parametrize("written", ["-0", "-0.0", "-0.00"])
def test_zero_has_no_minus(written):
    with pytest.raises(InvalidAmount, match="without a minus"):
        parse_amount(written, decimals=2)


@pytest.mark.parametrize("written", [1.5, True, None, b"1", ["1"], Decimal(1)])
def test_amounts_come_as_text_or_whole_numbers(written):
    with pytest.raises(InvalidAmount, match="as text"):
        parse_amount(written, decimals=2)


@pytest.mark.parametrize(
    ("code", "written", "message"),
    [
        ("EUR", "1.234", "Only 2 decimals are"),
        ("EUR", "1.230", "Only 2 decimals are"),
        ("JPY", "1.0", "No decimals are"),
        ("KWD", "1.2345", "Only 3 decimals are"),
        ("BTC", "1.123456789", "Only 8 decimals are"),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused(code, written, message):
    with pytest.raises(InvalidAmount, match=message):
        Money.parse(written, code)


def test_a_price_may_be_read_with_more_decimals():
    assert Money.parse("0.1234", "EUR", decimals=4).amount == Decimal("0.1234")
    with pytest.raises(InvalidAmount, match="Only one decimal is"):
        Money.parse("0.12", "EUR", decimals=1)


def test_whole_numbers_are_read_within_bounds():
    assert Money.parse(1234, "EUR").text == "1234.00"
    with pytest.raises(InvalidAmount):
        Money.parse(10**20, "EUR")


@given(amounts, codes)
def test_what_is_written_is_read_back(value, code):
    money = Money(value, code)
    assert Money.parse(money.text, code, decimals=8) == money
    assert "E" not in money.text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        ("1234.50000000", "EUR", "1234.50"),
        ("1E+3", "JPY", "1000"),
        ("1E+3", "EUR", "1000.00"),
        ("1.005", "EUR", "1.005"),
        ("0E-8", "KWD", "0.000"),
        ("-3", "BTC", "-3.00000000"),
    ],
)
def test_text_has_the_decimals_of_the_currency(value, code, text):
    money = Money(Decimal(value), code)
    assert money.text == text
    assert str(money) == f"{text} {code}"


@given(codes, small, small)
def test_adding_and_subtracting_is_exact(code, one, other):
    with localcontext(prec=60):
        assert (Money(one, code) + Money(other, code)).amount == one + other
        assert (Money(one, code) - Money(other, code)).amount == one - other
    assert Money(one, code) + Money(other, code) - Money(other, code) == Money(one, code)


@given(codes, small, small)
def test_multiplying_is_exact(code, amount, factor):
    with localcontext(prec=100):
        assert (Money(amount, code) * factor).amount == amount * factor
        assert (factor * Money(amount, code)).amount == amount * factor


def test_a_chain_of_products_ends_in_an_error_and_never_in_a_lost_digit():
    money = Money(Decimal("1.00000001"), "EUR")
    with pytest.raises(InvalidAmount):
        for _ in range(10):
            money = money * Decimal("1.00000001")


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet(operation):
    with pytest.raises(CurrencyMismatch):
        getattr(Money(1, "EUR"), operation)(Money(1, "USD"))


def test_money_and_numbers_do_not_add_up():
    money = Money(1, "EUR")
    for operation in (
        lambda: money + 1,
        lambda: money - 1,
        lambda: 1 + money,
        lambda: money * money,
        lambda: money / 2,
    ):
        with pytest.raises(TypeError):
            operation()


def test_comparison_and_sign():
    one, two = Money(1, "EUR"), Money(2, "EUR")
    assert one < two and one <= two and two > one and two >= one
    assert one == Money(Decimal("1.00"), "EUR") and hash(one) == hash(Money(Decimal("1.00"), "EUR"))
    assert one != Money(1, "USD")
    assert one and not Money.zero("EUR")
    assert abs(-two) == two and -two == Money(-2, "EUR")


def test_a_total_is_zero_of_nothing_and_refuses_another_currency():
    assert Money.total([], "JPY") == Money(0, "JPY")
    assert Money.total([Money(1, "EUR"), Money(2, "EUR")], "EUR") == Money(3, "EUR")
    with pytest.raises(CurrencyMismatch):
        Money.total([Money(1, "EUR")], "JPY")


@given(codes, st.integers(-(10**12), 10**12))
def test_minor_units_there_and_back(code, units):
    assert Money.from_minor_units(units, code).minor_units == units


def test_an_unrounded_amount_has_no_minor_units():
    with pytest.raises(InvalidAmount, match="rounded first"):
        _ = Money(Decimal("1.005"), "EUR").minor_units


@given(codes, st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_allocating_loses_nothing_and_stays_next_to_the_exact_share(code, units, weights):
    money = Money.from_minor_units(units, code)
    if not any(weights):
        with pytest.raises(ValueError, match="at least one"):
            money.allocate(weights)
        return
    parts = money.allocate(weights)
    assert Money.total(parts, code) == money
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor_units * sum(weights) - units * weight) < sum(weights)
        assert weight or not part


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("0.05", [3, 7], ["0.02", "0.03"]),
        ("0.01", [0, 1, 1], ["0.00", "0.01", "0.00"]),
        ("10.00", [Decimal("0.5"), Decimal("0.25"), Decimal("0.25")], ["5.00", "2.50", "2.50"]),
    ],
)
def test_the_largest_remainder_gets_the_rest(amount, weights, parts):
    assert [part.text for part in Money(Decimal(amount), "EUR").allocate(weights)] == parts


@pytest.mark.parametrize("weights", [[], [0], [1, -1], [Decimal("-0.1"), 1]])
def test_weights_that_split_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="Weights"):
        Money(1, "EUR").allocate(weights)


def test_an_unrounded_amount_is_not_split():
    with pytest.raises(InvalidAmount):
        Money(Decimal("0.001"), "EUR").allocate([1])


@pytest.mark.parametrize(
    ("value", "code", "locale", "written"),
    [
        ("1234.5", "EUR", "en", "€1,234.50"),
        ("1234.5", "EUR", "de-de", "1.234,50\u00a0€"),
        ("-1234.5", "EUR", "en", "-€1,234.50"),
        ("1234", "JPY", "ja", "￥1,234"),
        ("1234.5", "KWD", "en", "KWD\u00a01,234.500"),
        ("1234.5", "ALL", "de", "1.234,50\u00a0ALL"),
        ("0.12345678", "BTC", "en", "BTC\u00a00.12345678"),
        ("12.5", "USDC", "fr", "12,500000\u00a0USDC"),
        ("1.005", "EUR", "en-gb", "€1.005"),
        ("99999999999999999999.99999999", "BTC", "en", "BTC\u00a099,999,999,999,999,999,999.99999999"),
    ],
)
def test_people_read_money_in_their_locale(value, code, locale, written):
    assert Money(Decimal(value), code).format(locale) == written


def test_a_parsed_locale_serves_too():
    assert Money(1, "EUR").format(Locale("en", "GB")) == "€1.00"


def test_money_cannot_be_changed_and_can_be_sent_to_a_worker():
    money = Money(Decimal("1.50"), "EUR")
    with pytest.raises(AttributeError):
        money.amount = Decimal(2)
    assert pickle.loads(pickle.dumps(money)) == money


def test_a_column_holds_money_exactly():
    field = amount_field(default=0)
    assert (field.max_digits, field.decimal_places, field.default) == (28, 8, 0)
    assert isinstance(field, AmountField)


def test_a_column_takes_what_it_can_hold():
    field = amount_field()
    field.set_attributes_from_name("amount")
    assert field.get_db_prep_save(Decimal("1.12345678"), connection) == Decimal("1.12345678")
    assert field.get_db_prep_save(3, connection) == Decimal(3)
    assert field.get_db_prep_save(None, connection) is None
    expression = models.F("other")
    assert field.get_db_prep_save(models.Value(expression), connection).value is expression


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.5, TypeError),
        ("1.5", TypeError),
        (Decimal("NaN"), InvalidAmount),
        (Decimal("1E+20"), InvalidAmount),
        (Decimal("0.123456789"), InvalidAmount),
    ],
)
def test_a_column_refuses_what_it_would_have_to_round(value, error):
    field = amount_field()
    field.set_attributes_from_name("amount")
    with pytest.raises(error):
        field.get_db_prep_save(value, connection)


def test_constraints_are_one_per_column_and_named_after_it():
    first, second = amount_constraints("net", "tax", minimum=Decimal(0))
    assert first.name == "%(app_label)s_%(class)s_net_bounds"
    assert second.condition == models.Q(tax__gte=Decimal(0), tax__lte=MAX_AMOUNT)
