import re
from decimal import Decimal

import pytest

from core.charts import (
    Series,
    Slice,
    area_chart,
    bar_chart,
    donut_chart,
    line_chart,
    long_chart,
    sparkline,
    stacked_chart,
)
from core.money import Money
from core.web.formats import money_text

MONTHS = ["Sep", "Oct", "Nov"]
INLINE = re.compile(r"\sstyle=|<style|<script")


def euro(value):
    return money_text(Money(value, "EUR").rounded())


def test_a_line_says_what_it_shows_and_has_its_figures_in_a_table():
    html = str(
        area_chart(sentence="The balance rose.", labels=MONTHS, series=[Series("Balance", [1, 2, 3])], write=euro)
    )
    assert '<svg class="chart__plot" role="img" aria-label="The balance rose."' in html
    assert html.count("<tbody><tr>") == 1
    assert '<tr><th scope="row">Nov</th><td class="right num">€3.00</td></tr>' in html
    assert html.count('class="hit"') == 3
    assert not INLINE.search(html)


def test_a_forecast_is_dashed_and_begins_at_the_last_known_value():
    html = str(line_chart(sentence="s", labels=MONTHS, series=[Series("Balance", [1, 2, 3])], forecast_from=2))
    assert html.count("line--f") == 1
    assert '<rect class="band" x="50.00%"' in html
    assert 'class="pt pt--1" cx="50.00%"' in html


def test_columns_stand_on_the_floor_below_the_line():
    flow = [Series("In", [10, 0, 5]), Series("Out", [4, 4, None])]
    html = str(line_chart(sentence="s", labels=MONTHS, series=[Series("Balance", [1, 2, 3])], columns=flow))
    bottoms = [
        Decimal(y) + Decimal(height)
        for y, height in re.findall(r'class="s\d" x="[^"]+" y="([\d.]+)%" .*?height="([\d.]+)%"', html)
    ]
    assert len(bottoms) == 5
    assert set(bottoms) == {Decimal(100)}
    assert '<th scope="col" class="right">In</th>' in html


def test_bars_hang_below_zero():
    html = str(bar_chart(sentence="s", labels=["a", "b"], series=[Series("Result", [10, -10])]))
    rectangles = re.findall(r'<rect class="s1" x="[^"]+" y="([^"]+)" width="[^"]+" height="([^"]+)"', html)
    assert rectangles == [("0.00%", "50.00%"), ("50.00%", "50.00%")]
    assert 'y1="50.00%"' in html


def test_parts_are_stacked_without_a_gap():
    html = str(stacked_chart(sentence="s", labels=["a"], series=[Series("x", [3]), Series("y", [1])]))
    [(top_x, height_x), (top_y, height_y)] = [
        (Decimal(y), Decimal(height))
        for y, height in re.findall(r'y="([\d.]+)%" width="[^"]+" height="([\d.]+)%"', html)
    ][:2]
    assert (top_x, height_x) == (Decimal(25), Decimal(75))
    assert (top_y + height_y, top_y) == (top_x, Decimal(0))


def test_a_ring_is_whole():
    html = str(donut_chart(sentence="s", slices=[Slice("x", 1), Slice("y", 2), Slice("z", 1)]))
    dashes = [Decimal(dash) for dash in re.findall(r'stroke-dasharray="([\d.]+) ', html)]
    assert sum(dashes) == 100
    assert '<td class="num faint">50%</td>' in html


def test_names_are_escaped():
    html = str(line_chart(sentence='"><b>', labels=["<i>"], series=[Series("<u>", [1])]))
    assert "<b>" not in html
    assert "<i>" not in html
    assert "<u>" not in html


def test_a_small_line_is_decoration_unless_it_has_a_sentence():
    assert 'aria-hidden="true"' in str(sparkline([1, 2]))
    assert 'role="img" aria-label="Rising"' in str(sparkline([1, 2], sentence="Rising"))
    assert "M0.0 15.0" in str(sparkline([5, 5]))


def test_a_long_series_is_drawn_in_stretches_that_keep_its_extremes():
    values = [Decimal(number) for number in range(1000)]
    values[500] = Decimal(99999)
    html = str(long_chart(sentence="s", name="Price", labels=range(1000), values=values, source="/figures/"))
    assert html.count('class="hit"') <= 60
    assert "99,999" in html
    assert 'data-source="/figures/"' in html
    assert len(html) < 40_000


@pytest.mark.parametrize(
    "draw",
    [
        lambda: Series("x", [1.5]),
        lambda: Slice("x", 0.5),
        lambda: sparkline([1.0, 2.0]),
        lambda: Series("x", [True]),
    ],
)
def test_no_float_is_drawn(draw):
    with pytest.raises(TypeError):
        draw()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: Series("x", [Decimal("NaN")]),
        lambda: Slice("x", -1),
        lambda: sparkline([1]),
        lambda: line_chart(sentence="s", labels=[], series=[Series("x", [])]),
        lambda: line_chart(sentence="s", labels=["a"], series=[Series("x", [1, 2])]),
        lambda: bar_chart(sentence="s", labels=["a"], series=[Series(str(n), [n]) for n in range(6)]),
        lambda: stacked_chart(sentence="s", labels=["a"], series=[Series("x", [-1])]),
        lambda: donut_chart(sentence="s", slices=[Slice("x", 0)]),
        lambda: donut_chart(sentence="s", slices=[Slice(str(n), n) for n in range(6)]),
        lambda: long_chart(sentence="s", name="x", labels=[1], values=[], source="/"),
    ],
)
def test_what_cannot_be_drawn_truthfully_is_refused(draw):
    with pytest.raises(ValueError):
        draw()
