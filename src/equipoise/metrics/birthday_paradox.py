"""The birthday paradox: near-duplicates among the samples tell from how many different ones they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.metrics.brought import brought, some
from equipoise.metrics.distances import nearest_other, tiles
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="birthday_paradox",
    title="From how many different samples the fakes seem to be drawn, by their near-duplicates; the same of reals",
    equation="support = 1 / P(|f_i - f_j| <= t), t: nearer than that is one training sample in 100 to another",
    source="Arora and Zhang 2018, theorem 1; over all pairs instead of one batch, by a threshold, not by eye",
    helps="Memorised or collapsed generators draw from a finite set, and this is its size",
    hurts="Knows no support beyond n^2: without any near-duplicate the number is a lower bound (no upper end of the interval)",
    cost="distances among the fakes, the reals and the training samples",
)
CALIBRATED = 5000  # training samples, at most
ROUNDING = 1e-6  # of the rows' spread: tiled distances of copies are not 0 to the last digit
CLOSE = 0.01  # the share of training samples whose nearest other one passes for a copy


def threshold(train: Tensor, seed: int = 0) -> float:
    """The distance below which two samples are near-duplicates: only `CLOSE` of the rows of train [N, d] have one so near.

    Of `CALIBRATED` rows, to all. Copies within the training data are left out, or it would be 0 where there are many.
    """
    own = nearest_other(train, some(torch.arange(len(train)), CALIBRATED, seed, "birthday").to(train.device))
    own = own[own > 0]
    return float(own.quantile(CLOSE)) if len(own) else 0.0


def support(x: Tensor, near: float) -> Value:
    """1 / P(two rows of x [N, d] within `near`): the number of different samples, if all are as likely (else an effective one).

    A batch of about 1.18 sqrt(support) holds a near-duplicate every other time. The interval is that of the share of
    pairs, a U-statistic of order 2, with at least Poisson's width; no pair at all gives a lower bound: its value is the
    number of pairs, its lower end the 95 % bound (a third of it), its upper end None.
    """
    hits = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    near = max(near, ROUNDING * float(x.var(0).sum().sqrt()))
    for rows, _, found in tiles(x):
        hits[rows] += (found <= near).sum(1)
    pairs = len(x) * (len(x) - 1) / 2
    n = float(hits.sum()) / 2
    if n == 0:
        return Value(pairs, low=pairs / 3, better="higher")
    share = n / pairs
    error = max(2 * float((hits / (len(x) - 1)).std()) / len(x) ** 0.5, n**0.5 / pairs)
    least = share - 1.96 * error
    return Value(1 / share, 1 / (share + 1.96 * error), 1 / least if least > 0 else None, better="higher")


@dataclass(frozen=True)
class BirthdayParadox:
    """The threshold is calibrated on the training samples where they are given, else on the reals."""

    card: Card = CARD
    names: tuple[str, ...] = ("birthday_support", "birthday_support_real")
    needs: frozenset[Need] = frozenset({"features"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = brought(material.fake, "features"), brought(material.real, "features")
        near = threshold(real if material.train is None else brought(material.train, "features"), material.seed)
        return {name: support(side, near) for name, side in zip(self.names, (fake, real), strict=True)}
