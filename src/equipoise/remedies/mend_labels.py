"""The trick that asks D to call reals fake plays no longer.

What was learned from it has to be forgotten, so both start again; and a game that starts again does so in the set-up that
was healthy in every run.
"""

from __future__ import annotations

from equipoise.remedies.proven import proven
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return proven(patient) | Change(leave_out=patient.wrong_labels, fresh=("G", "D")) if patient.wrong_labels else None


REMEDY = Remedy("mend_labels", ("swapped_labels",), change)
