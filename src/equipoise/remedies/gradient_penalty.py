"""The Lipschitz constraint that a Wasserstein critic lacks."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    if patient.objective != "wasserstein" or "gradient_penalty" in patient.penalties:
        return None
    return Change({"penalties.gradient_penalty": {"weight": 10.0 if patient.image else 1.0}, "tricks.weight_clipping": False})


REMEDY = Remedy("gradient_penalty", ("divergence", "oscillation", "mode_collapse"), change)
