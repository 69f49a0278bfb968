from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.charts.scale import smooth_path
from core.charts.series import Chart, Figure, exact


def sparkline(values: Sequence[Figure], *, sentence: Any = "") -> Chart:
    """A small line without axes beside a figure that says the same; with a `sentence` it is read out.

    Raises ValueError for fewer than two values.
    """
    figures = [exact(value) for value in values]
    if len(figures) < 2:
        raise ValueError("A line needs two values.")
    low, reach = min(figures), max(figures) - min(figures)
    points = [
        (Decimal(100) * index / (len(figures) - 1), Decimal(28) - (26 * (value - low) / reach if reach else 13))
        for index, value in enumerate(figures)
    ]
    return Chart("components/sparkline.html", sentence, {"path": smooth_path(points)})
