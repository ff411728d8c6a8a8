"""The set-up that was healthy in every run: what the composite remedies lead back to."""

from __future__ import annotations

from typing import Any

from equipoise.remedies.ema import decay
from equipoise.remedies.r1 import LAZY, usual_weight
from equipoise.remedies.remedy import Change, Patient

SLOWEST, FASTEST = 2e-4, 1e-3  # Adam's rate in published GANs and in our healthy recipes
FEW = 2000  # samples; published GANs on fewer need augmentation (Zhao et al. 2020, Karras et al. 2020)
LEFT_OUT = (
    "tricks.two_rates",
    "tricks.cadence",
    "tricks.adaptive_cadence",
    "tricks.weight_clipping",
    "tricks.unrolled",
    "penalties.gradient_penalty",
    "penalties.dragan",
)


def proven(patient: Patient) -> Change:
    """The non-saturating loss with R1, one Adam for both at a usual rate, one step each, an average of G; with few images
    also translation of all that D sees.
    """
    adam = patient.optimizer.get("kind") == "adam"
    rate = min(FASTEST, max(SLOWEST, float(patient.optimizer.get("lr", FASTEST)) if adam else FASTEST))
    settings: dict[str, Any] = dict.fromkeys(LEFT_OUT, False)
    settings |= {
        "objective": "non_saturating",
        "optimizer": {"kind": "adam", "lr": rate, "beta1": 0.5},
        "penalties.r1": {"weight": usual_weight(patient), "every": LAZY if patient.image else 1},
        "tricks.ema": {"decay": decay(patient)},
    }
    if patient.image and patient.samples is not None and patient.samples < FEW:
        settings |= little_data(patient)
    return Change(settings)


def little_data(patient: Patient) -> dict[str, Any]:
    settings: dict[str, Any] = {"tricks.diff_augment": {"policy": "translation", "outside": "edge"}}
    if patient.network.get("kind") == "dcgan":
        width = min(16, int(patient.network.get("width", 16)))
        settings["network"] = {"kind": "dcgan", "width": width, "normalise": "none", "upsample": "resize"}
    return settings
