"""Rates, skill, intervals and strengths against closed forms, known values and simulated raters."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from equipoise.judge import statistics
from equipoise.judge.statistics import (
    Estimate,
    again,
    binomial,
    bradley_terry,
    holm,
    mean_of,
    middle,
    rate,
    resampled,
    sensitivity,
    two_sided,
    wider,
)

CDF = NormalDist().cdf


def test_wilson_in_closed_form() -> None:
    n, k, z = 100, 38, 1.96
    found = rate(k, n)
    roots = np.roots([1 + z * z / n, -(2 * k / n + z * z / n), (k / n) ** 2])  # of (p - k/n)^2 = z^2 p (1 - p) / n
    assert (found.low, found.high) == pytest.approx(sorted(roots), abs=1e-12)
    assert rate(50, 100).width / 2 == pytest.approx(0.0962, abs=5e-5)  # what the usual tables give for 50 of 100
    assert math.isnan(rate(0, 0).value) and (rate(0, 0).low, rate(0, 0).high) == (0.0, 1.0)


def test_the_mean_of_two_rates() -> None:
    """Of equal halves almost the interval of them together; of one that is certain half the other's."""
    both, together = middle(rate(20, 50), rate(20, 50)), rate(40, 100)
    assert both.value == together.value and both.width == pytest.approx(together.width, rel=0.03)
    assert middle(rate(0, 10**9), rate(20, 50)).high == pytest.approx(rate(20, 50).high / 2, abs=1e-6)


def test_binomial_of_known_counts() -> None:
    assert binomial(60, 100) == pytest.approx(0.05688793364098, abs=1e-12)  # scipy 1.17.1 binomtest
    assert binomial(40, 100) == binomial(60, 100)
    assert binomial(5, 5) == 2 / 32 and binomial(0, 0) == 1.0 and binomial(50, 100) == 1.0


def test_holm_of_known_values() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0} and holm({}) == {}


def test_skill_and_bias() -> None:
    """The rates that a rater of known d' and c would give are turned back; a biased guesser has no skill."""
    d, c, n = 1.2, 0.3, 10**6
    hits, alarms = (round(n * CDF(x)) for x in (d / 2 - c, -d / 2 - c))
    found = sensitivity(hits, n, alarms, n)
    assert (found.d, found.c) == pytest.approx((d, c), abs=1e-5)
    guesser = sensitivity(45, 50, 45, 50)
    assert guesser.d == 0 and guesser.c < -1, "nearly always 'fake'"
    always = sensitivity(50, 50, 50, 50)
    assert always.d == 0 and math.isfinite(always.c)
    assert sensitivity(50, 50, 0, 50).d == pytest.approx(2 * NormalDist().inv_cdf(50.5 / 51))


def test_the_variance_of_d_is_what_simulation_gives() -> None:
    rng = np.random.default_rng(0)
    d, n = 1.0, 200
    hits, alarms = (rng.binomial(n, CDF(x), size=4000) for x in (d / 2, -d / 2))
    found = [sensitivity(int(h), n, int(f), n) for h, f in zip(hits, alarms, strict=True)]
    assert np.var([one.d for one in found]) == pytest.approx(np.mean([one.variance for one in found]), rel=0.06)


def test_the_mean_of_a_few_raters_speaks_of_them_alone() -> None:
    few = mean_of([1.0, 2.0], [0.04, 0.04])
    assert few.value == 1.5 and few.width == pytest.approx(2 * 1.96 * math.sqrt(0.08) / 2)
    many = mean_of([0.0, 1.0, 2.0, 3.0, 4.0], [1e-6] * 5)
    assert many.value == 2 and many.width > 2, "how raters differ, not how sure each one is"
    assert math.isnan(mean_of([], []).value)


# ------------------------------------------------------------------------------------------------------ the bootstrap


def study(rng: np.random.Generator, raters: int, n: int, spread: float) -> tuple[list[int], np.ndarray, float]:
    """Whose, and [wrong, 1] of each answer of raters whose rates scatter about 0.4; and the mean rate over all raters."""
    of_each = CDF_OF(rng.normal(NormalDist().inv_cdf(0.4), spread, raters))
    wrong = rng.random((raters, n)) < of_each[:, None]
    columns = np.stack([wrong.ravel(), np.ones(raters * n)], 1).astype(float)
    return np.repeat(np.arange(raters), n).tolist(), columns, CDF(NormalDist().inv_cdf(0.4) / math.sqrt(1 + spread**2))


CDF_OF = np.vectorize(CDF)


def share(sums: np.ndarray) -> np.ndarray:
    return sums[..., 0] / sums[..., 1]


