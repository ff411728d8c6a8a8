"""Augmentation that leaks, made weaker."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if "adaptive_augment" in patient.tricks:
        return Change({"tricks.adaptive_augment.ceiling": 0.6})
    if "diff_augment" in patient.tricks:
        return Change({"tricks.diff_augment": {"policy": "translation", "outside": "edge"}})
    return None


REMEDY = Remedy("weaker_augmentation", ("leaking_augmentation",), change)
