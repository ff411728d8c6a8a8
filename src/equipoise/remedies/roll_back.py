"""Back to the last healthy snapshot, with the rates at half: the same settings would lead to the same place."""

from __future__ import annotations

from equipoise.remedies.rates import both
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if not patient.healthy_steps:
        return None
    slower = both(patient, patient.g_rate / 2, patient.d_rate / 2)
    return Change(back=True) | slower


REMEDY = Remedy(
    "roll_back", ("divergence", "discriminator_dominance", "vanishing_gradient", "mode_collapse", "frozen_training"), change
)