def test_the_clustered_interval_covers_where_wilsons_does_not() -> None:
    """20 raters who differ, 100 answers each, 200 studies: the interval over raters holds the truth at its rate."""
    rng = np.random.default_rng(1)
    by_raters = by_answers = 0
    for seed in range(200):
        whose, columns, truth = study(rng, 20, 100, spread=0.6)
        found = statistics.interval(0.0, share(resampled(whose, columns, rounds=1000, seed=seed)), 20)
        assert found is not None
        by_raters += found.low <= truth <= found.high
        answers = rate(int(columns[:, 0].sum()), len(columns))
        by_answers += answers.low <= truth <= answers.high
    assert by_raters >= 182, "91 %: 2.6 standard errors below 95 %"
    assert by_answers < 150, "answers of one person are not independent"


def test_items_count_once_there_are_raters_enough() -> None:
    """All raters see the same few items, which differ: resampling raters alone knows nothing of that."""
    rng = np.random.default_rng(2)
    raters, items = 12, 10
    hard = rng.random(items) < 0.4
    columns = np.stack([np.tile(hard, raters), np.ones(raters * items)], 1).astype(float)
    whose, which = np.repeat(np.arange(raters), items).tolist(), np.tile(np.arange(items), raters)[:, None].tolist()
    assert width(whose, columns, ()) < 1e-12 and width(whose, columns, which) > 0.4
    assert width([w % 6 for w in whose], columns, which) < 1e-12, "with six raters it is raters alone"
    assert again([w % 4 for w in whose], columns, which) is None, "four people are too few to say how people differ"


def width(whose: list[int], columns: np.ndarray, which: Any) -> float:
    draws = again(whose, columns, which)
    assert draws is not None
    found = statistics.interval(0.0, share(draws), len(set(whose)))
    assert found is not None
    return found.width


def test_items_in_parts_are_items_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean of resampled sums is the sum: each answer counts once on average, also when it is done in parts."""
    columns = np.ones((60, 1))
    monkeypatch.setattr(statistics, "PART", 60 * 7)
    sums = resampled(list(range(12)) * 5, columns, [[i, 30 + i % 7] for i in range(60)], rounds=3000)
    assert sums.shape == (3000, 1) and sums.mean() == pytest.approx(60, rel=0.05)


def test_the_wider_interval() -> None:
    a, b = Estimate(0.5, 0.4, 0.6), Estimate(0.51, 0.3, 0.7)
    assert wider(a, b) == Estimate(0.5, 0.3, 0.7) and wider(b, a) == b
    assert wider(a, None) == a and wider(a, Estimate(0.5)) == a


def test_p_of_resampled_differences() -> None:
    rng = np.random.default_rng(3)
    assert two_sided(rng.normal(0, 1, 9999)) > 0.9 and two_sided(rng.normal(5, 1, 9999)) == pytest.approx(2e-4)
    assert two_sided(np.array([])) == 1.0


# ------------------------------------------------------------------------------------------------------ Bradley-Terry


def test_bradley_terry_of_two_is_the_odds() -> None:
    found = bradley_terry(np.array([[0, 30], [10, 0]]))
    assert found[0] - found[1] == pytest.approx(math.log(30.5 / 10.5), abs=1e-9) and found.sum() == pytest.approx(0, abs=1e-12)


def test_bradley_terry_finds_known_strengths() -> None:
    rng = np.random.default_rng(4)
    truth = np.array([1.0, 0.3, -0.2, -1.1])
    wins = np.zeros((4, 4))
    for i in range(4):
        for j in range(i + 1, 4):
            wins[i, j] = rng.binomial(5000, 1 / (1 + math.exp(truth[j] - truth[i])))
            wins[j, i] = 5000 - wins[i, j]
    assert bradley_terry(wins) == pytest.approx(truth, abs=0.05)
    assert bradley_terry(np.stack([wins, wins.T])) == pytest.approx(np.stack([truth, -truth]), abs=0.05), "many at once"


def test_bradley_terry_solves_the_likelihood() -> None:
    """At the maximum each one's wins are what its strength foretells."""
    wins = np.array([[0, 7, 9], [3, 0, 6], [1, 4, 0]], dtype=float)
    s = bradley_terry(wins)
    won = wins + 0.5 * (1 - np.eye(3))
    foretold = ((won + won.T) / (1 + np.exp(s[None] - s[:, None]))).sum(1)
    assert foretold == pytest.approx(won.sum(1), abs=1e-6)


def test_one_who_never_lost_is_strong_not_infinite() -> None:
    found = bradley_terry(np.array([[0, 20, 20], [0, 0, 10], [0, 10, 0]]))
    assert np.isfinite(found).all() and found[0] > 2 and found[1] == pytest.approx(found[2])
