"""D is told how much a batch varies; its last layer is new, so D starts again."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if "minibatch_stddev" in patient.tricks or patient.batch % 4:
        return None
    return Change({"tricks.minibatch_stddev": {}}, fresh=("D",))


REMEDY = Remedy("minibatch_stddev", ("mode_collapse",), change)
