"""As start_again, at a third of its rates and with R1 three times as strong."""

from __future__ import annotations

from equipoise.remedies.proven import proven
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    usual = proven(patient)
    adam, r1 = usual.settings["optimizer"], usual.settings["penalties.r1"]
    slower = {"optimizer": {**adam, "lr": adam["lr"] / 3}, "penalties.r1": {**r1, "weight": 3 * r1["weight"]}}
    return usual | Change(slower, fresh=("G", "D"))


REMEDY = Remedy(
    "start_again_slower",
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
