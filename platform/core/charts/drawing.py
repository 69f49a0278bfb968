from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.charts.scale import INTERVALS, Scale, percent, scale_of, smooth_path
from core.charts.series import Chart, Series, Write, plain
from core.ids import uuid7

# Where columns stand below a line, they take this share of the plot.
_FOOT = Decimal("0.36")
_MAX_LABELS = 6
_SERIES = 5


@dataclass(frozen=True, slots=True)
class _Frame:
    """The labels along the plot; each has a place of the same width."""

    labels: Sequence[Any]

    def centre(self, index: int) -> Decimal:
        return (Decimal(index) + Decimal("0.5")) / max(len(self.labels), 1)

    @property
    def shown(self) -> list[Any]:
        """Labels to write below the plot: the first, the last and some evenly between."""
        count = len(self.labels)
        if count <= _MAX_LABELS:
            return list(self.labels)
        return [self.labels[index * (count - 1) // (_MAX_LABELS - 1)] for index in range(_MAX_LABELS)]


def line_chart(
    *,
    sentence: Any,
    labels: Sequence[Any],
    series: Sequence[Series],
    write: Write = plain,
    write_axis: Write | None = None,
    forecast_from: int | None = None,
    columns: Sequence[Series] = (),
    filled: bool = False,
    tips: Sequence[str] = (),
) -> Chart:
    """Lines over labels; `columns` stand on the floor below them, values from `forecast_from` on are dashed.

    `sentence` says what the drawing shows; `write` writes a figure, `write_axis` one beside the plot.
    """
    _check([*series, *columns], labels)
    frame = _Frame(labels)
    scale = scale_of([figure for each in series for figure in each.figures], from_zero=False)
    foot = _FOOT if columns else Decimal(0)
    places = 1 - foot
    lines = []
    for number, each in enumerate(series, start=1):
        drawn = _line(frame, scale, each, places, forecast_from)
        lines.append({"number": number, "filled": filled and number == 1, **drawn})
    context = {
        "lines": lines,
        "bars": _columns(frame, columns, foot),
        "band": _band(frame, forecast_from),
        "grid": [percent(places * index / INTERVALS) for index in range(INTERVALS + 1)],
        "foot": bool(columns),
        "gradient": f"g{uuid7().hex[-12:]}",
        "cross": True,
        "legend": _legend(columns) + _legend(series, as_line=bool(columns)),
    }
    return _chart(sentence, frame, [*columns, *series], scale, context, write, write_axis, tips)


def area_chart(**options: Any) -> Chart:
    """A line with its area filled; takes what `line_chart` takes."""
    return line_chart(filled=True, **options)


def bar_chart(
    *,
    sentence: Any,
    labels: Sequence[Any],
    series: Sequence[Series],
    write: Write = plain,
    write_axis: Write | None = None,
) -> Chart:
    """Groups of bars from zero, one bar per series; negative figures hang below the zero line."""
    _check(series, labels)
    frame = _Frame(labels)
    scale = scale_of([figure for each in series for figure in each.figures], from_zero=True)
    width = Decimal("0.62") / len(series)
    bars = [
        _bar(
            scale,
            Decimal(0),
            Decimal(value),
            frame.centre(index) + (position - Decimal(len(series)) / 2) * width / len(labels),
            width / len(labels),
            position + 1,
        )
        for position, each in enumerate(series)
        for index, value in enumerate(each.values)
        if value is not None
    ]
    context = {"bars": bars, "grid": _grid(), "zero": _zero(scale)}
    return _chart(sentence, frame, series, scale, context, write, write_axis)


def stacked_chart(
    *,
    sentence: Any,
    labels: Sequence[Any],
    series: Sequence[Series],
    write: Write = plain,
    write_axis: Write | None = None,
) -> Chart:
    """Bars of parts on top of each other; raises ValueError for a negative part."""
    _check(series, labels)
    if any(figure < 0 for each in series for figure in each.figures):
        raise ValueError("Parts that are stacked cannot be negative: draw bars beside each other.")
    frame = _Frame(labels)
    parts = [[Decimal(value or 0) for value in each.values] for each in series]
    sums = [sum((part[index] for part in parts), Decimal(0)) for index in range(len(labels))]
    scale = scale_of(sums, from_zero=True)
    bars = []
    width = Decimal("0.56") / len(labels)
    for index in range(len(labels)):
        base = Decimal(0)
        for position, part in enumerate(parts):
            value = part[index]
            if value:
                bars.append(_bar(scale, base, base + value, frame.centre(index) - width / 2, width, position + 1))
                base += value
    return _chart(sentence, frame, series, scale, {"bars": bars, "grid": _grid()}, write, write_axis)


def _check(series: Sequence[Series], labels: Sequence[Any]) -> None:
    if not labels or not series:
        raise ValueError("A chart needs labels and at least one series; show an empty state where there is nothing.")
    if len(series) > _SERIES:
        raise ValueError(f"More than {_SERIES} series cannot be told apart: show the largest and sum the rest.")
    for each in series:
        if len(each.values) != len(labels):
            raise ValueError(f"{each.name} has {len(each.values)} values for {len(labels)} labels.")


def _line(frame: _Frame, scale: Scale, each: Series, places: Decimal, forecast_from: int | None) -> dict[str, Any]:
    points = [
        (frame.centre(index) * 100, places * (1 - scale.height(Decimal(value))) * 100, index)
        for index, value in enumerate(each.values)
        if value is not None
    ]
    known = [point[:2] for point in points if forecast_from is None or point[2] < forecast_from]
    ahead = [] if forecast_from is None else [point[:2] for point in points if point[2] >= forecast_from - 1]
    path = smooth_path(known)
    area = f"{path} L{known[-1][0]:.1f} {places * 100:.1f} L{known[0][0]:.1f} {places * 100:.1f} Z" if known else ""
    last = (f"{known[-1][0]:.2f}%", f"{known[-1][1]:.2f}%") if known else None
    return {"path": path, "area": area, "ahead": smooth_path(ahead) if len(ahead) > 1 else "", "last": last}


def _columns(frame: _Frame, columns: Sequence[Series], foot: Decimal) -> list[dict[str, Any]]:
    if not columns:
        return []
    scale = scale_of([figure for each in columns for figure in each.figures], from_zero=True)
    # A little air stays between the lines' floor and the tallest column.
    reach = foot * Decimal("0.85")
    count = len(frame.labels)
    width = Decimal("0.6") / len(columns) / count
    gap = Decimal("0.1") / count
    bars = []
    for position, each in enumerate(columns):
        for index, value in enumerate(each.values):
            if value is None:
                continue
            height = scale.height(Decimal(value)) * reach
            left = frame.centre(index) + (position - Decimal(len(columns)) / 2) * (width + gap / 2)
            bars.append(_rect(left, 1 - height, width, height, position + 1))
    return bars


def _bar(scale: Scale, start: Decimal, end: Decimal, left: Decimal, width: Decimal, number: int) -> dict[str, Any]:
    low, high = sorted((scale.height(start), scale.height(end)))
    return _rect(left, 1 - high, width * Decimal("0.9"), high - low, number)


def _rect(left: Decimal, top: Decimal, width: Decimal, height: Decimal, number: int) -> dict[str, Any]:
    return {"x": percent(left), "y": percent(top), "width": percent(width), "height": percent(height), "number": number}


def _band(frame: _Frame, forecast_from: int | None) -> dict[str, str] | None:
    if forecast_from is None:
        return None
    left = frame.centre(forecast_from - 1)
    return {"x": percent(left), "width": percent(1 - left)}


def _legend(series: Sequence[Series], *, as_line: bool = False) -> list[dict[str, Any]]:
    return [{"number": number, "series": each, "line": as_line} for number, each in enumerate(series, start=1)]


def _grid() -> list[str]:
    return [percent(Decimal(index) / INTERVALS) for index in range(INTERVALS + 1)]


def _zero(scale: Scale) -> str:
    return percent(1 - scale.height(Decimal(0))) if scale.low < 0 else ""


def _chart(
    sentence: Any,
    frame: _Frame,
    series: Sequence[Series],
    scale: Scale,
    context: dict[str, Any],
    write: Write,
    write_axis: Write | None,
    tips: Sequence[str] = (),
) -> Chart:
    rows = [
        {"label": label, "cells": [_written(write, each.values[index]) for each in series]}
        for index, label in enumerate(frame.labels)
    ]
    width = 1 / Decimal(len(frame.labels))
    hits = [
        {"x": percent(width * index), "width": percent(width), "tip": tips[index] if tips else _tip(row, series)}
        for index, row in enumerate(rows)
    ]
    shown = {
        "legend": _legend(series),
        "ticks": [(write_axis or write)(tick) for tick in scale.ticks],
        "labels": frame.shown,
        "names": [each.name for each in series],
        "rows": rows,
        "hits": hits,
    }
    return Chart("components/chart.html", sentence, {**shown, **context})


def _tip(row: dict[str, Any], series: Sequence[Series]) -> str:
    named = [f"{each.name} {cell}" for each, cell in zip(series, row["cells"], strict=True) if cell]
    return "\n".join([str(row["label"]), row["cells"][0] or "–"] if len(series) == 1 else [str(row["label"]), *named])


def _written(write: Write, value: Any) -> str:
    return "" if value is None else write(value)
