"""Consistency: D says the same of a picture and of the same picture, moved a little."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Objective, Penalty, Seen
from equipoise.seeds import Moment
from equipoise.tricks.diff_augment import needs_images, pixels, shift, whole


@dataclass
class Consistency(Penalty):
    """weight * (D(x) - D(T(x)))^2 on reals, with `fake` on fakes as well; T moves by up to `shift` of the size in each
    direction (what comes in is 0) and, with `flip`, mirrors left to right with probability 1/2.
    """

    weight: float = 10.0
    every: int = 1
    fake: bool = False
    shift: float = 0.125
    flip: bool = True

    card: ClassVar[Card] = Card(
        name="consistency",
        title="CR-GAN: D's logit does not change when a picture is moved or mirrored",
        equation="weight * E[(D(x) - D(T(x)))^2], x real; with fake=true also + weight * E[(D(y) - D(T(y)))^2] (bCR)",
        source="Zhang et al. 2020 (CR-GAN); on fakes as well: Zhao et al. 2021 (bCR)",
        helps="D that latches onto single pixels; bCR on little data",
        hurts="flip=true is wrong where left and right differ (spectrograms, digits); bCR can leak T into the samples",
        cost="25 % of a step: one more pass of D over the reals, with fake=true two",
    )

    def check(self) -> None:
        super().check()
        if not 0 <= self.shift <= 1:
            raise SettingError("shift", f"must be between 0 and 1 (a share of the size), not {self.shift}")

    def fits(self, objective: Objective, shape: tuple[int, ...]) -> None:
        needs_images(shape)

    def value(self, seen: Seen) -> Tensor:
        assert seen.x is not None and seen.d_real is not None
        change = (seen.d_real - seen.D(self.moved_a_little(seen.x, seen.at))).square().mean()
        if self.fake:
            change = change + (seen.d_fake - seen.D(self.moved_a_little(seen.y, seen.at))).square().mean()
        return change

    def moved_a_little(self, x: Tensor, at: Moment) -> Tensor:
        """T(x), drawn for each sample by itself."""
        b, _, h, w = x.shape
        down, right = (pixels(size, self.shift) for size in (h, w))
        u = at.uniform("consistency", 3, b)
        x = shift(x, whole(u[0], -down, down), whole(u[1], -right, right))
        return torch.where(u[2].view(-1, 1, 1, 1) < 0.5, x.flip(3), x) if self.flip else x
