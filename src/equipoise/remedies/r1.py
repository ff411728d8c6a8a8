"""R1 on D: its slope on reals is held down. A penalty that is there already becomes ten times as strong."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy

LAZY = 4  # steps; for images, where the penalty is a quarter of a step or more


def usual_weight(patient: Patient) -> float:
    """1 for images, 0.1 for points (FAILURES.md, section 4b: healthy in 54 of 54 runs)."""
    return 1.0 if patient.image else 0.1


def change(patient: Patient) -> Change | None:
    kept = dict(patient.penalties.get("r1", {}))
    weight = kept["weight"] * 10 if "weight" in kept else usual_weight(patient)
    return Change({"penalties.r1": {**kept, "weight": weight, "every": kept.get("every", LAZY if patient.image else 1)}})


REMEDY = Remedy(
    "r1",
    (
        "discriminator_dominance",
        "vanishing_gradient",
        "mode_collapse",
        "oscillation",
        "mode_cycling",
        "frozen_training",
        "overfitting",
    ),
    change,
)
