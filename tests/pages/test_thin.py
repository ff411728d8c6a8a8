import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.diagnosis.track import Track
from equipoise.pages.thin import columns, places, rounded


def track(values: list[float], name: str = "d_loss") -> Track:
    return Track.of({"step": 10 * (i + 1), name: value} for i, value in enumerate(values))


def test_short_signals_are_kept_as_they_are() -> None:
    told = columns(track([1.0, 2.5, 0.123456]))
    assert told["axes"] == [{"first": [10, 20, 30], "last": [10, 20, 30]}]
    assert told["series"] == {"d_loss": {"axis": 0, "mean": [1.0, 2.5, 0.1235]}}


def test_long_signals_by_lowest_mean_and_highest() -> None:
    told = columns(track([1.5, 2.5, 9.5, 0.5, 0.5, 0.5]), most=3)
    assert told["axes"] == [{"first": [10, 30, 50], "last": [20, 40, 60]}]
    assert told["series"]["d_loss"] == {"axis": 0, "mean": [2, 5, 0.5], "low": [1.5, 0.5, 0.5], "high": [2.5, 9.5, 0.5]}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 50))
def test_no_peak_is_lost(values: list[float], most: int) -> None:
    series = columns(track(values), most)["series"]["d_loss"]
    lows, highs = series.get("low", series["mean"]), series.get("high", series["mean"])
    assert len(highs) == min(most, len(values))
    assert max(highs) == pytest.approx(max(values), rel=1e-3, abs=1e-12)
    assert min(lows) == pytest.approx(min(values), rel=1e-3, abs=1e-12)


def test_what_is_no_number_is_a_gap_and_marked() -> None:
    told = columns(track([1.5, math.nan, math.inf, 2.5]))["series"]["d_loss"]
    assert told == {"axis": 0, "bad": [1, 2], "mean": [1.5, None, None, 2.5]}
    thinned = columns(track([1.5, math.nan, math.nan, -math.inf]), most=2)["series"]["d_loss"]
    assert thinned == {"axis": 0, "bad": [0, 1], "mean": [1.5, None], "low": [1.5, None], "high": [1.5, None]}


def test_signals_measured_at_the_same_steps_share_an_axis() -> None:
    both = Track.of([{"step": 1, "a": 1.5, "b": 2.5}, {"step": 2, "a": 1.5, "b": 2.5, "coverage": 0.5}])
    told = columns(both)
    assert len(told["axes"]) == 2
    assert told["series"]["a"]["axis"] == told["series"]["b"]["axis"] != told["series"]["coverage"]["axis"]


@given(st.integers(1, 10_000), st.integers(1, 300))
def test_places_are_nearly_equal_and_all_used(n: int, most: int) -> None:
    starts = places(n, most)
    sizes = np.diff(np.append(starts, n))
    assert starts[0] == 0 and len(starts) == min(n, most)
    assert sizes.min() >= 1 and sizes.max() - sizes.min() <= 1


def test_rounded_keeps_whole_numbers_whole() -> None:
    assert rounded(np.array([1.0, 46900.0])) == [1, 46900]
    assert rounded(np.array([0.0001234567, 12345.678])) == [0.0001235, 12350]
