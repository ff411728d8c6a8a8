"""Memorisation: are the fakes nearer to the training samples than held-out reals are?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.metrics.brought import brought
from equipoise.metrics.distances import nearest, nearest_cosine, nearest_other, several
from equipoise.metrics.frechet import frechet
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="memorisation",
    title="Distance of fakes to their nearest training sample, copies, authenticity, and a Frechet distance that copies raise",
    equation="copies: nearer to train than 99 % of reals; authenticity = P(|f - t| > |t - t'|), t nearest to f, t' to t; "
    "mifd = FD / d where d = mean over fakes of min over train of 1 - |cos| is below eps, else FD",
    source="Authenticity: Alaa et al. 2022, section 3.3; MiFID: Bai et al. 2021, equations 2 to 4",
    helps="What every distance to the data rewards, copying the data, reads worst here",
    hurts="Needs training samples and held-out reals; a copy is what the encoder sees as near, not one shifted or mirrored",
    cost="distances of fakes, reals and training samples to the training samples",
)
ROUNDING = 1e-4  # of the features' spread: one image in two batches
RARE = 0.01  # of held-out reals lie so near to a training sample
FREE = 0.75  # of held-out reals' cosine distance: nearer on average is punished, where eps is not given


def copies(fake: Tensor, real: Tensor) -> Value:
    """The share of distances `fake` [N] below the 1st percentile of held-out reals' [M]: 0.01 for a generator like the reals.

    The interval is Wilson's, of the fakes' number alone.
    """
    n, near = len(fake), real.quantile(RARE)
    return share(int((fake <= near).sum()), n, "lower")


def authenticity(distance: Tensor, other: Tensor) -> Value:
    """The share of fakes whose `distance` [N] to their nearest training sample is above that sample's own to another [N]."""
    return share(int((distance > other).sum()), len(distance), "higher")


def share(k: int, n: int, better: Literal["lower", "higher"]) -> Value:
    """k of n with Wilson's interval (1927)."""
    z = 1.96
    middle, scale = (k + z * z / 2) / (n + z * z), z / (n + z * z)
    half = scale * (k * (n - k) / n + z * z / 4) ** 0.5
    return Value(k / n, max(middle - half, 0.0), min(middle + half, 1.0), better=better)


def punished(distance: float, cosine: float, eps: float) -> float:
    """MiFID of a Frechet distance and the fakes' mean cosine distance to train: divided by it where it is below eps."""
    return distance / (cosine + 1e-15) if cosine < eps else distance


@dataclass(frozen=True)
class Memorisation:
    """`real` should be held out; where it is of the training set, its samples are compared with the others there.

    `eps` of MiFID: 0.1 is Kaggle's, meant for Inception; None takes three quarters of the reals' own, in any features.
    """

    eps: float | None = None
    card: Card = CARD
    names: tuple[str, ...] = ("copies", "authenticity", "train_distance", "train_distance_real", "train_cosine", "mifd")
    needs: frozenset[Need] = frozenset({"features", "train"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real, train = (brought(side, "features") for side in (material.fake, material.real, material.train))
        distance, index = nearest(fake, train)
        met, back = torch.unique(index, return_inverse=True)
        first, second = several(real, train, 2)[0].T
        k = 2 if float(first.median()) <= ROUNDING * float(train.var(0).sum().sqrt()) else 1  # 2: most reals are in train
        held_out = second if k == 2 else first
        cosine = float(nearest_cosine(fake, train).mean())
        eps = FREE * float(nearest_cosine(real, train, k).mean()) if self.eps is None else self.eps
        return {
            "copies": copies(distance, held_out),
            "authenticity": authenticity(distance, nearest_other(train, met)[back]),
            "train_distance": Value(float(distance.mean()), better="neither"),
            "train_distance_real": Value(float(held_out.mean()), better="neither"),
            "train_cosine": Value(cosine, better="neither"),
            "mifd": Value(punished(frechet(fake, real), cosine, eps)),
        }
