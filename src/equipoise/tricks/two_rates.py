"""Two rates: G and D learn at rates of their own, each with a schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Trick
from equipoise.tricks.checks import at_least, one_of

if TYPE_CHECKING:
    from equipoise.game import Game, Player

Schedule = Literal["constant", "linear", "cosine"]


@dataclass
class TwoRates(Trick):
    """Sets the learning rates before each step, as a function of the step: rate * warmup * schedule.

    `g_rate` and `d_rate` None leave the optimizer's own rate as the base. In the first `warmup` steps a rate rises in
    equal parts to its full value; then it stays (constant) or falls to 0 at step `steps` (linear, cosine).
    """

    g_rate: float | None = None
    d_rate: float | None = None
    g_schedule: Schedule = "constant"
    d_schedule: Schedule = "constant"
    warmup: int = 0
    steps: int = 0  # the schedules' end; needed where one of them falls
    base: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)  # the optimizers' own, by group

    card: ClassVar[Card] = Card(
        name="two_rates",
        title="TTUR: a learning rate and a schedule for each player",
        equation="lr_G(t) = g_rate * s_G(t), lr_D(t) = d_rate * s_D(t)",
        source="Heusel et al. 2017, theorem 1",
        helps="D near its optimum while G moves slowly: with spectral norm or a penalty on D, D 4 times as fast as G",
        hurts="Without a penalty a faster D wins. It does not by itself cure a collapse",
        cost="none",
    )

    def check(self) -> None:
        for key in ("g_rate", "d_rate"):
            rate = getattr(self, key)
            if rate is not None and rate < 0:
                raise SettingError(key, f"must be 0 or more (or null for the optimizer's own), not {rate}")
        for key in ("g_schedule", "d_schedule"):
            one_of(self, key, "constant", "linear", "cosine")
        at_least(0, self, "warmup", "steps")
        if {self.g_schedule, self.d_schedule} != {"constant"} and self.steps <= self.warmup:
            raise SettingError("steps", f"must say at which step, after the warmup of {self.warmup}, the schedule ends")

    def ready(self, game: Game) -> None:
        self.base = {p.name: torch.tensor(rates(p), dtype=torch.float64) for p in (game.G, game.D)}

    def before(self, game: Game) -> None:
        plans = ((game.G, self.g_rate, self.g_schedule), (game.D, self.d_rate, self.d_schedule))
        for player, rate, schedule in plans:
            factor = self.factor(schedule, game.at.step)
            for group, own in zip(player.optimizer.param_groups, self.base[player.name].tolist(), strict=True):
                group["lr"] = (own if rate is None else rate) * factor

    def factor(self, schedule: Schedule, step: int) -> float:
        """What the full rate is multiplied by in a step, in [0, 1]."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        if schedule == "constant":
            return 1.0
        progress = min(1.0, (step - self.warmup) / (self.steps - self.warmup))
        return 1 - progress if schedule == "linear" else (1 + math.cos(math.pi * progress)) / 2

    def state(self) -> dict[str, Tensor]:
        return dict(self.base)

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.base = {name: base.cpu() for name, base in state.items()}


def rates(player: Player) -> list[float]:
    """A player's learning rates as its optimizer has them, one per parameter group."""
    return [float(group["lr"]) for group in player.optimizer.param_groups]
