"""Intervals: known values, and how often they hold where the truth is known."""

import math

import numpy as np
import pytest

from equipoise.clinic import intervals
from equipoise.clinic.intervals import bootstrap, paired, student, wilson


def test_wilson_of_known_counts() -> None:
    assert wilson(81, 263) == (0.308, 0.2553, 0.3662)  # Newcombe 1998, table I
    assert wilson(15, 148)[1:] == (0.0624, 0.1605)
    assert wilson(0, 20)[1:] == (0.0, 0.1611)
    assert math.isnan(wilson(0, 0)[0]) and wilson(0, 0)[1:] == (0.0, 1.0)


def test_pairs_of_known_counts() -> None:
    assert paired(20, 12, 2, 16) == (0.2, 0.0562, 0.3292)  # Newcombe 1998, paired data: 0.0562 to 0.3290 with z of more digits
    assert math.isnan(paired(0, 0, 0, 0)[0])


def test_pairs_without_a_difference_and_mirrored() -> None:
    value, low, high = paired(2, 0, 0, 3)
    assert value == 0 and low == -high < 0
    value, low, high = paired(1, 3, 1, 0)
    assert paired(1, 1, 3, 0) == (-value, -high, -low)
    assert paired(0, 5, 0, 0)[2] == 1.0, "within what shares can differ by"


def test_agreement_of_seeds_narrows_the_interval() -> None:
    together, apart = paired(10, 4, 0, 10), paired(6, 8, 4, 6)
    assert together[0] == apart[0]
    assert together[2] - together[1] < apart[2] - apart[1]


@pytest.mark.parametrize("degrees, quantile", [(1, 12.7062), (2, 4.3027), (4, 2.7764), (5, 2.5706), (9, 2.2622), (30, 2.0423)])
def test_student_against_the_tables(degrees: int, quantile: float) -> None:
    assert student(0.975, degrees) == pytest.approx(quantile, abs=1e-4)


def test_bootstrap_is_the_same_every_time_and_follows_the_values() -> None:
    values = [0.1, 0.3, 0.2, 0.5, 0.4, 0.3]
    mean, low, high = bootstrap(values)
    assert bootstrap(values) == (mean, low, high) and bootstrap(values, seed=1)[0] == mean
    assert mean == pytest.approx(0.3) and 0.1 <= low < mean < high <= 0.5
    assert bootstrap([v + 1 for v in values])[1] == pytest.approx(low + 1, abs=1e-3)
    assert bootstrap(values, level=0.5)[1] > low


def test_few_values_bound_nothing() -> None:
    assert bootstrap([1.0, 1.1, 1.2, 1.3]) == (1.15, -math.inf, math.inf)
    assert math.isnan(bootstrap([])[0])


def held(n: int, both: float, better: float, worse: float, rounds: int = 4000) -> float:
    """How often the interval of n pairs has the truth in it, for these shares of the cells."""
    cells = np.random.default_rng(0).multinomial(n, [both, better, worse, 1 - both - better - worse], rounds)
    found = [paired(*map(int, row)) for row in cells]
    return float(np.mean([low <= better - worse <= high for _, low, high in found]))


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize("cells", [(0.2, 0.0, 0.0), (0.1, 0.2, 0.2), (0.0, 0.5, 0.0), (0.0, 0.9, 0.0), (0.4, 0.4, 0.1)])
def test_pairs_hold_what_they_promise(n: int, cells: tuple[float, float, float]) -> None:
    assert held(n, *cells) >= 0.92


@pytest.mark.parametrize("n", [5, 10])
def test_bootstrap_holds_where_plain_percentiles_do_not(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "ROUNDS", 2000)
    draws = np.random.default_rng(0).normal(size=(500, n))
    resampled = np.random.default_rng(1).choice(draws, (400, n), axis=1).mean(2)  # [500, 400], the same places for all
    low, high = np.quantile(resampled, [0.025, 0.975], axis=1)
    plain = np.mean((low <= 0) & (high >= 0))
    kept = np.mean([low <= 0 <= high for _, low, high in map(bootstrap, draws)])
    assert kept >= 0.91 and kept > plain + 0.02
