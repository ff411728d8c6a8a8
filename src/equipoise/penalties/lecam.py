"""LeCam: D's outputs are pulled towards where its outputs on the other side have been lately."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Penalty, Seen, Terms

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class LeCam(Penalty):
    """weight * (max(0, D(x) - a_F)^2 + max(0, a_R - D(G(z)))^2), where the anchors a_R and a_F are moving averages of D's
    mean logits on reals and fakes.

    Before step `start` the anchors are the last step's means and nothing is added. The paper writes plain squares; the
    one-sided form is that of its published code: a D that has the order wrong is not punished for it.
    """

    weight: float = 0.3
    every: int = 1
    decay: float = 0.99
    start: int = 1000
    real: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)  # a_R
    fake: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)  # a_F

    card: ClassVar[Card] = Card(
        name="lecam",
        title="D's logits on one side are pulled towards the average of the other",
        equation="weight * (E[max(0, D(x) - a_F)^2] + E[max(0, a_R - D(G(z)))^2]), a = moving averages of D's logits",
        source="Tseng et al. 2021; one-sided as in its published code",
        helps="On little data, beside an augmentation: D's logits on reals and fakes can't run apart",
        hurts="Too large a weight leaves G without a gradient; useless where D is weak",
        cost="none",
    )

    def check(self) -> None:
        super().check()
        if not 0 <= self.decay < 1:
            raise SettingError("decay", f"must be at least 0 and below 1, not {self.decay}")
        if self.start < 1:
            raise SettingError("start", f"must be 1 or more (the anchors need a step), not {self.start}")

    def ready(self, game: Game) -> None:
        self.real, self.fake = self.real.to(game.at.device), self.fake.to(game.at.device)

    def d_term(self, seen: Seen) -> Tensor | None:
        return super().d_term(seen) if seen.at.step >= self.start else None

    def value(self, seen: Seen) -> Tensor:
        assert seen.d_real is not None
        return F.relu(seen.d_real - self.fake).square().mean() + F.relu(self.real - seen.d_fake).square().mean()

    def after(self, game: Game, terms: Terms) -> None:
        weight = 1 - self.decay if game.at.step >= self.start else 1.0
        self.real = torch.lerp(self.real, terms.d_real.mean(), weight)
        self.fake = torch.lerp(self.fake, terms.d_fake.mean(), weight)

    def state(self) -> dict[str, Tensor]:
        return {"real": self.real, "fake": self.fake}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.real, self.fake = state["real"], state["fake"]
