"""D's real labels at 0.9."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "label_smoothing" in patient.tricks else Change({"tricks.label_smoothing": {"real": 0.9}})


REMEDY = Remedy("one_sided_smoothing", ("discriminator_dominance",), change)
