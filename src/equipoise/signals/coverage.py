"""How much of the data the fakes reach."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.pieces import Card, Exam, Examination
from equipoise.signals.neighbours import K, among, distances, expected, held, radii

CARD = Card(
    name="coverage",
    title="Share of reals with a fake among their nearest neighbours, of what reals would reach",
    equation="coverage = P(a fake lies in the ball of a real's 5th neighbour) / the same for fresh reals, 1 - (1/2)^5 about",
    source="Naeem et al. 2020, equation 8; normalised as FAILURES.md, signal rule 1",
    helps="Told healthy from failed runs with AUC 0.99 (174 labelled runs; D's loss: 0.63). Balls of the 5th neighbour "
    "ask for quality too, wide ones (n / 16) for presence: 7 of 8 modes, each a little off, read 0.29 and 0.85",
    hurts="Against training data, memorised samples cover everything: take held-out reals",
    cost="distances among a few hundred samples, in an exam",
)
NAMES = ("coverage", "coverage_wide", "coverage_least", "coverage_d", "precision_wide")
WIDE = 16  # a wide ball holds one in so many of the reals: what is a little off still lies in it, a lost mode leaves it empty
FEWEST = 8  # reals of a group, for its share to mean something


def of(real: Tensor, fake: Tensor, k: int = K) -> tuple[Tensor, Tensor]:
    """(coverage over its expected value for reals, which reals are covered): rows [N, F] and [M, F]."""
    covered = held(radii(among(real), k), distances(real, fake))
    return covered.float().mean() / expected(k, len(real) - 1, len(fake)), covered


def precision(real: Tensor, fake: Tensor, k: int) -> Tensor:
    """The share of fakes in the ball of a real's k-th neighbour (Kynkaanniemi et al. 2019); near 1 for reals and wide balls."""
    return (distances(real, fake) <= radii(among(real), k)[:, None]).any(0).float().mean()


def least(covered: Tensor, groups: Tensor) -> Tensor | None:
    """The smallest share that is covered in a group of reals, over the expected share; None without groups of `FEWEST`."""
    sizes = torch.bincount(groups)
    shares = torch.bincount(groups, covered.float()) / sizes.clamp_min(1)
    big = sizes >= FEWEST
    return shares.masked_fill(~big, torch.inf).min() if len(sizes) > 1 and big.sum() > 1 else None


def measure(exam: Exam) -> dict[str, Tensor]:
    real, fake = exam.reference, exam.fake
    ratio, _ = of(real.codes, fake.codes)
    wide = max(K, len(real.codes) // WIDE)
    wide_ratio, reached = of(real.codes, fake.codes, wide)
    found = {"coverage": ratio, "coverage_wide": wide_ratio, "precision_wide": precision(real.codes, fake.codes, wide)}
    if len(exam.groups) == len(reached):
        smallest = least(reached, exam.groups)
        if smallest is not None:
            found["coverage_least"] = smallest / expected(wide, len(real.codes) - 1, len(fake.codes))
    if real.features is not None and fake.features is not None:
        found["coverage_d"], _ = of(real.features, fake.features)
    return found


COVERAGE = Examination(CARD, NAMES, measure)
