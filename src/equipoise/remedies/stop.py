"""Training ends, with the reason."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change(end=True)


REMEDY = Remedy("stop", (), change)
