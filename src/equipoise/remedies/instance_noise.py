"""Noise on all that D sees, fading out over half of what is left."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if "instance_noise" in patient.tricks:
        return None
    return Change({"tricks.instance_noise": {"std": 0.1, "decay_steps": patient.steps + max(1, patient.steps_left // 2)}})


REMEDY = Remedy("instance_noise", ("discriminator_dominance", "vanishing_gradient"), change)
