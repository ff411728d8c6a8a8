"""What losses tell of each failure: made-up curves on both sides of every threshold, and healthy ones that look alarming."""

import importlib
import math
import pkgutil
from typing import Any

import numpy as np
import pytest

from equipoise.diagnosing import of_log
from equipoise.diagnosis import RULES, losses
from equipoise.diagnosis.finding import Diagnosis
from equipoise.diagnosis.losses.mode_collapse import d_loss_of, share_of
from equipoise.diagnosis.track import Facts, Track

LN2 = math.log(2)
STANDARD: dict[str, Any] = {
    "objective": "non_saturating",
    "convention": "mean",
    "d_equilibrium": LN2,
    "g_equilibrium": LN2,
    "d_floor": 0.0,
}
CRITIC: dict[str, Any] = {"objective": "wasserstein", "d_equilibrium": 0.0}
HINGE: dict[str, Any] = {"objective": "hinge", "d_equilibrium": 2.0, "d_floor": 0.0}


def judged(d: Any, g: Any, facts: dict[str, Any] = STANDARD, **more: Any) -> Diagnosis:
    """The diagnosis of a log with these losses, D's in the mean convention."""
    d, g = np.broadcast_arrays(np.asarray(d, float), np.asarray(g, float))
    track = Track(Facts(source="log", **facts))
    for step in range(len(d)):
        extra = {name: values[step] for name, values in more.items()}
        track.add({"step": step, "d_loss": float(d[step]), "d_loss_written": float(d[step]), "g_loss": float(g[step]), **extra})
    return of_log(track)


def noisy(level: Any, spread: float = 0.15, n: int = 100, seed: int = 0) -> np.ndarray:
    return np.broadcast_to(level, n) * np.exp(np.random.default_rng(seed).normal(0, spread, n))


def named(found: Diagnosis) -> set[str]:
    return {finding.name for finding in found.findings}


TIME = np.linspace(0, 1, 100)


@pytest.mark.parametrize(
    ("d", "g", "facts"),
    [
        (noisy(0.69, 0.02), noisy(0.75, 0.05), STANDARD),  # hovering at equilibrium, after it was below
        (noisy(np.where(TIME < 0.1, 0.4, 0.695), 0.005), noisy(0.7, 0.03), STANDARD),  # learned, then matched
        (noisy(0.25, 0.4), noisy(2.5, 0.4, seed=1), STANDARD),  # the usual DCGAN: D ahead, G far above ln 2
        (noisy(0.5 - 0.35 * TIME, 0.3), noisy(1 + 3.5 * TIME, 0.3, seed=1), STANDARD),  # D falls, G climbs: often fine
        (noisy(0.055, 1.2), noisy(4, 0.3, seed=1), STANDARD),  # low with spikes: G fights back
        (-noisy(8 * np.exp(-3 * TIME) + 1, 0.1), noisy(3 + TIME, 0.2), CRITIC),  # an estimate that shrinks
        (noisy(0.03, 0.3), np.random.default_rng(0).normal(0.02, 0.003, 100), CRITIC),  # clipped weights: tiny numbers
        (noisy(1.4, 0.1), np.random.default_rng(0).normal(0.3, 0.4, 100), HINGE),
    ],
)
def test_healthy_curves_raise_no_alarm(d: np.ndarray, g: np.ndarray, facts: dict[str, Any]) -> None:
    found = judged(d, g, facts)
    assert found.verdict == "healthy", [(f.name, f.words) for f in found.findings]


def test_every_reading_of_losses_is_heard() -> None:
    """Each file of losses/ is a reading, for logs, of the rule of that name."""
    for module in pkgutil.iter_modules(losses.__path__):
        judge = importlib.import_module(f"{losses.__name__}.{module.name}").judge
        assert any(reading.judge is judge and reading.source == "log" for reading in RULES[module.name].readings), module.name


@pytest.mark.parametrize(("level", "sure"), [(1e-6, 0.85), (0.025, 0.7), (0.06, 0.55)])
def test_a_d_that_is_hardly_ever_fooled(level: float, sure: float) -> None:
    found = judged(noisy(level, 0.1), noisy(8, 0.1, seed=1))
    finding = found.findings[0]
    assert found.verdict == finding.name == "discriminator_dominance" and finding.confidence == pytest.approx(sure)
    assert finding.evidence[0].value < finding.evidence[0].threshold and "look at samples" in finding.words


