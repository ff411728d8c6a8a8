"""D is shown old fakes, too."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "replay" in patient.tricks else Change({"tricks.replay": {}})


REMEDY = Remedy("replay", ("mode_cycling",), change)
