"""All that D sees is augmented, differentiably."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if not patient.image or "diff_augment" in patient.tricks or "adaptive_augment" in patient.tricks:
        return None
    return Change({"tricks.diff_augment": {"policy": "translation", "outside": "edge"}})


REMEDY = Remedy("diff_augment", ("overfitting", "memorisation"), change)
