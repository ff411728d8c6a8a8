"""Exams: every few hundred steps, what is too dear for every step, on a small fixed batch and with one copy to the host."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from equipoise.errors import SettingError
from equipoise.networks.features import FeatureTap
from equipoise.pieces import Exam, Examination, Judged
from equipoise.seeds import generator
from equipoise.signals.motion import SHORTEST
from equipoise.signals.neighbours import K, distinct

GROUPS = 8  # clusters of the reals, for the least covered one
ROUNDS = 15  # of Lloyd's iteration
FEWEST = 2 * K  # different reals: among fewer, neighbours mean nothing

Batches = Callable[[Tensor], Tensor]


@dataclass
class Examiner:
    """Keeps the reals of all exams, and the fixed-noise fakes of the last one.

    `reals` [N, ...] are training data, `heldout` [N, ...] what D never sees (None: there is none), `encode` a frozen
    encoder [n, ...] -> [n, F]. Nothing of the game is asked but what `examine` is given, so that any loop can be examined.
    """

    examinations: Mapping[str, Examination]
    reals: Tensor
    heldout: Tensor | None
    encode: Batches
    batch: int = 64
    before: Tensor | None = None  # fixed-noise fakes of the last exam
    step: int = 0  # of the last exam
    codes: Tensor = field(init=False)
    heldout_codes: Tensor | None = field(init=False)
    groups: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.reals = distinct(self.reals)
        if self.heldout is not None:
            self.heldout = distinct(self.heldout)
            if not self.enough(self.heldout):
                self.heldout = None
        self.codes = self.encode(self.reals)
        self.heldout_codes = None if self.heldout is None else self.encode(self.heldout)
        self.groups = clusters(self.codes if self.heldout_codes is None else self.heldout_codes, GROUPS)

    def enough(self, x: Tensor) -> bool:
        """Whether samples are worth an exam: a whole batch of different ones, and not too few."""
        return len(x) >= max(self.batch, FEWEST)

    @torch.no_grad()
    def examine(
        self,
        step: int,
        D: nn.Module,
        view: Batches,
        fakes: Tensor,
        modules: dict[str, nn.Module],
        fixed: Tensor | None = None,
        averaged: Tensor | None = None,
        remember: bool = True,
    ) -> dict[str, float]:
        """All examinations' numbers by name; {} where there are too few different reals, or fakes are no numbers.

        `fakes` [N, ...] are fresh, `fixed` and `averaged` [n, ...] come from the same latents at every exam; `view` is
        what is done to a batch before D sees it. D itself is not run: a copy is. The next exam's drift is measured from
        this one's `fixed`, unless it is not to `remember` them, and not from one that lies less than `SHORTEST` steps back.
        """
        before, between = self.before, step - self.step
        if remember and (before is None or between >= SHORTEST):
            self.before, self.step = fixed, step
        codes = self.encode(fakes)
        if not (self.enough(self.reals) and bool(torch.isfinite(codes).all())):
            return {}
        asked = Asked(D, view, self.batch)
        exam = Exam(
            real=asked(self.reals, self.codes),
            fake=asked(fakes, codes),
            heldout=None if self.heldout is None or self.heldout_codes is None else asked(self.heldout, self.heldout_codes),
            groups=self.groups,
            fixed=fixed,
            fixed_before=before,
            averaged=averaged,
            steps_between=between,
            modules=modules,
            augmented=self.augmented(view),
            says=lambda x: asked(x, x).logits,
        )
        found: dict[str, Tensor] = {}
        for examination in self.examinations.values():
            found |= examination.measure(exam)
        names = list(found)
        values = torch.stack([found[name].float() for name in names]).tolist() if names else []
        return {name: value for name, value in zip(names, values, strict=True) if value == value}  # no NaN: nothing was told

    def augmented(self, view: Batches) -> Tensor | None:
        """Codes of the training reals as D sees them; None where it sees them as they are, or several in one."""
        shown = [(part, view(part)) for part in torch.split(self.reals, self.batch) if len(part) == self.batch]
        if any(seen is part or seen.shape != part.shape for part, seen in shown):
            return None
        return self.encode(torch.cat([seen for _, seen in shown]))


class Asked:
    """A copy of D that answers as it does in training: batch normalisation by the batch, dropout off."""

    def __init__(self, D: nn.Module, view: Batches, batch: int) -> None:
        self.D, self.view, self.batch = by_the_batch(copy.deepcopy(D)), view, batch
        try:
            self.tap: FeatureTap | None = FeatureTap(self.D)
        except SettingError:  # a D of the user's own, with no last layer that gives one number
            self.tap = None

    def __call__(self, x: Tensor, codes: Tensor) -> Judged:
        logits: list[Tensor] = []
        features: list[Tensor] = []
        for part in torch.split(x, self.batch):
            if len(part) < self.batch and logits:
                break  # batch normalisation and packing want whole batches
            logits.append(self.D(self.view(part)).float().flatten())
            if self.tap is not None:
                features.append(self.tap.take().float())
        return Judged(x, codes, torch.cat(logits), torch.cat(features) if features else None)


def by_the_batch(network: nn.Module) -> nn.Module:
    """The network, a copy of somebody's, in evaluation mode but for batch normalisation, which goes by the batch.

    Without running statistics and not by `train()`: so normalisation across processes goes by this one's batch too. The
    others may not be examining, and would be waited for.
    """
    network.eval()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean = module.running_var = None
    return network


def clusters(x: Tensor, k: int) -> Tensor:
    """The cluster of each row, int64 [N], by k-means from farthest-point seeds; the same for the same rows."""
    k = min(k, len(x))
    first = torch.randint(len(x), (1,), generator=generator("cpu", 0, "clusters")).to(x.device)
    centres = x[first]
    for _ in range(k - 1):
        centres = torch.cat([centres, x[torch.cdist(x, centres).min(1).values.argmax()][None]])
    nearest = torch.cdist(x, centres).argmin(1)
    for _ in range(ROUNDS):
        sizes = torch.bincount(nearest, minlength=k).clamp_min(1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, x)
        centres = sums / sizes[:, None]
        nearest = torch.cdist(x, centres).argmin(1)
    return nearest
