"""How far the samples of the same latents move, and how far G is from its average."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.pieces import Card, Exam, Examination
from equipoise.signals.neighbours import mean_distance

CARD = Card(
    name="motion",
    title="Drift of fixed-noise samples, and distance of raw from averaged samples",
    equation="drift = mean ||G_now(z) - G_before(z)|| per 100 steps / mean distance between reals",
    source="FAILURES.md, section 2: healthy 0.07 to 0.16 in 50 steps, cycling more than 0.2; Yazici et al. 2019 on averages",
    helps="A game that cycles has perfect losses and samples that keep moving; one that stalls has samples that do not",
    hurts="Early in training everything moves",
    cost="G on a few dozen latents, in an exam",
)
NAMES = ("drift", "average_distance")
PER = 100.0  # steps
SHORTEST = 40  # steps between exams for a drift: what moves in fewer is the noise of single steps


def apart(x: Tensor, y: Tensor, scale: Tensor) -> Tensor:
    """The mean distance of samples of the same latents, over the data's scale."""
    distance: Tensor = torch.linalg.vector_norm((x - y).flatten(1).float(), dim=1).mean() / scale.clamp_min(
        torch.finfo(torch.float32).tiny
    )
    return distance


def measure(exam: Exam) -> dict[str, Tensor]:
    found = {}
    scale = mean_distance(exam.real.values)
    if exam.fixed is not None and exam.fixed_before is not None and exam.steps_between >= SHORTEST:
        found["drift"] = apart(exam.fixed, exam.fixed_before, scale) * (PER / exam.steps_between)
    if exam.fixed is not None and exam.averaged is not None:
        found["average_distance"] = apart(exam.fixed, exam.averaged, scale)
    return found


MOTION = Examination(CARD, NAMES, measure)
