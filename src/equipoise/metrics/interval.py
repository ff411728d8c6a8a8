"""Intervals of distances that are biased by the number of samples, and their value for infinitely many.

A resample repeats samples, so it holds fewer different ones than the set that it is drawn from, and the bias of a distance
of order 1/N comes a second time: the percentiles of a bootstrap lie above the truth (benchmarks/intervals.py). Twice the
estimate less the mean of the bootstrap takes both away (Efron and Tibshirani 1993, section 10.2).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.seeds import generator

Distance = Callable[[Tensor, Tensor], float]
WIDE = 1.96
SIZES = 15  # of FID-infinity (Chong and Forsyth 2020)


def resampled(distance: Distance, x: Tensor, y: Tensor, rounds: int, seed: int) -> Tensor:
    """The distance of `rounds` pairs of resamples, drawn with replacement from the rows of x [N, d] and y [M, d]; float64."""
    rng = generator("cpu", seed, "bootstrap")
    found = []
    for _ in range(rounds):
        i, j = (torch.randint(len(side), (len(side),), generator=rng) for side in (x, y))
        found.append(distance(x[i.to(x.device)], y[j.to(y.device)]))
    return torch.tensor(found, dtype=torch.float64)


def corrected(distance: Distance, x: Tensor, y: Tensor, value: float, rounds: int, seed: int) -> tuple[float, float, float]:
    """(low, high, standard error): the 95 % interval of the distance between what x and y were drawn from.

    `value` is the distance of x and y. The interval is around 2 value - mean(bootstrap), so it need not hold `value`, which
    is too large by its bias. SettingError for fewer than two rounds.
    """
    if rounds < 2:
        raise SettingError("rounds", f"of a bootstrap must be at least 2, not {rounds}")
    draws = resampled(distance, x, y, rounds, seed)
    middle, spread = 2 * value - float(draws.mean()), float(draws.std())
    return max(middle - WIDE * spread, 0.0), max(middle + WIDE * spread, 0.0), spread


def at_infinity(distance: Distance, x: Tensor, y: Tensor, seed: int = 0, least: int | None = None, sizes: int = SIZES) -> float:
    """The distance of infinitely many samples: a line through distances of fewer fakes over 1/n, where 1/n is 0.

    `least` is the smallest number of rows of x [N, d] (the paper's 5000; by default a quarter of N). Chong and Forsyth 2020,
    section 4; the reals stay all.
    """
    n = len(x)
    least = max(2, n // 4) if least is None else least
    if not 2 <= least < n:
        raise SettingError("least", f"must be from 2 to {n - 1} of {n} samples, not {least}")
    rng = generator("cpu", seed, "infinity")
    counts = torch.linspace(least, n, sizes, dtype=torch.float64).round().long().tolist()
    values = [distance(x[torch.randperm(n, generator=rng)[:count].to(x.device)], y) for count in counts]
    design = torch.stack([torch.ones(sizes, dtype=torch.float64), 1 / torch.tensor(counts, dtype=torch.float64)], 1)
    target = torch.tensor(values, dtype=torch.float64)[:, None]
    return float(torch.linalg.lstsq(design, target).solution[0, 0])
