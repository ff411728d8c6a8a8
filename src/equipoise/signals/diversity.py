"""How various the fakes are, beside the reals."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.pieces import Card, Exam, Examination
from equipoise.signals.neighbours import among, effective_rank, mean_distance

CARD = Card(
    name="diversity",
    title="Variety of fakes over that of reals: distances, directions in use, near-duplicates",
    equation="mean pairwise distance of fakes / of reals (values, D's features, a frozen encoder's); ratio of effective ranks",
    source="Roy and Vetterli 2007 (effective rank); FAILURES.md, sections 0 and 2",
    helps="One of eight modes reads 0.03 to 0.1; D's features see what D could use, the frozen encoder what D can't bend",
    hurts="A few outputs far apart have the right mean distance: near-duplicates tell those",
    cost="distances among a few hundred samples, in an exam",
)
NAMES = ("diversity_pixels", "diversity_d", "diversity_encoder", "rank_ratio", "duplicates")
TINY = torch.finfo(torch.float32).tiny


def ratio(fake: Tensor, real: Tensor) -> Tensor:
    return mean_distance(fake) / mean_distance(real).clamp_min(TINY)


def repeated(x: Tensor, near: Tensor) -> Tensor:
    """The share of rows that have another row within `near`."""
    return (among(x).min(1).values <= near).float().mean()


def duplicates(fake: Tensor, real: Tensor) -> Tensor:
    """Near-duplicates among fakes beyond those among reals, of rows [N, F]; copies among the reals do not count."""
    own = among(real)
    nearest = own.masked_fill(own <= 0, torch.inf).min(1).values
    near = nearest.nanquantile(0.02) * 0.5  # half the distance at which the closest two of a hundred reals lie
    return repeated(fake, near) - repeated(real, near)


def measure(exam: Exam) -> dict[str, Tensor]:
    real, fake = exam.reference, exam.fake
    found = {
        "diversity_pixels": ratio(fake.values, real.values),
        "diversity_encoder": ratio(fake.codes, real.codes),
        "rank_ratio": effective_rank(fake.codes) / effective_rank(real.codes),
        "duplicates": duplicates(fake.codes, real.codes),
    }
    if real.features is not None and fake.features is not None:
        found["diversity_d"] = ratio(fake.features, real.features)
    return found


DIVERSITY = Examination(CARD, NAMES, measure)
