from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.charts.drawing import line_chart
from core.charts.series import Chart, Figure, Series, Write, exact, plain

BUCKETS = 48


def long_chart(
    *,
    sentence: Any,
    name: Any,
    labels: Sequence[Any],
    values: Sequence[Figure],
    source: str,
    write: Write = plain,
    write_axis: Write | None = None,
) -> Chart:
    """A series of hundreds or thousands of values: a still drawing with its table, and a plot to zoom into on request.

    The drawing has at most 48 stretches: of each its last value, in the table also its lowest and highest. `source` is
    an address of this host that answers JSON `[[seconds since 1970], [values]]`; it is fetched when somebody zooms.
    """
    figures = [exact(value) for value in values]
    if len(labels) != len(figures):
        raise ValueError(f"{name} has {len(figures)} values for {len(labels)} labels.")
    size = -(-len(figures) // BUCKETS)
    stretches = [slice(start, start + size) for start in range(0, len(figures), size or 1)]
    still = line_chart(
        sentence=sentence,
        labels=[labels[stretch][-1] for stretch in stretches],
        series=[Series(name, [figures[stretch][-1] for stretch in stretches])],
        write=write,
        write_axis=write_axis,
        filled=True,
    )
    rows = [_row(labels[stretch], figures[stretch], write) for stretch in stretches]
    context = {**still.context, "rows": rows, "names": _columns(), "source": source, "name": name}
    return Chart("components/long_chart.html", sentence, context)


def _columns() -> list[str]:
    return [_("Last"), _("Lowest"), _("Highest")]


def _row(labels: Sequence[Any], figures: Sequence[Decimal], write: Write) -> dict[str, Any]:
    spread = labels[0] if len(labels) == 1 else f"{labels[0]} – {labels[-1]}"
    return {"label": spread, "cells": [write(figures[-1]), write(min(figures)), write(max(figures))]}
