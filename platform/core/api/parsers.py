import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser

from core.api.errors import TooLarge
from core.errors import FieldError, LiveryError

MAX_DEPTH = 32
# Longer integers fit no column; the limit also keeps Python's quadratic conversion out of reach.
MAX_INTEGER_DIGITS = 32
# A string, closed or not, so that the search is linear on hostile text; or one bracket.
_tokens = re.compile(r'"[^"\\]*+(?:\\(?:.|\Z)[^"\\]*+)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_surrogates = re.compile("[\ud800-\udfff]")


class MalformedJson(LiveryError):
    """The body is not the strict JSON that the API reads; `reason` is the machine-readable why."""

    code = "malformed_json"
    title = "The JSON could not be read"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(field="", code=reason, message=message)])
        self.reason = reason


class StrictJSONParser(JSONParser):
    """JSON that all parsers read alike: no duplicate keys, NaN, NUL, lone surrogates, deep nesting (RFC 8259, 7493)."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body; raises MalformedJson, TooLarge, UnsupportedMediaType for another charset than UTF-8."""
        parameters = parse_header_parameters(media_type or "")[1]
        if parameters.get("charset", "utf-8").lower() != "utf-8":
            raise UnsupportedMediaType(media_type or "")
        body = stream.read(settings.API_MAX_JSON_BYTES + 1)
        if len(body) > settings.API_MAX_JSON_BYTES:
            raise TooLarge(f"A JSON body may have {settings.API_MAX_JSON_BYTES} bytes.")
        return loads(body)


class StrictMultiPartParser(MultiPartParser):
    """Form data with files, for the views that take files; its text is held to the same rules as JSON's."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles:
        """The form and its files; raises ParseError, MalformedJson for text that JSON could not hold either."""
        parsed = super().parse(stream, media_type, parser_context)
        form = QueryDict(mutable=True)
        for name, values in parsed.data.lists():
            form.setlist(_text(name), [_text(value) for value in values])
        return DataAndFiles(form, parsed.files)


def loads(body: bytes) -> Any:
    """Parse strict JSON; strings come out in Unicode's normal form C. Raises MalformedJson."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedJson("not_utf8", "Send JSON in UTF-8.") from None
    _refuse_depth(text)
    try:
        parsed = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded_integer,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson("malformed", f"This is not JSON: {error.msg}, {where}.") from None
    return _normalised(parsed)


def _refuse_depth(text: str) -> None:
    depth = 0
    for match in _tokens.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedJson("too_deep", f"Nest at most {MAX_DEPTH} levels.")
        elif match[0] in ("]", "}"):
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        name = _text(key)
        if name in found:
            raise MalformedJson("duplicate_key", f"The name {name!r:.80} occurs twice in one object.")
        found[name] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise MalformedJson("not_finite", f"{name} is not a number in JSON.")


def _finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise MalformedJson("not_finite", "A number is too large.")
    return value


def _bounded_integer(written: str) -> int:
    if len(written) > MAX_INTEGER_DIGITS:
        raise MalformedJson("number_too_long", f"A whole number may have {MAX_INTEGER_DIGITS} digits.")
    return int(written)


def _normalised(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_normalised(item) for item in value]
    if isinstance(value, dict):
        return {name: _normalised(item) for name, item in value.items()}
    return value


def _text(value: str) -> str:
    if "\0" in value:
        raise MalformedJson("nul", "Text must not hold the character NUL.")
    if value.isascii():
        return value
    if _surrogates.search(value):
        raise MalformedJson("lone_surrogate", "Text must not hold half of a surrogate pair.")
    return unicodedata.normalize("NFC", value)
