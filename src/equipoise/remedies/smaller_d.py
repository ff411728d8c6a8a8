"""A network of half the width, D's and G's alike; both start again."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    size = next((key for key in ("width", "hidden") if key in patient.network), None)
    if patient.steps > patient.steps_left:
        return None  # too late for a new start: overfitting costs less
    if size is None or patient.network[size] < 16:
        return None
    return Change({f"network.{size}": patient.network[size] // 2}, fresh=("G", "D"))


REMEDY = Remedy("smaller_d", ("overfitting", "memorisation"), change)
