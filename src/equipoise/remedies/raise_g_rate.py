"""G's rate four times as high, but not above D's."""

from __future__ import annotations

from equipoise.remedies.rates import only_g
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return only_g(patient, min(4 * patient.g_rate, patient.d_rate)) if patient.g_rate < patient.d_rate else None


REMEDY = Remedy("raise_g_rate", ("discriminator_dominance",), change)
