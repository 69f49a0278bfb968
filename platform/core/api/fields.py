import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from core.currencies import STORED_DECIMALS
from core.errors import LiveryError
from core.money import InvalidAmount, Money, parse_amount

_INTEGER = re.compile(r"-?[0-9]{1,20}")


class MoneyField(serializers.Field):
    """`{"amount": "1234.50", "currency": "EUR"}` outside, `Money` inside; `decimals` permits more."""

    default_error_messages = {
        "not_an_object": 'Send an object such as {{"amount": "1234.50", "currency": "EUR"}}.',
        "required": "This field is required.",
        "unknown_field": "There is no such field.",
        "not_text": 'Send the code of a currency as text, such as "EUR".',
    }

    def __init__(self, *, decimals: int | None = None, **options: Any) -> None:
        self.decimals = decimals
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Money:
        """Parse; raises ValidationError that names `amount` or `currency`."""
        if not isinstance(data, Mapping):
            self.fail("not_an_object")
        errors = {name: ["unknown_field"] for name in data if name not in ("amount", "currency")}
        errors |= {name: ["required"] for name in ("amount", "currency") if name not in data}
        if "currency" in data and not isinstance(data["currency"], str):
            errors["currency"] = ["not_text"]
        if errors:
            raise serializers.ValidationError(
                {
                    str(name): [_detail(str(self.error_messages[code]), code) for code in codes]
                    for name, codes in errors.items()
                }
            )
        try:
            return Money.parse(data["amount"], data["currency"], decimals=self.decimals)
        except LiveryError as error:
            name = "amount" if isinstance(error, InvalidAmount) else "currency"
            raise serializers.ValidationError({name: [_detail(str(error), error.code)]}) from error

    def to_representation(self, value: Money) -> dict[str, str]:
        """The two members, the amount as text with all decimals of its currency."""
        return {"amount": value.text, "currency": value.currency}


class ExactDecimalField(serializers.DecimalField):
    """A decimal number as text or a whole number; a JSON float has lost its digits before anyone could check them."""

    def to_internal_value(self, data: Any) -> Any:
        """Parse ASCII digits without exponent; raises ValidationError."""
        decimals = STORED_DECIMALS if self.decimal_places is None else self.decimal_places
        try:
            value = parse_amount(data, decimals=decimals)
        except InvalidAmount as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
        return self.quantize(self.validate_precision(value))


class ExactIntegerField(serializers.IntegerField):
    """A whole number, or one written in ASCII digits; neither 1.0 nor true nor other scripts' digits."""

    def to_internal_value(self, data: Any) -> int:
        """Parse; raises ValidationError."""
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if not isinstance(data, str) or not _INTEGER.fullmatch(data):
            self.fail("invalid")
        return int(data)


class ReferenceField(serializers.Field):
    """The id of another object, which must be in what `selector(actor=…)` lets the actor see; gives the object.

    A missing one, another tenant's and one that is hidden are refused with the same words.
    """

    default_error_messages = {"unknown_reference": "There is no such object, or you may not see it."}

    def __init__(self, *, selector: Callable[..., QuerySet], **options: Any) -> None:
        self.selector = selector
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        """Look the object up; raises ValidationError."""
        key = parse_uuid(data)
        found = None if key is None else self.selector(actor=self.context["request"].actor).filter(pk=key).first()
        if found is None:
            self.fail("unknown_reference")
        return found

    def to_representation(self, value: Any) -> str:
        """The object's id."""
        return str(value.pk)


def parse_uuid(written: Any) -> UUID | None:
    """A UUID in its one canonical spelling, in either case; None for anything else."""
    try:
        value = UUID(written)
    except (AttributeError, TypeError, ValueError):
        return None
    return value if str(value) == written.lower() else None


def _detail(message: str, code: str) -> Any:
    return serializers.ErrorDetail(message, code=code)
