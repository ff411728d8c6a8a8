"""Both players start again."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change(fresh=("G", "D"))


REMEDY = Remedy(
    "reset_both", ("divergence", "discriminator_dominance", "mode_collapse", "no_learning", "frozen_training"), change
)
