"""Spectral normalisation of D, applied to the weights as they are."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "spectral_norm" in patient.tricks else Change({"tricks.spectral_norm": {"player": "D"}})


REMEDY = Remedy("spectral_norm", ("discriminator_dominance", "divergence"), change)
