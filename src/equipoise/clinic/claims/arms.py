"""Arms that several claims share: the same runs serve them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.clinic.trial import Arm, Outcome, Trial
from equipoise.clinic.wards import WARDS

UNTREATED = Arm("untreated", "the ward as it is")
SMOOTHING = Arm("smoothing", "real labels 0.9", {"tricks.label_smoothing": {"real": 0.9}})
TTUR = Arm("two-rates", "G 1e-4, D 4e-4", {"tricks.two_rates": {"d_rate": 4e-4, "g_rate": 1e-4}})
SPECTRAL = Arm("spectral-norm", "spectral norm on D", {"tricks.spectral_norm": {}})
MATCHING = Arm("feature-matching", "G matches the mean of D's features, too", {"tricks.feature_matching": {}})
AUGMENTED = Arm(
    "augmented", "translation of all that D sees", {"tricks.diff_augment": {"policy": "translation", "outside": "edge"}}
)
LOOKS: dict[str, Any] = {"exams.every_steps": 40}  # on images, whose runs are short
SEEDS = 5


def trial(ward: str, *arms: Arm, control: Arm = UNTREATED, settings: Mapping[str, Any] | None = None) -> Trial:
    """Five seeds of a ward in each of the arms, the control first."""
    return Trial(ward, (control, *arms), SEEDS, {**(LOOKS if WARDS[ward].image else {}), **(settings or {})})


def d_rate(ward: str, share: float) -> Arm:
    """D's rate at a share of what the ward gives it."""
    found = WARDS[ward]
    recipe = {**found.base, **found.changes}
    rates, lr = recipe.get("tricks", {}).get("two_rates", {}), recipe["optimizer"]["lr"]
    d, g = rates.get("d_rate", lr), rates.get("g_rate", lr)
    name = f"d-rate x {share:g}" if share > 1 else f"d-rate/{1 / share:g}"
    return Arm(name, f"D at {share:g} of its rate", {"tricks.two_rates": {"d_rate": d * share, "g_rate": g}})


def critic(image: bool) -> Arm:
    """WGAN-GP as its paper has it: on images with weight 10 and without batch normalisation in D, on points with weight 1."""
    settings = {"objective": "wasserstein", "penalties.gradient_penalty": {"weight": 10.0 if image else 1.0}}
    return Arm("wgan-gp", "Wasserstein with gradient penalty", settings | ({"network.normalise": "none"} if image else {}))


# ---------------------------------------------------------------------------------------- the notebook's 218 windows

BURSTS = "bursts/naive"
EPOCHS = {"steps": 42}  # three, of 14 batches
D_SURE, G_LOST = 0.01, 10.0
COLLAPSE = (
    f" On {BURSTS} (here {EPOCHS['steps']} steps, 14 an epoch) a run counts as collapsed if D's loss falls below {D_SURE:g} and"
    f" G's rises above {G_LOST:g} in it, or if its numbers break."
)


def uncollapsed(outcome: Outcome) -> bool:
    """By `COLLAPSE` on the notebook's case; by the ward's own criterion elsewhere."""
    if outcome.ward != BURSTS:
        return outcome.healthy
    numbers = outcome.numbers
    return not outcome.diverged and not (numbers["d_loss_least"] < D_SURE and numbers["g_loss_most"] > G_LOST)
