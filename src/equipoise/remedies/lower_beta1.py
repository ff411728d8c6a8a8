"""Adam without its first moment."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change({"optimizer.beta1": 0.0}) if patient.optimizer.get("beta1", 0.0) > 0 else None


REMEDY = Remedy("lower_beta1", ("oscillation", "mode_cycling"), change)
