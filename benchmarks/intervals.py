"""How often intervals of the Frechet distance hold the truth: ours, and the percentiles of a plain bootstrap.

    python benchmarks/intervals.py [sets]          writes docs/results/intervals.json

Of each simulated set both sides are drawn from normals whose distance is known. A case is a number of features, of samples a
side, and a shift; 200 sets a case, 50 resamples a set. Stated before: an interval that says 95 % should hold the truth in
90 to 99 % of 200 sets.
"""

from __future__ import annotations

import sys
from typing import Any

import record
import torch
from torch import Tensor

from equipoise.clinic.intervals import wilson
from equipoise.metrics.frechet import frechet
from equipoise.metrics.interval import WIDE, resampled
from equipoise.seeds import generator

CASES = ((8, 200, 0.5), (16, 200, 0.25), (16, 1000, 0.25), (32, 500, 0.2))  # features, samples a side, shift
ROUNDS = 50
QUANTILES = torch.tensor([0.025, 0.975], dtype=torch.float64)


def cloud(seed: int, side: str, n: int, d: int, shift: float) -> Tensor:
    return torch.randn(n, d, generator=generator("cpu", seed, side), dtype=torch.float64) + shift


def case(d: int, n: int, shift: float, sets: int) -> dict[str, Any]:
    truth, held, naive, plain, middles = d * shift**2, 0, 0, [], []
    for seed in range(sets):
        x, y = cloud(seed, "x", n, d, 0.0), cloud(seed, "y", n, d, shift)
        value, draws = frechet(x, y), resampled(frechet, x, y, ROUNDS, seed)
        middle, spread = 2 * value - float(draws.mean()), float(draws.std())
        held += middle - WIDE * spread <= truth <= middle + WIDE * spread
        low, high = draws.quantile(QUANTILES).tolist()
        naive += low <= truth <= high
        plain.append(value)
        middles.append(middle)
    return {
        "features": d,
        "samples a side": n,
        "truth": round(truth, 4),
        "mean estimate": round(sum(plain) / sets, 4),
        "mean of the corrected": round(sum(middles) / sets, 4),
        "corrected holds the truth": wilson(held, sets),
        "percentiles hold the truth": wilson(naive, sets),
    }


def main(sets: int = 200) -> None:
    record.write("intervals", {"sets": sets, "rounds": ROUNDS, "cases": [case(*one, sets) for one in CASES]})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
