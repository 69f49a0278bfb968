import re
from collections.abc import Iterator
from typing import Any

_BY_FORMAT = {
    "uuid": "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01",
    "date": "2026-03-31",
    "date-time": "2026-03-31T09:30:00Z",
    "time": "09:30:00",
    "email": "ada@example.org",
    "uri": "https://example.org/",
    "byte": "TGl2ZXJ5",
    "ipv4": "192.0.2.1",
}
# The first that fits a schema's pattern is taken: words, numbers, codes.
_TEXTS = ("text", "1.5", "1", "EUR", "A1")
_MAX_DEPTH = 6


def add_examples(document: dict[str, Any]) -> None:
    """Give every request and every successful answer of an OpenAPI document an example made from its schema."""
    schemas = document.get("components", {}).get("schemas", {})
    for operation in _operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            _complete(media, schemas, hidden="readOnly")
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                _complete(media, schemas, hidden="writeOnly")


def example_of(schema: dict[str, Any], schemas: dict[str, Any], *, hidden: str, depth: int = 0) -> Any:
    """A value that a schema allows; properties marked `hidden` (readOnly or writeOnly) are left out."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for key in ("example", "default", "const"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return example_of(schema[key][0], schemas, hidden=hidden, depth=depth)
    kind = schema.get("type", "object")
    kind = next(each for each in kind if each != "null") if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {}) if depth < _MAX_DEPTH else {}
        return {
            name: example_of(inner, schemas, hidden=hidden, depth=depth + 1)
            for name, inner in properties.items()
            if not inner.get(hidden)
        }
    if kind == "array":
        return [example_of(schema["items"], schemas, hidden=hidden, depth=depth + 1)] if depth < _MAX_DEPTH else []
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), 1)
    return True if kind == "boolean" else _text_of(schema)


def _text_of(schema: dict[str, Any]) -> str:
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    pattern = re.compile(schema.get("pattern", ""))
    text = next((each for each in _TEXTS if pattern.search(each)), _TEXTS[0])
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _complete(media: dict[str, Any], schemas: dict[str, Any], *, hidden: str) -> None:
    if "example" not in media and "examples" not in media and "schema" in media:
        media["example"] = example_of(media["schema"], schemas, hidden=hidden)
