"""D's rate at four times G's, for a D that is too weak; never lower than it is."""

from __future__ import annotations

from equipoise.remedies.rates import only_d
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return only_d(patient, max(4 * patient.g_rate, 4 * patient.d_rate))


REMEDY = Remedy("raise_d_rate", ("generator_dominance", "no_learning"), change)
