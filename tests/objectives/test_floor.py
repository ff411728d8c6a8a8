"""The least loss that a perfect D can have, by each objective's recorded convention."""

import math

import pytest
from games import tiny_game
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.objectives import OBJECTIVES
from equipoise.tricks.label_smoothing import LabelSmoothing

CROSS_ENTROPY = ("non_saturating", "minimax")
SMOOTHED = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1)) / 2  # 0.1625: only the reals' term can't be 0


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name != "wasserstein"])
def test_a_perfect_d_has_no_loss(name: str) -> None:
    assert OBJECTIVES[name].floor() == pytest.approx(0.0, abs=1e-6)


def test_a_critic_has_no_best_loss() -> None:
    assert OBJECTIVES["wasserstein"].floor() is None


@pytest.mark.parametrize("name", CROSS_ENTROPY)
@settings(max_examples=8, deadline=None)
@given(real=st.floats(0.6, 1.0), fake=st.floats(0.0, 0.4))
def test_with_soft_targets_it_is_their_entropy(name: str, real: float, fake: float) -> None:
    def entropy(p: float) -> float:
        return -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)

    assert OBJECTIVES[name].floor(real, fake) == pytest.approx((entropy(real) + entropy(fake)) / 2, abs=0.005)


@pytest.mark.parametrize("name", CROSS_ENTROPY)
def test_a_game_asks_with_its_tricks_targets(name: str) -> None:
    assert tiny_game(LabelSmoothing(), objective=name).floor() == pytest.approx(SMOOTHED, abs=0.002)
    assert tiny_game(objective=name).floor() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("real", [0.9, 0.7])
def test_least_squares_can_reach_any_target(real: float) -> None:
    assert OBJECTIVES["least_squares"].floor(real, 0.0) == pytest.approx(0.0, abs=0.01)  # of a grid


@pytest.mark.parametrize("name", OBJECTIVES)
def test_it_lies_below_the_equilibrium(name: str) -> None:
    floor, at_equilibrium = OBJECTIVES[name].floor(), OBJECTIVES[name].equilibrium().d_loss
    if floor is not None and at_equilibrium is not None:
        assert floor < at_equilibrium
