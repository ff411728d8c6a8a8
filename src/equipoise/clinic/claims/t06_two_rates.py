"""T6: two time scales."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import TTUR, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

EQUAL = Arm("equal-rates", "both 2e-4: as much in all", {"optimizer.lr": 2e-4})
TRIALS = (
    trial("ring/strong-d", TTUR),
    trial("grid/strong-d", TTUR),
    trial("mnist/strong-d", TTUR),
    trial("mnist/plain", TTUR, control=EQUAL),
    trial("mnist/r1", TTUR, control=EQUAL),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "On the strong-d wards it replaces rates that are further apart; on mnist/plain (no penalty on D) and mnist/r1 (R1 on "
        "D) it is compared with 0.0002 for both.",
    )


CLAIM = Claim(
    "T6",
    "TTUR (G 0.0001, D 0.0004) keeps D from dominating too early and helps convergence",
    RULE,
    TRIALS,
    decide,
)
