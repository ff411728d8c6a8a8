"""The curves: what is drawn where, and that no run is too short, too long or too broken to be drawn."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageColor

from equipoise.pictures import curves as drawing
from equipoise.pictures.curves import LEFT, RIGHT, curves, loss_marks, runs, smoothed, thinned
from equipoise.pictures.paper import AMBER, BLUE, ORANGE
from equipoise.pieces import Equilibrium

BALANCED = Equilibrium(logit=0.0, d_loss=math.log(2), g_loss=math.log(2))
NONE = Equilibrium(None, None, None)
BAD = "#b42318"


def record(step: int, **values: Any) -> dict[str, Any]:
    usual = {"d_loss": 0.5, "g_loss": 1.5, "d_real": 0.7, "d_fake_before": 0.4, "d_fake_after": 0.3}
    return {"step": step, "epoch": step / 10, **usual, **values}


def where(image: Image.Image, colour: str) -> NDArray[np.intp]:
    """Pixels of exactly that colour left of the labels and right of the axis: (y, x) rows."""
    same = (np.asarray(image) == ImageColor.getrgb(colour)).all(axis=2)
    same[:, RIGHT:] = same[:, :LEFT] = False
    return np.argwhere(same)


def below_title(at: NDArray[np.intp], top: int, bottom: int) -> NDArray[np.intp]:
    return at[(at[:, 0] >= top) & (at[:, 0] <= bottom)]


def test_lines_are_at_the_height_of_their_values() -> None:
    image = curves([record(s) for s in range(1, 101)], NONE)
    # the lower panel runs from 0 at y = 828 to 1 at y = 584
    for colour, value in ((BLUE, 0.7), (ORANGE, 0.4), (AMBER, 0.3)):
        found = below_title(where(image, colour), 560, 828)
        assert np.median(found[:, 0]) == pytest.approx(828 - 244 * value, abs=1.5)
    # the upper one from 0 at 462 to 1.12 times the largest loss at 84
    for colour, value in ((BLUE, 0.5), (ORANGE, 1.5)):
        found = below_title(where(image, colour), 60, 480)
        assert np.median(found[:, 0]) == pytest.approx(462 - 378 * value / (1.5 * 1.12), abs=1.5)


def test_negative_losses_are_below_zero() -> None:
    image = curves([record(s, d_loss=-3.0) for s in range(1, 101)], NONE)  # from -3.36 to 1.68
    found = below_title(where(image, BLUE), 60, 480)
    assert np.median(found[:, 0]) == pytest.approx(462 - 378 * 0.36 / 5.04, abs=1.5)


def test_lines_begin_at_their_step_and_end_at_the_right() -> None:
    image = curves([record(s) for s in range(50, 101)], NONE)
    found = below_title(where(image, BLUE), 560, 828)[:, 1]
    assert found.min() == pytest.approx(LEFT + (RIGHT - LEFT) / 2, abs=3)
    assert found.max() == pytest.approx(RIGHT, abs=3)


def test_a_gap_is_left_open_and_marked() -> None:
    image = curves([record(s, g_loss=math.nan if 40 <= s < 60 else 1.5) for s in range(1, 101)], NONE)
    columns = set(below_title(where(image, ORANGE), 60, 480)[:, 1].tolist())
    middle = LEFT + (RIGHT - LEFT) // 2
    assert middle not in columns
    assert {middle - 150, middle + 150} <= columns
    assert abs(np.median(where(image, BAD)[:, 1]) - middle) < 10
    assert len(where(curves([record(s) for s in range(1, 101)], NONE), BAD)) == 0


def test_equilibrium_lines_are_drawn_where_they_are_known() -> None:
    records = [record(s) for s in range(1, 101)]
    with_lines, without = (np.asarray(curves(records, e)).astype(int) for e in (BALANCED, NONE))
    row = round(828 - 244 * 0.5)  # sigmoid(0)
    assert np.abs(with_lines - without)[row - 2 : row + 3, LEFT:RIGHT].sum() > 1000
    assert np.abs(with_lines - without)[740:828, LEFT:RIGHT].sum() == 0


def test_one_line_where_both_players_have_the_same_equilibrium() -> None:
    assert [m.value for m in loss_marks(BALANCED)] == [math.log(2)]
    assert [m.name for m in loss_marks(Equilibrium(0.0, 0.5, 0.25))] == ["D at equilibrium", "G at equilibrium"]
    assert [m.name for m in loss_marks(Equilibrium(None, 0.0, None))] == ["D at equilibrium"]
    assert loss_marks(NONE) == []


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record(1)],
        [{"step": 1}],
        [{"step": 5, "d_loss": None, "g_loss": math.inf}],
        [record(s, d_loss=math.nan, g_loss=-math.inf) for s in (1, 2, 3)],
        [record(0), record(0)],
        [record(s, g_loss=10.0**s) for s in range(1, 40)],
        [record(s, d_loss=0.0, g_loss=0.0) for s in (1, 2)],
        [record(s, d_loss=-3.0, g_loss=-1e-9) for s in (1, 2)],
    ],
    ids=["none", "one", "bare", "bad-one", "all-bad", "step-0", "explodes", "flat", "negative"],
)
def test_any_run_can_be_drawn(records: list[dict[str, Any]]) -> None:
    for equilibrium in (BALANCED, NONE):
        assert curves(records, equilibrium).size == (drawing.WIDTH, drawing.HEIGHT)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(width=32) | st.none(), max_size=40))
def test_any_values_can_be_drawn(values: list[float | None]) -> None:
    curves([{"step": i, "d_loss": v, "d_real": v} for i, v in enumerate(values)], BALANCED)


def test_a_spike_does_not_flatten_the_rest() -> None:
    records = [record(s, g_loss=1e4 if s == 50 else 1.5) for s in range(1, 1001)]
    found = below_title(where(curves(records, NONE), BLUE), 60, 480)
    assert np.median(found[:, 0]) < 400  # D's 0.5 stays far above the axis at 462


def test_smoothing_keeps_the_mean_of_a_flat_line_and_gaps() -> None:
    values = np.array([2.0] * 200)
    values[100] = math.nan
    found = smoothed(values)
    assert np.isnan(found[100])
    assert np.allclose(np.delete(found, 100), 2.0)
    line = np.arange(400.0)
    assert np.allclose(smoothed(line)[20:-20], line[20:-20])  # centred: no lag


def test_runs_are_the_stretches_between_gaps() -> None:
    good = np.array([False, True, True, False, True])
    assert [(r.start, r.stop) for r in runs(good)] == [(1, 3), (4, 5)]
    assert not list(runs(np.array([], dtype=bool)))


def test_thinning_keeps_both_ends_and_all_extremes_in_order() -> None:
    rng = np.random.default_rng(0)
    x, y = np.linspace(156.0, 2040.0, 100_000), rng.normal(size=100_000)
    y[12_345], y[54_321] = 99.0, -99.0
    few_x, few_y = thinned(x, y)
    assert len(few_x) <= 4 * 1886
    assert (np.diff(few_x) >= 0).all()
    assert (few_x[0], few_y[0], few_x[-1], few_y[-1]) == (x[0], y[0], x[-1], y[-1])
    for column in (156, 1000, 2039):
        inside, kept = (x.astype(int) == column), (few_x.astype(int) == column)
        assert (few_y[kept].min(), few_y[kept].max()) == (y[inside].min(), y[inside].max())
    assert {99.0, -99.0} <= set(few_y.tolist())
