"""Ticks, numbers and labels that do not overlap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.pictures.paper import digits, label, spread, ticks


def test_ticks_are_round_numbers_within_the_span() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(-3.4, 5.6) == [-2, 0, 2, 4]
    assert ticks(0, 46900, 8) == [0, 10000, 20000, 30000, 40000]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 10))
def test_there_are_about_as_many_ticks_as_asked(low: float, span: float, about: int) -> None:
    found = ticks(low, low + span, about)
    assert about / 2.6 - 1 <= len(found) <= about + 1
    assert all(low - 1e-6 * span <= t <= low + span * (1 + 1e-6) for t in found)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.45, "0.450"),
        (11.394, "11.4"),
        (0.000312, "0.000312"),
        (12000.4, "12,000"),
        (-2.928, "-2.93"),
        (100.2, "100"),
        (0.0, "0.00"),
    ],
)
def test_measured_numbers_have_three_significant_digits(value: float, said: str) -> None:
    assert digits(value) == said


def test_tick_labels() -> None:
    assert [label(v) for v in (0.25, 10.0, 12000.0, 0.0)] == ["0.25", "10", "12,000", "0"]


@given(st.lists(st.floats(0, 300), max_size=6))
def test_labels_are_spread_in_order_and_stay_inside(places: list[float]) -> None:
    moved = spread(places, 20, 0, 300)
    order = sorted(range(len(places)), key=lambda i: places[i])
    inner = [moved[i] for i in order]
    assert all(b - a >= 20 - 1e-6 for a, b in pairwise(inner))
    assert all(-1e-6 <= m <= 300 + 1e-6 for m in moved)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([250.0, 10.0, 100.0], 20, 0, 300) == [250.0, 10.0, 100.0]
