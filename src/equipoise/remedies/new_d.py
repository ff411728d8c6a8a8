"""D starts again in the set-up that was healthy in every run; G keeps what it learned."""

from __future__ import annotations

from equipoise.remedies.proven import proven
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    usual = proven(patient)
    kept = {key: value for key, value in usual.settings.items() if key != "network"}
    return Change(kept, fresh=("D",))


REMEDY = Remedy("new_d", ("discriminator_dominance", "vanishing_gradient", "generator_dominance", "mode_collapse"), change)
