from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(4), Decimal(5), Decimal(10))
INTERVALS = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """The figures at the bottom and top of a plot, in four equal steps of round numbers."""

    low: Decimal
    high: Decimal

    @property
    def ticks(self) -> list[Decimal]:
        """The figures beside the grid lines, from the top down."""
        step = (self.high - self.low) / INTERVALS
        return [self.high - step * index for index in range(INTERVALS + 1)]

    def height(self, value: Decimal) -> Decimal:
        """How far above the bottom a figure is, as a share of one."""
        return (value - self.low) / (self.high - self.low)


def scale_of(figures: Iterable[Decimal], *, from_zero: bool) -> Scale:
    """The narrowest round scale that holds all figures; `from_zero` as bars need it, whose length is the figure."""
    found = list(figures) or [Decimal(0)]
    low, high = min(found), max(found)
    if from_zero:
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        low, high = (low - 1, high + 1) if low and not from_zero else (low, high + INTERVALS)
    power = (high - low).adjusted() - 1
    while True:
        for step in (factor.scaleb(power) for factor in _STEPS):
            bottom = (low / step).to_integral_value(ROUND_FLOOR) * step
            top = (high / step).to_integral_value(ROUND_CEILING) * step
            if top - bottom <= step * INTERVALS:
                return Scale(bottom, bottom + step * INTERVALS)
        power += 1


def percent(share: Decimal) -> str:
    """A share of one as an SVG length."""
    return f"{share * 100:.2f}%"


def smooth_path(points: Sequence[tuple[Decimal, Decimal]]) -> str:
    """A curve through points that runs flat at each turn, so that it never shows a figure beyond the real ones."""
    if not points:
        return ""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for ((x0, y0), m0), ((x1, y1), m1) in pairwise(zip(points, _slopes(points), strict=True)):
        third = (x1 - x0) / 3
        parts.append(
            f"C{x0 + third:.1f} {y0 + m0 * third:.1f} {x1 - third:.1f} {y1 - m1 * third:.1f} {x1:.1f} {y1:.1f}"
        )
    return " ".join(parts)


def _slopes(points: Sequence[tuple[Decimal, Decimal]]) -> list[Decimal]:
    """Tangents of a monotone cubic (Fritsch and Butland, 1984)."""
    chords = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    if not chords:
        return [Decimal(0)]
    inner = [2 * a * b / (a + b) if a * b > 0 else Decimal(0) for a, b in pairwise(chords)]
    return [chords[0], *inner, chords[-1]]
