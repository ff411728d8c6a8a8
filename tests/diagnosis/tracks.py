"""Made-up runs for rules: numbers as they were measured on runs that were healthy, or that failed in a known way."""

from collections.abc import Callable
from typing import Any

import numpy as np

from equipoise.diagnosis.track import Facts, Track

Curve = float | Callable[[float], float]  # a constant, or a function of the share of the run that is done

EXACT = ("real_min", "real_max", "fake_min", "fake_max")  # ends of ranges have no noise that passes them
EVERY, EXAM = 20, 200  # steps between records, and between exams
STEPS: dict[str, Curve] = {
    "d_loss": 0.66, "g_loss": 0.8, "d_real": 0.55, "d_fake_before": 0.45, "d_fake_after": 0.46,
    "logit_real": 0.2, "logit_fake": -0.2, "logit_std": 0.4, "accuracy_real": 0.66, "accuracy_fake": 0.68, "saturation": 0.0,
    "d_grad": 0.5, "g_grad": 0.4, "fake_grad": 0.5, "d_update": 1e-3, "g_update": 1e-3,
    "real_min": -1.0, "real_max": 1.0, "fake_min": -0.99, "fake_max": 0.99, "fake_std_ratio": 1.0, "nonfinite": 0.0,
    "g_grad_in_d_step": 0.0, "latent_repeats": 0.0, "g_eval_mode": 0.0, "d_eval_mode": 0.0,
    "push_real": 1.0, "push_fake": 1.0, "push_g": 1.0,
}  # fmt: skip
EXAMS: dict[str, Curve] = {
    "coverage": 0.8, "coverage_wide": 0.97, "coverage_least": 0.9, "coverage_d": 0.75, "precision_wide": 0.95,
    "diversity_pixels": 1.0, "diversity_d": 0.95, "diversity_encoder": 0.98, "rank_ratio": 0.95, "duplicates": 0.01,
    "accuracy_heldout": 0.64, "accuracy_train_reals": 0.66, "r_t": 0.32, "r_v": 0.03, "memorised": 0.5,
    "drift": 0.1, "average_distance": 0.08, "certificate_jsd": 0.02, "certificate_tv": 0.3, "d_sigma": 3.0, "g_sigma": 4.0,
    "augmentation_leak": 0.0, "eval_gap": 0.05,
}  # fmt: skip


def records(steps: int = 4000, noise: float = 0.02, seed: int = 0, **changes: Curve) -> list[dict[str, Any]]:
    """A healthy run's records, but for `changes`; each number with relative noise."""
    rng = np.random.default_rng(seed)

    def at(curves: dict[str, Curve], step: int) -> dict[str, float]:
        found = {}
        for name, curve in curves.items():
            value = curve(step / steps) if callable(curve) else curve
            found[name] = value * (1 + noise * rng.standard_normal() * (name not in EXACT))
        return found

    unknown = changes.keys() - STEPS.keys() - EXAMS.keys()
    assert not unknown, unknown
    of_steps = {name: changes.get(name, curve) for name, curve in STEPS.items()}
    of_exams = {name: changes.get(name, curve) for name, curve in EXAMS.items()}
    made = []
    for step in range(EVERY, steps + 1, EVERY):
        made.append({"step": step, **at(of_steps, step)})
        if step % EXAM == 0:
            made.append({"step": step, "exam": True, **at(of_exams, step)})
    return made


def run(objective: str = "non_saturating", steps: int = 4000, noise: float = 0.02, seed: int = 0, **changes: Curve) -> Track:
    """The track of `records`."""
    facts = Facts(objective=objective, d_equilibrium=0.6931, g_equilibrium=0.6931, d_floor=0.0)
    return Track.of(records(steps, noise, seed, **changes), facts)
