"""What came of a run, from its samples alone: known centres of modes, or a classifier that no rule ever sees."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from torch import Tensor

from equipoise.clinic.wards import Ward, source
from equipoise.metrics.encoders.classifier import Classifier, classify, train_classifier
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.metrics.frechet import frechet
from equipoise.metrics.modes import count_modes

STD, SIGMAS = 0.05, 6.0  # of a mode, and how far from its centre a sample may lie
SHARE = 0.02  # of the samples, for a class to count as found


@cache
def classifier(data: str) -> Classifier:
    """Trained on the labels of the data, once."""
    return train_classifier(source(data), seed=0)


def measured(ward: Ward, fake: Tensor, seed: int) -> dict[str, Any]:
    """Of samples [N, *shape]: modes or classes `found` `of` so many, `energy` and `frechet` distance to held-out reals."""
    held = source(ward.data, "test", seed)
    real = held.batch(torch.arange(min(len(fake), len(held))))
    if held.modes is not None:
        modes, good = count_modes(fake, held.modes, STD, sigmas=SIGMAS)
        return {"found": modes, "of": len(held.modes), "good": good, **distances(fake, real)}
    if ward.data == "bursts":  # of one type: no labels to learn
        encode = Encoder(real)
        return {"found": 1, "of": 1, **distances(encode(fake), encode(real))}
    judge = classifier(ward.data)
    shares = torch.bincount(classify(judge, fake), minlength=10) / len(fake)
    with torch.no_grad():
        codes = [judge.features(x) for x in (fake, real)]
    return {"found": int((shares >= SHARE).sum()), "of": 10, **distances(*codes), "shares": shares.tolist()}


def distances(x: Tensor, y: Tensor) -> dict[str, float]:
    return {"energy": round(energy(x, y), 4), "frechet": float(f"{frechet(x, y):.4g}")}


def energy(x: Tensor, y: Tensor) -> float:
    """The energy distance of two samples [N, F], over the mean distance within y: 0 for equal distributions."""
    x, y = x.flatten(1).double(), y.flatten(1).double()
    cross, xx, yy = torch.cdist(x, y).mean(), torch.cdist(x, x).mean(), torch.cdist(y, y).mean()
    found = float((2 * cross - xx - yy) / yy)
    return found if math.isfinite(found) else math.inf
