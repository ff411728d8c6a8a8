"""T10: WGAN, WGAN-GP or LSGAN against vanishing gradients; WGAN-GP or spectral norm against collapse."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import CLIPPED, LSGAN, SPECTRAL, critic, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Claim, Outcome, Verdict

TRIALS = (
    trial("ring/stalled", CLIPPED, critic(1.0), LSGAN),
    trial("mnist/stalled", critic(10.0), LSGAN),
    trial("ring/strong-d", critic(1.0), SPECTRAL),
    trial("mnist/strong-d", critic(10.0), SPECTRAL),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T10",
    "WGAN, WGAN-GP or LSGAN cure vanishing gradients; WGAN-GP or spectral norm cure mode collapse",
    RULE,
    TRIALS,
    decide,
)
