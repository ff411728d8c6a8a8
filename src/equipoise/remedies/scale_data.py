"""The data is brought to [-1, 1], where G's last layer can follow; what was learned before is forgotten."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change(rescale=True, fresh=("G", "D")) if patient.rescalable else None


REMEDY = Remedy("scale_data", ("data_range",), change)
