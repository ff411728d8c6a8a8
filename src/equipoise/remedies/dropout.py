"""Dropout in D."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "dropout" in patient.tricks or patient.foreign else Change({"tricks.dropout": {"p": 0.3}})


REMEDY = Remedy("dropout", ("overfitting", "discriminator_dominance"), change)
