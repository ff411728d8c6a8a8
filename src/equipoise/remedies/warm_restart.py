"""Rates that fall along a cosine, from where they stand to zero at the end."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if patient.steps_left < 1:
        return None
    end = patient.steps + patient.steps_left
    falling = {"g_schedule": "cosine", "d_schedule": "cosine", "steps": end}
    return Change({"tricks.two_rates": {"g_rate": patient.g_rate, "d_rate": patient.d_rate, **falling}})


REMEDY = Remedy("warm_restart", ("oscillation", "mode_cycling"), change)
