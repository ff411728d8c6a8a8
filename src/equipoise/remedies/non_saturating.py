"""The non-saturating loss for G."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change({"objective": "non_saturating"}) if patient.objective == "minimax" else None


REMEDY = Remedy("non_saturating", ("vanishing_gradient", "frozen_training"), change)
