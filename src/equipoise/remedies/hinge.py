"""The hinge losses with spectral norm on D."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if patient.objective == "hinge":
        return None
    return Change({"objective": "hinge", "tricks.spectral_norm": {"player": "D"}, "tricks.label_smoothing": False})


REMEDY = Remedy("hinge", ("discriminator_dominance", "oscillation"), change)
