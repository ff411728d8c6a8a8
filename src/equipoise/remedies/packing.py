"""D judges two samples at a time; its first layer is new, so D starts again."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if "packing" in patient.tricks or patient.batch % 2:
        return None
    return Change({"tricks.packing": {"size": 2}}, fresh=("D",))


REMEDY = Remedy("packing", ("mode_collapse",), change)
