"""T6: two time scales."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import TTUR, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Claim, Outcome, Verdict

TRIALS = (
    trial("ring/strong-d", TTUR),
    trial("grid/strong-d", TTUR),
    trial("mnist/strong-d", TTUR),
    trial("mnist/plain", TTUR),
    trial("mnist/r1", TTUR),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T6",
    "TTUR (G 0.0001, D 0.0004) keeps D from dominating too early and helps convergence",
    RULE,
    TRIALS,
    decide,
)
