"""Metrics for anybody's loop: `update` with batches of images, `compute`, `reset`, as torchmetrics has them.

    fid = FrechetDistance(encoder)
    for batch in loader: fid.update(batch, real=True)
    for batch in fakes:  fid.update(batch, real=False)
    value = fid.compute()

Memory is bounded: of means and covariances it does not grow; what needs the features themselves keeps a fair draw of at most
`most` a side (Vitter 1985, algorithm R, by keys). With torch.distributed at work `compute` speaks for all processes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed

from equipoise.errors import SettingError
from equipoise.metrics.encoders.encoder import Encoder
from equipoise.metrics.frechet import frechet_of
from equipoise.metrics.inception_score import InceptionScore
from equipoise.metrics.kernel import Kernel
from equipoise.metrics.metric import Material, Metric, Side, Value
from equipoise.metrics.moments import RunningMoments
from equipoise.metrics.precision_recall import PrecisionRecall
from equipoise.seeds import generator

MOST = 10_000  # features a side that are kept


class FrechetDistance:
    """The Frechet distance (FID with Inception's encoder), in the memory of two covariances."""

    def __init__(self, encoder: Encoder, keep_real: bool = False) -> None:
        self.encoder, self.keep_real = encoder, keep_real
        self.sides = {True: RunningMoments(), False: RunningMoments()}

    def update(self, images: Tensor, real: bool) -> None:
        """Take a batch [N, C, H, W], uint8 or float in [-1, 1]."""
        self.sides[real].add(self.encoder.encode(images).features)

    def compute(self) -> Value:
        """The distance so far; SettingError where a side has fewer than 2."""
        return Value(frechet_of(*(everywhere(self.sides[real]).moments() for real in (False, True))))

    def reset(self) -> None:
        """Forget the fakes, and the reals unless they are to be kept."""
        self.sides[False] = RunningMoments()
        if not self.keep_real:
            self.sides[True] = RunningMoments()


class Kept:
    """A fair draw of at most `most` rows of all that came, the same whatever the batches."""

    def __init__(self, most: int, seed: int, purpose: str) -> None:
        self.most, self.rng = most, generator("cpu", seed, purpose)
        self.keys, self.rows = torch.empty(0, dtype=torch.float64), torch.empty(0)
        self.came = 0

    def add(self, rows: Tensor) -> None:
        """Each row draws a key; those of the smallest keys stay."""
        keys = torch.rand(len(rows), generator=self.rng, dtype=torch.float64)
        self.came += len(rows)
        self.keys = torch.cat([self.keys, keys])
        self.rows = torch.cat([self.rows, rows]) if len(self.rows) else rows.clone()
        if len(self.rows) > self.most:
            stay = self.keys.argsort()[: self.most].sort().values
            self.keys, self.rows = self.keys[stay], self.rows[stay]


class OfFeatures:
    """Any metric of features or logits, on a fair draw of at most `most` samples a side."""

    def __init__(self, metric: Metric, encoder: Encoder, most: int = MOST, seed: int = 0, keep_real: bool = False) -> None:
        if most < 2:
            raise SettingError("most", f"must be at least 2, not {most}")
        self.metric, self.encoder, self.most, self.seed, self.keep_real = metric, encoder, most, seed, keep_real
        self.what = "logits" if "logits" in metric.needs else "features"
        self.sides = {True: self.empty(True), False: self.empty(False)}

    def empty(self, real: bool) -> Kept:
        rank = distributed.get_rank() if at_work() else 0
        return Kept(self.most, self.seed, f"kept {real} {rank}")

    def update(self, images: Tensor, real: bool) -> None:
        """Take a batch [N, C, H, W], uint8 or float in [-1, 1]; SettingError where the encoder lacks the logits that count."""
        rows = getattr(self.encoder.encode(images), self.what)
        if rows is None:
            raise SettingError(
                "encoder", f"{self.encoder.fingerprint} gives no {self.what}, which {self.metric.card.name} needs"
            )
        self.sides[real].add(rows)

    def compute(self) -> dict[str, Value]:
        fake, real = (self.side(gathered(self.sides[real])) for real in (False, True))
        return self.metric.measure(Material(fake, real if real.n else None, seed=self.seed))

    def side(self, rows: Tensor) -> Side:
        return Side(len(rows), logits=rows) if self.what == "logits" else Side(len(rows), features=rows)

    def reset(self) -> None:
        """Forget the fakes, and the reals unless they are to be kept."""
        self.sides[False] = self.empty(False)
        if not self.keep_real:
            self.sides[True] = self.empty(True)


def kernel_distance(encoder: Encoder, **more: Any) -> OfFeatures:
    """KID with Inception's encoder."""
    return OfFeatures(Kernel(), encoder, **more)


def precision_recall(encoder: Encoder, **more: Any) -> OfFeatures:
    """Precision, recall, density and coverage."""
    return OfFeatures(PrecisionRecall(), encoder, **more)


def inception_score(encoder: Encoder, **more: Any) -> OfFeatures:
    """IS with Inception's encoder; the reals do not count."""
    return OfFeatures(InceptionScore(), encoder, **more)


# ------------------------------------------------------------------------------------------------ several processes


def at_work() -> bool:
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def everywhere(own: RunningMoments) -> RunningMoments:
    """The moments of all processes together; each has to have seen something."""
    if not at_work():
        return own
    every: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(every, own.n)
    if not all(every) or own.mean is None or own.scatter is None:
        raise SettingError("samples", "a process has seen none: every process needs samples of both sides")
    total = RunningMoments()
    parts = [(torch.empty_like(own.mean), torch.empty_like(own.scatter)) for _ in every]
    distributed.all_gather([mean for mean, _ in parts], own.mean)
    distributed.all_gather([scatter for _, scatter in parts], own.scatter)
    for n, (mean, scatter) in zip(every, parts, strict=True):
        total.merge(n, mean, scatter)
    return total


def gathered(own: Kept) -> Tensor:
    """The rows of all processes, of which the smallest keys stay."""
    if not at_work():
        return own.rows
    counts: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(counts, tuple(own.rows.shape))
    most = max(shape[0] for shape in counts)
    width = max(shape[1] for shape in counts if len(shape) == 2)
    padded = torch.full((most, width + 1), torch.inf, dtype=torch.float64)
    if len(own.rows):
        padded[: len(own.rows), 0], padded[: len(own.rows), 1:] = own.keys, own.rows.double()
    every = [torch.empty_like(padded) for _ in counts]
    distributed.all_gather(every, padded)
    found = torch.cat(every)
    found = found[found[:, 0].isfinite()]
    stay = found[:, 0].argsort()[: own.most]
    return found[stay, 1:].to(own.rows.dtype)
