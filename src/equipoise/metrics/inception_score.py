"""The Inception Score: are the fakes of clear classes, and of many?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.errors import SettingError
from equipoise.metrics.brought import brought
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="inception_score",
    title="Clear classes, and many of them: IS with Inception's logits, a score of that kind with another classifier's",
    equation="exp(E_x KL(p(c|x) || p(c))), p(c) = E_x p(c|x); mean over 10 splits",
    source="Salimans et al. 2016, section 4; without the last layer's bias, as OpenAI's code; shuffled as torch-fidelity does",
    helps="Needs no reference",
    hurts="Never looks at the data: one perfect image a class has the best score there is, and blind to variety within a class",
    cost="nothing beyond the logits",
)
SPLITS, SEED = 10, 2020


def split_scores(logits: Tensor, splits: int = SPLITS, seed: int | None = SEED) -> Tensor:
    """The score of each split of logits [N, K], float64 [splits], from 1 to K; shuffled by NumPy's RandomState(seed) before."""
    if len(logits) < splits:
        raise SettingError("samples", f"{splits} splits need at least as many samples, not {len(logits)}")
    if seed is not None:
        logits = logits[torch.from_numpy(np.random.RandomState(seed).permutation(len(logits)))]
    log_p = logits.double().log_softmax(1)
    found = []
    for i in range(splits):
        part = log_p[i * len(log_p) // splits : (i + 1) * len(log_p) // splits]
        p = part.exp()
        found.append((p * (part - p.mean(0).log())).sum(1).mean().exp())
    return torch.stack(found)


@dataclass(frozen=True)
class InceptionScore:
    """Of the fakes alone; `std` is over splits, by their number (the reference's)."""

    splits: int = SPLITS
    card: Card = CARD
    names: tuple[str, ...] = ("inception_score",)
    needs: frozenset[Need] = frozenset({"logits"})

    def measure(self, material: Material) -> dict[str, Value]:
        found = split_scores(brought(material.fake, "logits"), self.splits)
        value = Value(float(found.mean()), std=float(found.std(correction=0)), better="higher")
        return {"inception_score": value}
