"""Relativistic pairs with R1 and R2."""

from __future__ import annotations

from equipoise.remedies.r1 import LAZY, usual_weight
from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if patient.objective == "relativistic_paired":
        return None
    weight = {"weight": usual_weight(patient), "every": LAZY if patient.image else 1}
    settings = {"objective": "relativistic_paired", "penalties.r1": weight, "penalties.r2": dict(weight)}
    return Change({**settings, "penalties.gradient_penalty": False, "tricks.weight_clipping": False})


REMEDY = Remedy("switch_objective", ("mode_collapse", "oscillation", "mode_cycling", "no_learning"), change)
