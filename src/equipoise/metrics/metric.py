"""The contract of a metric: what it is given of either side, and what it answers.

A metric is one declared piece: its card, what it needs, the numbers that it gives. It knows no runs, no files and no screens;
`evaluating.py` brings it its material, and the classes of `streaming.py` gather that material batch by batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from torch import Tensor

from equipoise.card import Card

Need = Literal["moments", "features", "logits", "images", "labels", "train"]


@dataclass(frozen=True)
class Moments:
    """Mean [d] and unbiased covariance [d, d] (divided by n - 1) of n feature vectors, both float64."""

    n: int
    mean: Tensor
    covariance: Tensor


@dataclass(frozen=True)
class Side:
    """What is known of one side, the reals or the fakes; None is what nobody brought."""

    n: int
    features: Tensor | None = None  # [n, d], as the encoder gives them
    logits: Tensor | None = None  # [n, K]
    images: Tensor | None = None  # [n, C, H, W], uint8 or float in [-1, 1]
    labels: Tensor | None = None  # int64 [n]
    moments: Moments | None = None  # of the features; alone where only statistics were kept


@dataclass(frozen=True)
class Material:
    """All that a metric is given. `train` are the samples that the generator learnt from, where `real` is held out."""

    fake: Side
    real: Side | None = None
    train: Side | None = None
    seed: int = 0  # of subsets and of resampling; the same seed gives the same number


@dataclass(frozen=True)
class Value:
    """One number, with its 95 % interval where the metric has one. `std` is over the reference's splits or subsets."""

    value: float
    low: float | None = None
    high: float | None = None
    std: float | None = None
    better: Literal["lower", "higher", "neither"] = "lower"


class Metric(Protocol):
    """One file, one of these; METRICS (metrics/__init__.py) is the registry, by the name on the card."""

    @property
    def card(self) -> Card: ...

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that it answers with, e.g. ('precision', 'recall', 'density', 'coverage')."""
        ...

    @property
    def needs(self) -> frozenset[Need]:
        """What it can't do without; those of `real` unless it says 'train'. 'moments' is met by features too."""
        ...

    def measure(self, material: Material) -> dict[str, Value]:
        """Every one of `names`. SettingError where N is too small, saying which N would do."""
        ...


@dataclass(frozen=True)
class Result:
    """A number as it is written and printed: never without what it depends on."""

    name: str  # 'fd[classifier:fashion-mnist-3f2a91c07d44]'; 'fid' and 'is' for Inception's alone
    value: Value
    n_real: int | None
    n_fake: int
    encoder: str  # its fingerprint
    protocol: str  # 'tf', 'pytorch-fid', 'clean', or 'native' where nothing is resized
    seed: int
    dtype: str
    versions: dict[str, str] = field(default_factory=dict)
