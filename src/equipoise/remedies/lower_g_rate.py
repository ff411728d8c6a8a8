"""G's rate at a quarter."""

from __future__ import annotations

from equipoise.remedies.rates import only_g
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return only_g(patient, patient.g_rate / 4)


REMEDY = Remedy("lower_g_rate", ("generator_dominance", "mode_cycling"), change)
