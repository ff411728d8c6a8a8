"""LeCam: D's answers are held to its own running means."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "lecam" in patient.penalties else Change({"penalties.lecam": {"start": 1}})


REMEDY = Remedy("lecam", ("overfitting", "memorisation"), change)
