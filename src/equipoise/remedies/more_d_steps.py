"""One more D step for each G step."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    now = patient.tricks.get("cadence", {})
    return Change({"tricks.cadence": {"d_steps": now.get("d_steps", 1) + 1, "g_steps": 1}, "tricks.adaptive_cadence": False})


REMEDY = Remedy("more_d_steps", ("generator_dominance", "no_learning"), change)
