"""Evaluates the colours of static/css/tokens.css, so that Python and the browser have one definition of them."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.conf import settings

from shared_apps.tenants.branding.colour import Colour, from_hex, mix, oklch

# A custom property's value in the making: a number or a colour.
Value = Any
Scope = Callable[[str], Value]
Expression = Callable[[Scope], Value]
MODES = ("light", "dark")
_SELECTORS = {"light": ":root", "dark": ':root[data-mode="dark"]'}
_TOKEN = re.compile(r"--[\w-]+|#[0-9a-f]+|-?(?:\d+\.?\d*|\.\d+)%?|[a-z][\w-]*|[()*+,/-]")
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "clamp": lambda low, value, high: max(low, min(value, high)),
}


class NotAColour(ValueError):
    """A declaration uses CSS that this reader does not know."""


def computed(inputs: Mapping[str, str], mode: str) -> Callable[[str], Colour]:
    """A function from a token's name, without dashes, to its colour where a theme sets these custom properties."""
    declared = _declarations(mode)
    expressions = {**declared, **{f"--{name}": _expression(value) for name, value in inputs.items()}}
    known: dict[str, Value] = {}

    def look_up(name: str) -> Value:
        if name not in known:
            known[name] = expressions[name](look_up)
        return known[name]

    return lambda name: look_up(f"--{name}")


@cache
def _declarations(mode: str) -> dict[str, Expression]:
    css = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found: dict[str, Expression] = {}
    for wanted in MODES[: MODES.index(mode) + 1]:
        selector = re.escape(_SELECTORS[wanted])
        block = re.search(rf"(?<![\w\]]){selector}\s*\{{(.*?)\}}", css, flags=re.DOTALL)
        if block is None:
            raise NotAColour(f"tokens.css has no block {_SELECTORS[wanted]}.")
        found |= {name: _expression(value.strip()) for name, value in re.findall(r"(--[\w-]+):([^;]*);", block[1])}
    return found


@cache
def _expression(text: str) -> Expression:
    """Read a value when it is asked for: most declarations are no colours and never are."""

    def evaluate(scope: Scope) -> Value:
        return _read(text)(scope)

    return evaluate


@cache
def _read(text: str) -> Expression:
    reader = _Reader(text)
    expression = reader.term()
    if reader.next:
        raise NotAColour(f"Cannot read {text!r}.")
    return expression


class _Reader:
    """Recursive descent over one value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"\s+", "", text):
            raise NotAColour(f"Cannot read {text!r}.")

    @property
    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, expected: str = "") -> str:
        if not self.tokens or (expected and self.tokens[0] != expected):
            raise NotAColour(f"{self.text!r}: expected {expected or 'more'}.")
        token: str = self.tokens.pop(0)
        return token

    def term(self) -> Expression:
        token = self.take()
        if token.startswith("#"):
            colour = from_hex(token)
            return lambda scope: colour
        if re.match(r"[-.\d]", token) and not token.startswith("--"):
            value = float(token.removesuffix("%")) / (100 if token.endswith("%") else 1)
            return lambda scope: value
        if token in ("l", "c", "h"):
            return lambda scope: scope(token)
        return self.function(token)

    def function(self, name: str) -> Expression:
        self.take("(")
        if name == "var":
            variable = self.take()
            expression: Expression = lambda scope: scope(variable)  # noqa: E731
        elif name == "oklch":
            expression = self.oklch()
        elif name == "color-mix":
            expression = self.color_mix()
        elif name == "calc":
            expression = self.sum()
        elif name in _FUNCTIONS:
            expression = self.call(_FUNCTIONS[name])
        else:
            raise NotAColour(f"{self.text!r}: {name}() is not known.")
        self.take(")")
        return expression

    def call(self, function: Callable[..., float]) -> Expression:
        parts = [self.sum()]
        while self.next == ",":
            self.take(",")
            parts.append(self.sum())
        return lambda scope: function(*(part(scope) for part in parts))

    def sum(self) -> Expression:
        left = self.product()
        while self.next in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            left = _added(left, sign, self.product())
        return left

    def product(self) -> Expression:
        left = self.term()
        while self.next == "*":
            self.take("*")
            left = _multiplied(left, self.term())
        return left

    def oklch(self) -> Expression:
        origin = None
        if self.next == "from":
            self.take("from")
            origin = self.term()
        parts = [self.term(), self.term(), self.term()]
        if self.next == "/":
            self.take("/")
            parts.append(self.term())
        return _oklch(origin, parts)

    def color_mix(self) -> Expression:
        for word in ("in", "oklab", ","):
            self.take(word)
        first, share = self.term(), self.term()
        self.take(",")
        second = self.term()
        return lambda scope: mix(first(scope), share(scope), second(scope))


def _added(left: Expression, sign: int, right: Expression) -> Expression:
    return lambda scope: left(scope) + sign * right(scope)


def _multiplied(left: Expression, right: Expression) -> Expression:
    return lambda scope: left(scope) * right(scope)


def _oklch(origin: Expression | None, parts: list[Expression]) -> Expression:
    def evaluate(scope: Scope) -> Colour:
        inner = scope
        if origin is not None:
            base = origin(scope)
            channels = {"l": base.l, "c": base.chroma, "h": base.hue}
            inner = lambda name: channels[name] if name in channels else scope(name)  # noqa: E731
        return oklch(*(part(inner) for part in parts))

    return evaluate
