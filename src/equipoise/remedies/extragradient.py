"""Extragradient Adam: look ahead, then move."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if patient.optimizer.get("kind") != "adam":
        return None
    alone = {"tricks.cadence": False, "tricks.adaptive_cadence": False}  # it takes one D step for one of G
    return Change({"optimizer": {**patient.optimizer, "kind": "extragradient_adam"}, **alone})


REMEDY = Remedy("extragradient", ("oscillation", "mode_cycling"), change)
