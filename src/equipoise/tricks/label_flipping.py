"""Label flipping: now and then a real is called fake, or a fake real."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from equipoise.pieces import Card, Objective, Targets, Trick
from equipoise.seeds import Moment
from equipoise.tricks.checks import one_of, share
from equipoise.tricks.label_smoothing import needs_targets


@dataclass
class LabelFlipping(Trick):
    """With probability `p` a sample is given the other side's label; or all of a batch's samples at once."""

    p: float = 0.05
    per: Literal["batch", "sample"] = "sample"
    side: Literal["real", "fake", "both"] = "both"

    card: ClassVar[Card] = Card(
        name="label_flipping",
        title="D's labels are swapped now and then",
        equation="t_real = 0 with probability p, t_fake = 1 with probability p",
        source="Chintala et al. 2016 (ganhacks), trick 6",
        helps="A brake on a D that wins. Its mean over many steps is just label smoothing by p, so prefer that: less noise",
        hurts="As smoothing, flipped fakes (side fake or both) take away the bad samples' incentive to move",
        cost="none",
    )

    def check(self) -> None:
        share(self, "p", below=0.5)
        one_of(self, "per", "batch", "sample")
        one_of(self, "side", "real", "fake", "both")

    def fits(self, objective: Objective, shape: tuple[int, ...]) -> None:
        needs_targets(self, objective)

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        real, fake = targets.real, targets.fake
        if self.per == "batch":
            flip_real = flip_fake = at.uniform("label_flipping", 1).reshape(()) < self.p
        else:
            flip_real = at.uniform("label_flipping", *d_real.shape) < self.p
            flip_fake = at.uniform("label_flipping", *d_fake.shape) < self.p
        return Targets(
            real if self.side == "fake" else torch.where(flip_real, fake, real),
            fake if self.side == "real" else torch.where(flip_fake, real, fake),
        )

    def expected_targets(self, real: float, fake: float) -> tuple[float, float]:
        flipped = self.p * (real - fake)
        return (real if self.side == "fake" else real - flipped), (fake if self.side == "real" else fake + flipped)
