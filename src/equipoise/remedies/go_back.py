"""Back to the last healthy snapshot, and on from there in the set-up that was healthy in every run."""

from __future__ import annotations

from equipoise.remedies.proven import proven
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if not patient.healthy_steps:
        return None
    usual = proven(patient)
    kept = {key: value for key, value in usual.settings.items() if key != "network"}  # its weights are of this network
    return Change(kept, back=True)


REMEDY = Remedy(
    "go_back",
    (
        "discriminator_dominance",
        "vanishing_gradient",
        "mode_collapse",
        "oscillation",
        "mode_cycling",
        "divergence",
        "frozen_training",
    ),
    change,
)
