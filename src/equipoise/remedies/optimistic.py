"""Optimistic Adam at the same rates."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if patient.optimizer.get("kind") != "adam":
        return None
    return Change({"optimizer": {**patient.optimizer, "kind": "optimistic_adam"}})


REMEDY = Remedy("optimistic", ("oscillation", "mode_cycling"), change)
