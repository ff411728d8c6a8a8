"""Two time scales: D at four times G's rate, for a D that has a penalty or spectral norm."""

from __future__ import annotations

from equipoise.remedies.rates import both
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if not (patient.penalties or "spectral_norm" in patient.tricks):
        return None  # without either D runs away: collapsed or partial in 12 of 12 runs
    return both(patient, patient.g_rate / 2, patient.g_rate * 2)


REMEDY = Remedy("two_rates", ("no_learning", "mode_collapse"), change)
