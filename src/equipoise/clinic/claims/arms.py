"""Arms that several claims share: the same runs serve them all."""

from __future__ import annotations

from typing import Any

from equipoise.clinic.trial import Arm, Trial
from equipoise.clinic.wards import WARDS

UNTREATED = Arm("untreated", "the ward as it is")
SMOOTHING = Arm("smoothing", "real labels 0.9", {"tricks.label_smoothing": {"real": 0.9}})
TTUR = Arm("two-rates", "G 1e-4, D 4e-4", {"tricks.two_rates": {"d_rate": 4e-4, "g_rate": 1e-4}})
SPECTRAL = Arm("spectral-norm", "spectral norm on D", {"tricks.spectral_norm": {}})
DROPOUT = Arm("dropout", "dropout 0.3 in D", {"tricks.dropout": {}})
MATCHING = Arm("feature-matching", "G matches the mean of D's features, too", {"tricks.feature_matching": {}})
R1 = Arm("r1", "R1 on D", {"penalties.r1": {"weight": 0.1}})
LSGAN = Arm("least-squares", "least squares", {"objective": "least_squares"})
CLIPPED = Arm("wgan", "Wasserstein, weights clipped", {"objective": "wasserstein", "tricks.weight_clipping": {}})
LOOKS: dict[str, Any] = {"exams.every_steps": 40}  # on images, whose runs are short
SEEDS = 5


def trial(ward: str, *arms: Arm, settings: dict[str, Any] | None = None) -> Trial:
    """Five seeds of a ward, untreated and in each of the arms."""
    return Trial(ward, (UNTREATED, *arms), SEEDS, {**(LOOKS if WARDS[ward].image else {}), **(settings or {})})


def d_rate(ward: str, share: float) -> Arm:
    """D's rate at a share of what the ward gives it."""
    found = WARDS[ward]
    recipe = {**found.base, **found.changes}
    rates, lr = recipe.get("tricks", {}).get("two_rates", {}), recipe["optimizer"]["lr"]
    d, g = rates.get("d_rate", lr), rates.get("g_rate", lr)
    name = f"d-rate x {share:g}" if share > 1 else f"d-rate/{1 / share:g}"
    return Arm(name, f"D at {share:g} of its rate", {"tricks.two_rates": {"d_rate": d * share, "g_rate": g}})


def critic(weight: float) -> Arm:
    return Arm(
        "wgan-gp",
        "Wasserstein with gradient penalty",
        {"objective": "wasserstein", "penalties.gradient_penalty": {"weight": weight}},
    )
