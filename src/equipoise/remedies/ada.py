"""Augmentation as strong as D overfits."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if not patient.image or "adaptive_augment" in patient.tricks:
        return None
    return Change({"tricks.adaptive_augment": {"ramp_images": 50_000}, "tricks.diff_augment": False})


REMEDY = Remedy("ada", ("overfitting", "memorisation"), change)
