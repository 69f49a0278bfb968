from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.web.formats import number_text

Figure = Decimal | int
Write = Callable[[Decimal], str]


def plain(value: Decimal) -> str:
    """A figure without a unit."""
    return number_text(value)


@dataclass(frozen=True, slots=True)
class Series:
    """Figures in the order of the labels, None where there is none; raises TypeError for a float.

    `total` is what the legend shows, if anything.
    """

    name: Any
    values: Sequence[Figure | None]
    total: Any = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(None if value is None else exact(value) for value in self.values))

    @property
    def figures(self) -> list[Decimal]:
        """The values that are there."""
        return [Decimal(value) for value in self.values if value is not None]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a whole; raises TypeError for a float and ValueError for less than nothing."""

    name: Any
    value: Figure

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", exact(self.value))
        if self.value < 0:
            raise ValueError("A part of a whole cannot be negative.")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: as a template variable it writes the drawing, its legend and the table of the same figures."""

    template: str
    sentence: Any
    context: dict[str, Any] = field(default_factory=dict)

    def __html__(self) -> SafeString:
        return render_to_string(self.template, {**self.context, "sentence": self.sentence})

    def __str__(self) -> str:
        return self.__html__()


def exact(value: Figure) -> Decimal:
    """A figure as Decimal; raises TypeError for a float, whose digits nobody typed, and ValueError for NaN."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"Charts take Decimal or int, not {type(value).__name__}.")
    if not Decimal(value).is_finite():
        raise ValueError("A chart cannot draw NaN or infinity.")
    return Decimal(value)
