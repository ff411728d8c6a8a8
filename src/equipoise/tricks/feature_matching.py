"""Feature matching: G matches the mean of D's features on the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.networks.features import FeatureTap
from equipoise.pieces import Card, Seen, Trick
from equipoise.tricks.checks import at_least

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class FeatureMatching(Trick):
    """Adds weight * ||mean f(x) - mean f(G(z))||^2 to G's loss, f = what goes into D's last layer, means over the batch.

    With `alone` it takes the place of the adversarial loss, as in the paper. Means, not samples, are compared: a squared
    distance of unpaired samples would ask G for fakes without variance.
    """

    weight: float = 1.0
    alone: bool = False
    tap: FeatureTap | None = field(default=None, init=False, repr=False)

    card: ClassVar[Card] = Card(
        name="feature_matching",
        title="G matches the batch mean of D's features on reals",
        equation="||E[f(x)] - E[f(G(z))]||^2, f: D's last features, a sum over them",
        source="Salimans et al. 2016, section 3.1",
        helps="Unstable games: G has a goal that does not move with D's decision",
        hurts="Alone it need not reach the data: the means of features fix no distribution",
        cost="one more pass of D over the reals in G's step, without gradient: 5 to 10 %",
    )

    def check(self) -> None:
        at_least(0, self, "weight")
        if self.alone and self.weight == 0:
            raise SettingError("weight", "must be above 0 where feature matching is G's only loss")

    def ready(self, game: Game) -> None:
        self.tap = FeatureTap(game.D.module)

    def g_term(self, seen: Seen) -> Tensor | None:
        if self.weight == 0:
            return None
        assert self.tap is not None and seen.game.seen_by_d.x is not None
        # D's latest pass was over the fakes, unless the objective compares or G plays against another D than this one
        if seen.d_real is not None or seen.game.having("opponent"):
            seen.D(seen.y)
        fake = self.tap.take().float().mean(0)
        with torch.no_grad():
            seen.D(seen.game.seen_by_d.x)
            real = self.tap.take().float().mean(0)
        term = self.weight * (real - fake).square().sum()
        return term - seen.loss if self.alone else term
