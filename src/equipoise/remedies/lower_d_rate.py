"""D's rate at a quarter."""

from __future__ import annotations

from equipoise.remedies.rates import only_d
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return only_d(patient, patient.d_rate / 4)


REMEDY = Remedy("lower_d_rate", ("discriminator_dominance", "vanishing_gradient", "frozen_training"), change)
