"""G matches the mean of D's features, too."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "feature_matching" in patient.tricks else Change({"tricks.feature_matching": {"weight": 1.0}})


REMEDY = Remedy("feature_matching", ("mode_collapse",), change)
