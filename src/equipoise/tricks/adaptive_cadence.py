"""Adaptive cadence: whoever falls behind takes more steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Cadence, Card, Objective, Terms, Trick
from equipoise.seeds import Moment
from equipoise.tricks.checks import at_least, one_of

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class AdaptiveCadence(Trick):
    """Every `every` steps the mean of `measure` over them is looked at. Above `high`, D is ahead: it takes one step less,
    or G one more; below `low` the other way round; between them all stays. From 1 : 1 (or the ratio of `cadence`, named before)
    it goes up to `d_max` - 1 additional steps of D, or `g_max` - 1 of G.

    `measure` is D's accuracy in [0, 1] (the share of logits on the right side, reals and fakes halved), or the gap
    E[sigmoid(D(x))] - E[sigmoid(D(G(z)))] in [-1, 1] (low 0.1 and high 0.6 are a start). Both are taken from the logits
    of D's last step, relative to the objective's logit at equilibrium, or to the mean of all where it has none.

    The sum is kept on the device; the host reads it once in `every` steps, the only time that it waits.
    """

    measure: Literal["accuracy", "gap"] = "accuracy"
    low: float = 0.55
    high: float = 0.85
    every: int = 100
    d_max: int = 5
    g_max: int = 5
    lead: int = field(default=0, init=False)  # D's additional steps; below 0, G's
    counted: int = field(default=0, init=False)  # steps in `total`
    total: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)

    card: ClassVar[Card] = Card(
        name="adaptive_cadence",
        title="The training ratio follows D's accuracy",
        equation="accuracy > high: a D step less or a G step more; accuracy < low: the reverse",
        source="Common practice (a schedule by statistics; Chintala et al. 2016, trick 11 warns of it)",
        helps="A D that wins or lags through all of a run at any fixed ratio",
        hurts="Balances a symptom: neither accuracy nor the gap sees a collapse",
        cost="by the steps taken; one read of the device every `every` steps",
    )

    def check(self) -> None:
        one_of(self, "measure", "accuracy", "gap")
        if not self.low < self.high:
            raise SettingError("low", f"must be below high ({self.high}), not {self.low}")
        at_least(1, self, "every", "d_max", "g_max")

    def ready(self, game: Game) -> None:
        self.total = self.total.to(game.at.device)

    def cadence(self, cadence: Cadence, at: Moment) -> Cadence:
        lead = min(max(self.lead, 1 - self.g_max), self.d_max - 1)
        return Cadence(cadence.d_steps + max(lead, 0), cadence.g_steps + max(-lead, 0))

    def after(self, game: Game, terms: Terms) -> None:
        self.total = self.total + self.score(terms.d_real, terms.d_fake, game.objective)
        self.counted += 1
        if self.counted >= self.every:
            self.decide(float(self.total) / self.counted)
            self.total, self.counted = torch.zeros_like(self.total), 0

    def score(self, d_real: Tensor, d_fake: Tensor, objective: Objective) -> Tensor:
        """How far D is ahead, a 0-dim tensor, from its logits."""
        neutral = objective.equilibrium().logit
        middle = (d_real.mean() + d_fake.mean()) / 2 if neutral is None else neutral
        if self.measure == "gap":
            return torch.sigmoid(d_real - middle).mean() - torch.sigmoid(d_fake - middle).mean()
        return ((d_real > middle).float().mean() + (d_fake < middle).float().mean()) / 2

    def decide(self, measured: float) -> None:
        """Move the ratio by one step, within its bounds."""
        change = (measured < self.low) - (measured > self.high)
        self.lead = min(max(self.lead + change, 1 - self.g_max), self.d_max - 1)

    def state(self) -> dict[str, Tensor]:
        return {"total": self.total, "lead": torch.tensor(self.lead), "counted": torch.tensor(self.counted)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.total, self.lead, self.counted = state["total"], int(state["lead"]), int(state["counted"])