def test_few_moments_make_less_sure() -> None:
    many, few = judged(noisy(0.02, 0.1), noisy(8, 0.1)), judged(noisy(0.02, 0.1, n=8), noisy(8, 0.1, n=8))
    assert few.findings[0].confidence < many.findings[0].confidence


def test_a_rising_g_makes_dominance_surer() -> None:
    flat, rising = judged(noisy(0.06, 0.1), noisy(8, 0.1)), judged(noisy(0.06, 0.1), noisy(2 + 8 * TIME, 0.1))
    assert rising.findings[0].confidence > flat.findings[0].confidence


def test_dominance_is_measured_from_the_floor_of_smoothed_labels() -> None:
    smoothed = {**STANDARD, "d_floor": 0.1625, "d_equilibrium": 0.6881}
    assert judged(noisy(0.18, 0.02), noisy(6, 0.1), smoothed).verdict == "discriminator_dominance"
    assert judged(noisy(0.18, 0.02), noisy(2, 0.1)).verdict == "healthy"


def test_dominance_does_not_hang_on_a_guess() -> None:
    doubted = {**STANDARD, "d_doubt": 2.0}
    assert judged(noisy(0.05, 0.1), noisy(5, 0.1)).verdict == "discriminator_dominance"
    assert judged(noisy(0.05, 0.1), noisy(5, 0.1), doubted).verdict == "healthy"
    assert judged(noisy(0.005, 0.1), noisy(5, 0.1), doubted).verdict == "discriminator_dominance"


def test_a_g_loss_where_a_sigmoid_is_flat() -> None:
    assert judged(noisy(0.12, 0.3), noisy(14, 0.2)).verdict == "discriminator_dominance"
    assert judged(noisy(0.5, 0.3), noisy(14, 0.2)).verdict == "healthy", "D's loss says otherwise: G's has other terms"
    assert judged(noisy(0.12, 0.3), noisy(14, 0.2), {**STANDARD, "g_equilibrium": None}).verdict == "healthy"


def test_a_run_that_was_dominated_for_half_of_its_time() -> None:
    found = judged(np.where(TIME < 0.5, 1e-4, 0.3), np.where(TIME < 0.5, 15, 1.5))
    assert found.verdict == "discriminator_dominance" and "50% of the run" in found.findings[0].words


def test_an_estimate_that_only_grows() -> None:
    growing = judged(-noisy(1 + 9 * TIME, 0.05), noisy(1 + 9 * TIME, 0.05), CRITIC)
    assert growing.verdict == "discriminator_dominance"
    learned_first = np.where(TIME < 0.2, 1 + 20 * TIME, 6 - 4 * TIME)
    assert judged(-noisy(learned_first, 0.05), noisy(learned_first, 0.05), CRITIC).verdict == "healthy"


def test_a_d_that_is_worse_than_a_coin_while_fakes_pass() -> None:
    assert judged(noisy(3.0), noisy(0.05)).verdict == "generator_dominance"
    assert "generator_dominance" not in named(judged(noisy(3.0), noisy(3.0))), "both suffer: no dominance"


def test_a_hinge_at_its_ceiling_is_left_open() -> None:
    found = judged(noisy(1.5 + 0.45 * TIME, 0.003), noisy(0.1), HINGE)
    assert found.verdict == "unknown" and named(found) == {"generator_dominance"}


@pytest.mark.parametrize(("lasts", "severity"), [(True, "fatal"), (False, "warning")])
def test_not_a_number(lasts: bool, severity: str) -> None:
    d = noisy(0.5)
    d[60 : 100 if lasts else 70] = math.nan
    found = judged(d, noisy(1.0))
    assert found.verdict == "divergence" and found.findings[0].severity == severity and found.findings[0].since == 60


def test_a_fatal_end_comes_before_what_led_there() -> None:
    d = np.full(100, 1e-6)
    d[90:] = math.nan
    found = judged(d, np.where(TIME < 0.9, 12 + TIME, math.inf))
    assert found.verdict == "divergence" and {"divergence", "discriminator_dominance"} <= named(found)


def test_an_explosion_and_when_it_began() -> None:
    d = np.where(TIME < 0.5, -2.0, 10.0 ** (1 + 6 * TIME))
    d[10] = -400.0  # a spike is no beginning
    found = judged(d, noisy(3.0), CRITIC)
    assert found.verdict == "divergence" and 45 <= found.findings[0].since <= 55
    assert judged(-noisy(500 * np.exp(-2 * TIME)), noisy(300.0), CRITIC).verdict == "healthy", "large from the beginning"


