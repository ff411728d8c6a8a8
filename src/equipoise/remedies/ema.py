"""Samples come from an average of G's weights."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def decay(patient: Patient) -> float:
    """An average over about a twentieth of what is left to train, from 0.99 to 0.999."""
    return min(0.999, max(0.99, 1 - 20 / max(1, patient.steps_left)))


def change(patient: Patient) -> Change | None:
    return None if "ema" in patient.tricks else Change({"tricks.ema": {"decay": decay(patient)}})


REMEDY = Remedy("ema", ("oscillation", "mode_cycling"), change)
