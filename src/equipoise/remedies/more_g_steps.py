"""G's steps for each D step: one D step for one of G where D had several, else two of G."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    now = patient.tricks.get("cadence", {})
    steps = 1 if now.get("d_steps", 1) > 1 else now.get("g_steps", 1) + 1
    return Change({"tricks.cadence": {"d_steps": 1, "g_steps": steps}, "tricks.adaptive_cadence": False})


REMEDY = Remedy("more_g_steps", ("discriminator_dominance",), change)
