"""R2 beside R1: zero-centred penalties on reals and on fakes."""

from __future__ import annotations

from equipoise.remedies.r1 import usual_weight
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if "r2" in patient.penalties:
        return None
    like = patient.penalties.get("r1", {"weight": usual_weight(patient)})
    return Change({"penalties.r1": dict(like), "penalties.r2": dict(like)})


REMEDY = Remedy("r2", ("oscillation", "mode_cycling", "mode_collapse"), change)
