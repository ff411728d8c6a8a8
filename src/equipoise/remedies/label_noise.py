"""D's real labels drawn per sample from U(0.8, 1)."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if "label_noise" in patient.tricks:
        return None
    return Change({"tricks.label_noise": {"real_low": 0.8, "real_high": 1.0, "fake_low": 0.0, "fake_high": 0.0}})


REMEDY = Remedy("label_noise", ("discriminator_dominance",), change)
