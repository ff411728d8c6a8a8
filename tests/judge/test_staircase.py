"""The staircase: its moves, what it settles at, and how an exposure becomes a score."""

import math

import numpy as np
import pytest

from equipoise.judge.staircase import RULES, Staircase, modal, reversals, threshold

SCALE, SHAPE = 300.0, 2.5  # of a person's psychometric function


def chance(time: float) -> float:
    """Of a right answer after so many milliseconds: half at nothing, all in the end (a Weibull function)."""
    return 1 - 0.5 * math.exp(-((time / SCALE) ** SHAPE))


def time_of(p: float) -> float:
    return float(SCALE * (-math.log(2 * (1 - p))) ** (1 / SHAPE))


def test_the_moves_of_the_weighted_rule() -> None:
    assert RULES["weighted"].exposures([]) == [500]
    assert RULES["weighted"].exposures([True, True, False, True]) == [500, 490, 480, 510, 500]


def test_the_moves_of_three_in_a_row() -> None:
    three = RULES["transformed"]
    assert three.exposures([True, True, True, True, True, False, True]) == [500, 500, 500, 470, 470, 470, 500, 500]


def test_the_bounds_hold() -> None:
    weighted = RULES["weighted"]
    assert weighted.following([True] * 100) == 100 and weighted.following([False] * 100) == 1000


def test_the_targets() -> None:
    assert RULES["weighted"].target == 0.75 and RULES["transformed"].target == pytest.approx(0.7937, abs=1e-4)


@pytest.mark.parametrize("rule", RULES)
def test_it_settles_where_it_says(rule: str) -> None:
    """Over 40 people of one psychometric function the mean of the later exposures is that of the rule's target."""
    staircase: Staircase = RULES[rule]
    rng = np.random.default_rng(0)
    found, turns = [], []
    for _ in range(40):
        time, row, times, right = staircase.start, 0, [], []
        for _ in range(150):
            right.append(bool(rng.random() < chance(time)))
            times.append(time)
            row = row + 1 if right[-1] else 0  # the slow, obvious twin: a step at a time
            step = staircase.up if not right[-1] else -staircase.down if row == staircase.in_a_row else 0
            row = 0 if row == staircase.in_a_row else row
            time = min(staircase.most, max(staircase.least, time + step))
        assert staircase.exposures(right) == [*times, time]
        found.append(np.mean(times[60:]))
        turns.append(threshold(times))
    assert np.mean(found) == pytest.approx(time_of(staircase.target), rel=0.04)
    assert np.mean(turns) == pytest.approx(time_of(staircase.target), rel=0.08)


def test_the_two_rules_are_told_apart() -> None:
    assert time_of(RULES["transformed"].target) > 1.06 * time_of(RULES["weighted"].target)


def test_scores_of_a_block() -> None:
    assert modal([500, 490, 490, 480, 480]) == 480 and modal([300, 300, 100]) == 300
    assert reversals([5, 4, 4, 3, 6, 5, 5, 8]) == [3, 6, 5]
    assert threshold([500, 470, 500, 470, 500]) is None
    assert threshold([5, 4, 5, 3, 6, 2], skip=2) == (3 + 6) / 2