def test_a_d_that_was_never_better_than_a_coin() -> None:
    spikes = np.where(np.arange(100) % 7 == 0, 1.0, 0.6935) + np.random.default_rng(0).uniform(0, 1e-3, 100)
    found = judged(spikes, noisy(0.71, 0.02))
    assert found.verdict == "no_learning" and named(found) == {"no_learning"}


@pytest.mark.parametrize("value", [7.971192, 13.8155, 50.0, 0.69381])
def test_a_loss_that_stands_still(value: float) -> None:
    found = judged(np.full(30, value), noisy(0.9, n=30))
    assert found.verdict == "no_learning" and "frozen_training" in named(found)


def test_a_bar_that_is_drawn_many_times_is_no_standstill() -> None:
    d, g = np.repeat([0.612, 0.587, 0.598], [40, 10, 50]), np.repeat([0.911, 0.873, 0.902], [40, 10, 50])
    assert judged(d, g).verdict == "healthy"


def test_a_d_loss_with_other_terms_is_not_pinned_to_chance() -> None:
    assert judged(noisy(0.95, 0.05), noisy(0.8)).verdict == "healthy", "such as ACGAN's classification"


def test_two_decimals_at_equilibrium_are_no_proof_of_standstill() -> None:
    frozen = {f.name: f for f in judged(np.r_[np.full(20, 0.5), np.full(80, 0.69)], np.round(noisy(0.7, 0.05), 2)).findings}
    assert frozen["frozen_training"].confidence < 0.5


def test_a_g_that_gets_nothing_from_its_critic() -> None:
    assert judged(noisy(4.0, 0.5), np.full(100, -0.0001), CRITIC).verdict == "no_learning"


def test_opponents_can_not_both_vanish() -> None:
    found = judged(noisy(0.001), noisy(0.001))
    assert found.verdict == "no_learning" and found.findings[0].name == "swapped_labels"
    dominated = next(f for f in found.findings if f.name == "discriminator_dominance")
    assert dominated.caused_by == "swapped_labels", "wiring explains the rest"
    assert judged(noisy(0.001), noisy(0.001), CRITIC).verdict == "healthy", "a critic's may"


def test_swings() -> None:
    angry = np.random.default_rng(0).normal(0, 300, 100)
    assert judged(noisy(10, 0.5), angry, CRITIC).verdict == "oscillation"
    assert judged(noisy(10, 0.5), angry * np.exp(-6 * TIME), CRITIC).verdict == "healthy", "calming down"
    swings = np.where(np.arange(100) // 5 % 2 == 0, 0.4, 20.0)
    assert "oscillation" in named(judged(noisy(0.3), swings))
    assert "oscillation" not in named(judged(noisy(0.3), np.where(np.arange(100) // 5 % 2 == 0, 0.8, 5.0)))


def test_the_collapse_relation() -> None:
    assert d_loss_of(1 / 8) == pytest.approx(0.196, abs=5e-4), "FAILURES.md, 0.4: one mode of eight"
    assert d_loss_of(1.0) == pytest.approx(LN2)
    for rho in (0.03, 0.125, 0.5):
        assert share_of(d_loss_of(rho)) == pytest.approx(rho, rel=1e-6)
    found = judged(noisy(0.196, 0.02), noisy(math.log(9), 0.02))
    assert found.verdict == "healthy" and named(found) == {"mode_collapse"}, "a remark, no alarm"
    assert found.findings[0].severity == "note" and "12%" in found.findings[0].words


@pytest.mark.parametrize(("r_t", "verdict"), [(0.95, "overfitting"), (0.65, "healthy"), (0.3, "healthy")])
def test_r_t_as_stylegan_logs_it(r_t: float, verdict: str) -> None:
    found = judged(noisy(0.4), noisy(1.2), r_t=np.full(100, r_t))
    assert found.verdict == verdict and ("overfitting" in named(found)) == (r_t > 0.6)


def test_few_moments_are_not_called_healthy() -> None:
    assert judged(noisy(0.5, n=4), noisy(1, n=4)).verdict == "unknown"
    assert judged(np.full(4, 1e-7), np.full(4, 16.0)).verdict == "discriminator_dominance", "what is plain is said"


def test_our_own_runs_are_not_judged_by_losses_alone() -> None:
    track = Track.of(({"step": n, "d_loss": 1e-4, "g_loss": 9.0} for n in range(50)), Facts(**STANDARD))
    assert "discriminator_dominance" not in named(of_log(track))
