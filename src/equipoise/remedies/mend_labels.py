"""The trick that asks D to call reals fake plays no longer; what was learned from it is forgotten."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change(leave_out=patient.wrong_labels, fresh=("G", "D")) if patient.wrong_labels else None


REMEDY = Remedy("mend_labels", ("swapped_labels",), change)
