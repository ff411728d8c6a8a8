"""A step back every five steps."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "lookahead" in patient.tricks else Change({"tricks.lookahead": {}})


REMEDY = Remedy("lookahead", ("oscillation", "mode_cycling"), change)
