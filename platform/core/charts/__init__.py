from core.charts.drawing import area_chart, bar_chart, line_chart, stacked_chart
from core.charts.long import long_chart
from core.charts.round import donut_chart
from core.charts.series import Chart, Series, Slice
from core.charts.spark import sparkline

__all__ = [
    "Chart",
    "Series",
    "Slice",
    "area_chart",
    "bar_chart",
    "donut_chart",
    "line_chart",
    "long_chart",
    "sparkline",
    "stacked_chart",
]
