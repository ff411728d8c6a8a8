"""Label smoothing: D is asked for less than certainty."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Objective, Targets, Trick, scalar
from equipoise.seeds import Moment


@dataclass
class LabelSmoothing(Trick):
    """Targets `real` and `fake` instead of 1 and 0. One-sided as long as `fake` stays 0."""

    real: float = 0.9
    fake: float = 0.0

    card: ClassVar[Card] = Card(
        name="label_smoothing",
        title="Real label 0.9 instead of 1, so that D does not become overconfident",
        equation="D*(x) = (real p_data + fake p_G) / (p_data + p_G)",
        source="Salimans et al. 2016, section 3.4",
        helps="Bounds D's logits on reals; a mild brake on a D that wins",
        hurts="Hides collapse in D's loss; with fake > 0 bad samples have no incentive to move towards the data",
        cost="none",
    )

    def check(self) -> None:
        if not 0.5 < self.real <= 1:
            raise SettingError("real", f"must be above 0.5 and at most 1, not {self.real}")
        if not 0 <= self.fake < 0.5:
            raise SettingError("fake", f"must be at least 0 and below 0.5, not {self.fake}")

    def fits(self, objective: Objective, shape: tuple[int, ...]) -> None:
        needs_targets(self, objective)

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        return relabel(targets, scalar(self.real, d_real), scalar(self.fake, d_fake))

    def expected_targets(self, real: float, fake: float) -> tuple[float, float]:
        return tuple(self.fake + (self.real - self.fake) * label for label in (real, fake))  # type: ignore[return-value]


def relabel(targets: Targets, real: Tensor, fake: Tensor) -> Targets:
    """What was asked for as 1 is asked for as `real`, and 0 as `fake`: so tricks on labels may come in any order."""
    return Targets(torch.lerp(fake, real, targets.real), torch.lerp(fake, real, targets.fake))


def needs_targets(trick: Trick, objective: Objective) -> None:
    """Labels mean nothing to a critic: refuse, and say which objectives have them."""
    if not objective.takes_targets:
        raise SettingError(
            "", f"{objective.card.name} has no labels to change; use minimax, non_saturating or least_squares, or leave it out"
        )
