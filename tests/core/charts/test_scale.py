from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts.scale import scale_of, smooth_path

figures = st.lists(st.decimals(min_value=-(10**12), max_value=10**12, places=2), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("found", "from_zero", "ticks"),
    [
        ([118, 185, 197], False, ["200", "175", "150", "125", "100"]),
        ([0, 40], True, ["40", "30", "20", "10", "0"]),
        ([7], True, ["8", "6", "4", "2", "0"]),
        ([], True, ["4", "3", "2", "1", "0"]),
        ([5, 5], False, ["6.0", "5.5", "5.0", "4.5", "4.0"]),
    ],
)
def test_a_scale_has_five_round_ticks(found, from_zero, ticks):
    scale = scale_of([Decimal(each) for each in found], from_zero=from_zero)
    assert [Decimal(tick) for tick in ticks] == scale.ticks


@given(figures, st.booleans())
def test_a_scale_holds_every_figure(found, from_zero):
    scale = scale_of(found, from_zero=from_zero)
    assert all(0 <= scale.height(each) <= 1 for each in found)
    assert not from_zero or 0 <= scale.height(Decimal(0)) <= 1


def test_a_curve_between_equal_points_is_level():
    path = smooth_path([(Decimal(0), Decimal(5)), (Decimal(10), Decimal(5)), (Decimal(20), Decimal(1))])
    assert path == "M0.0 5.0 C3.3 5.0 6.7 5.0 10.0 5.0 C13.3 5.0 16.7 2.3 20.0 1.0"


def test_a_curve_never_passes_its_points():
    path = smooth_path([(Decimal(x * 10), Decimal(y)) for x, y in enumerate([9, 1, 1, 8, 2])])
    heights = [float(number) for number in path.replace("M", "").replace("C", "").split()][1::2]
    assert (min(heights), max(heights)) == (1.0, 9.0)
