"""Both players start again from new weights in the set-up that was healthy in every run."""

from __future__ import annotations

from equipoise.remedies.proven import proven
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return proven(patient) | Change(fresh=("G", "D"))


REMEDY = Remedy(
    "start_again",
    (
        "discriminator_dominance",
        "vanishing_gradient",
        "generator_dominance",
        "oscillation",
        "divergence",
        "mode_collapse",
        "mode_cycling",
        "no_learning",
        "frozen_training",
    ),
    change,
)
