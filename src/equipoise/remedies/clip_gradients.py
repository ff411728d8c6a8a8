"""Both players' gradients clipped to norm 1."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "clip_gradients" in patient.tricks else Change({"tricks.clip_gradients": {"norm": 1.0}})


REMEDY = Remedy("clip_gradients", ("divergence",), change)
