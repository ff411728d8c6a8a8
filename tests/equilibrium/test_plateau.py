"""Trends with an interval, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.equilibrium.plateau import plateau, student


def test_the_line_and_its_interval_are_those_of_the_textbook() -> None:
    """x = 0..3, y = 4, 3, 3, 2: slope -0.6, residuals 0.1, -0.3, 0.3, -0.1; s^2 = 0.2 / 2, slope's error sqrt(0.1 / 5)."""
    found = plateau([(0, 4.0), (1, 3.0), (2, 3.0), (3, 2.0)])
    assert found is not None and found.points == 4
    assert found.change == pytest.approx(-0.6 * 3 / 3)
    half = 4.303 * math.sqrt(0.1 / 5) * 3 / 3
    assert (found.low, found.high) == pytest.approx((-0.6 - half, -0.6 + half))
    assert found.trend == "none" and not found.improving


@pytest.mark.parametrize(("slope", "trend"), [(-0.02, "better"), (0.02, "worse"), (0.0, "none")])
def test_a_clear_trend_is_told_from_noise(slope: float, trend: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, 30)
    found = plateau([(i, 1 + slope * i + float(noise[i])) for i in range(30)])
    assert found is not None and found.points == 10 and found.trend == trend
    assert found.improving == (trend == "better")
    assert found.indicators()[0].standing == ("supports" if trend == "none" else "contradicts")


def test_a_trend_too_small_to_train_for_is_a_plateau() -> None:
    found = plateau([(i, 1 - 1e-3 * i) for i in range(30)])
    assert found is not None and found.trend == "better" and not found.improving
    assert found.indicators()[0].standing == "supports"


def test_only_a_sure_improvement_counts_as_one() -> None:
    sure = plateau([(0, 1.0), (1, 0.985), (2, 0.975), (3, 0.95)])
    unsure = plateau([(0, 1.0), (1, 0.995), (2, 0.965), (3, 0.955)])
    assert sure is not None and unsure is not None
    assert sure.change == pytest.approx(unsure.change, abs=0.002) and sure.trend == unsure.trend == "better"
    assert sure.improving and not unsure.improving, "the second interval reaches to -0.7 %"
    assert [p.indicators()[0].standing for p in (sure, unsure)] == ["contradicts", "proves nothing"]


def test_only_the_last_third_counts_but_at_least_four() -> None:
    falling = [(i, 100.0 - 9 * i) for i in range(10)] + [(10 + i, 1.0 + 0.01 * (-1) ** i) for i in range(8)]
    found = plateau(falling)
    assert found is not None and found.points == 6 and found.trend == "none"
    assert found.first == 100 and found.last == pytest.approx(0.99)
    short = plateau(falling[:6])
    assert short is not None and short.points == 4
    whole = plateau(falling, share=1.0)
    assert whole is not None and whole.points == 18


def test_infinite_distances_are_left_out_and_too_few_say_nothing() -> None:
    assert plateau([]) is None
    assert plateau([(0, 1.0), (1, 1.0), (2, math.inf), (3, 1.0)]) is None
    assert plateau([(0, 1.0), (1, 1.1), (2, math.inf), (3, 1.0), (4, 1.0)]) is not None
    assert plateau([(5, 1.0)] * 6) is None, "one step only"


def test_students_points_are_those_of_the_tables() -> None:
    assert [student(n) for n in (1, 2, 10)] == [12.706, 4.303, 2.228]
    assert [student(n) for n in (11, 12, 20, 30, 120)] == pytest.approx([2.201, 2.179, 2.086, 2.042, 1.980], abs=1e-3)


@given(st.lists(st.floats(0.1, 10), min_size=4, max_size=40), st.floats(0.01, 100))
def test_the_change_has_no_unit(values: list[float], scale: float) -> None:
    one = plateau(list(enumerate(values)))
    other = plateau([(1000.0 * i, scale * v) for i, v in enumerate(values)])
    assert one is not None and other is not None
    assert other.change == pytest.approx(one.change, rel=1e-6, abs=1e-9)
    assert other.high == pytest.approx(one.high, rel=1e-6, abs=1e-9)
    assert one.low <= one.change <= one.high
