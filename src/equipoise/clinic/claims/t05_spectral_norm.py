"""T5: spectral normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import SPECTRAL, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Claim, Outcome, Verdict

NOTE = (
    "It is not common in WGAN-GP: the gradient penalty (Gulrajani et al. 2017) and spectral normalisation (Miyato et al. 2018) "
    "are two ways to the same Lipschitz constraint, and the second paper compares itself with the first."
)
TRIALS = (
    trial("ring/no-lipschitz", SPECTRAL),
    trial("mnist/no-lipschitz", SPECTRAL),
    trial("mnist/strong-d", SPECTRAL),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes), NOTE)


CLAIM = Claim(
    "T5",
    "Spectral normalisation of D prevents exploding gradients and helps stability (common in WGAN-GP)",
    RULE,
    TRIALS,
    decide,
)
