"""T10: WGAN, WGAN-GP or LSGAN against vanishing gradients; WGAN-GP or spectral norm against collapse."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import SPECTRAL, critic, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

LSGAN = Arm("least-squares", "least squares", {"objective": "least_squares"})
CLIPPED = Arm("wgan", "Wasserstein, weights clipped", {"objective": "wasserstein", "tricks.weight_clipping": {}})
OPTIMIZER = {"optimizer": {"kind": "adam", "lr": 1e-4, "beta1": 0.0, "beta2": 0.9}, "tricks.two_rates": False}
ADAM = Arm("adam", "the optimizer of WGAN-GP's paper, nothing else", OPTIMIZER)
PUBLISHED = Arm("wgan-gp, adam", "WGAN-GP with the optimizer of its paper", {**critic(image=False).settings, **OPTIMIZER})
TRIALS = (
    trial("ring/stalled", CLIPPED, critic(image=False), LSGAN, ADAM, PUBLISHED),
    trial("mnist/stalled", critic(image=True), LSGAN),
    trial("ring/strong-d", critic(image=False), SPECTRAL),
    trial("mnist/strong-d", critic(image=True), SPECTRAL),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "An arm changes the objective and keeps the ward's optimizer, which on the stalled wards is SGD. The arms adam and "
        "'wgan-gp, adam', beside them, change the optimizer without and with the objective.",
        beside=(ADAM.name, PUBLISHED.name),
    )


CLAIM = Claim(
    "T10",
    "WGAN, WGAN-GP or LSGAN cure vanishing gradients; WGAN-GP or spectral norm cure mode collapse",
    RULE,
    TRIALS,
    decide,
)
