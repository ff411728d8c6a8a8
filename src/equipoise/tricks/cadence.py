"""Cadence: how many steps D takes for how many of G's."""

from dataclasses import dataclass
from typing import ClassVar

from equipoise.pieces import Cadence, Card, Trick
from equipoise.seeds import Moment
from equipoise.tricks.checks import at_least


@dataclass
class FixedCadence(Trick):
    """`d_steps` moves of D, each on fresh data and noise, then `g_steps` of G, make one step of the game."""

    d_steps: int = 1
    g_steps: int = 1

    card: ClassVar[Card] = Card(
        name="cadence",
        title="Training ratio: several steps of one player for one of the other",
        equation="k steps of D, then n of G",
        source="Goodfellow et al. 2014, algorithm 1; 5 D steps: Arjovsky et al. 2017, algorithm 1",
        helps="Critics (wasserstein) that must be near their optimum: d_steps 5; a weak D",
        hurts="Many D steps make an unregularised D win, many G steps make G collapse on what D can't see",
        cost="each D step about half of a plain step, each G step the other half",
    )

    def check(self) -> None:
        at_least(1, self, "d_steps", "g_steps")

    def cadence(self, cadence: Cadence, at: Moment) -> Cadence:
        return Cadence(self.d_steps, self.g_steps)
