"""D starts again, G stays."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return Change(fresh=("D",))


REMEDY = Remedy("reset_d", ("discriminator_dominance", "vanishing_gradient", "generator_dominance", "frozen_training"), change)
