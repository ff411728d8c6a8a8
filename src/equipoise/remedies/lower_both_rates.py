"""Both rates at a fifth."""

from __future__ import annotations

from equipoise.remedies.rates import both
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return both(patient, patient.g_rate / 5, patient.d_rate / 5)


REMEDY = Remedy("lower_both_rates", ("divergence", "oscillation", "mode_cycling"), change)
