"""A network of twice the width; both start again."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    size = next((key for key in ("width", "hidden") if key in patient.network), None)
    return None if size is None else Change({f"network.{size}": patient.network[size] * 2}, fresh=("G", "D"))


REMEDY = Remedy("larger_d", ("generator_dominance", "no_learning"), change)
