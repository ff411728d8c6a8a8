"""The players' losses, without what tricks and penalties add."""

from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Card, Signal, Terms

CARD = Card(
    name="losses",
    title="D's loss in the mean convention and G's loss",
    equation="d_loss = L_D / terms, g_loss = L_G",
    source="Goodfellow et al. 2014; the convention: Objective.recorded",
    helps="Beside their values at equilibrium: near them, a balance; D at 0 and G rising, D has won",
    hurts="A loss alone says nothing about the samples: it measures the other player as well",
    cost="none",
)


def measure(game: Game, terms: Terms) -> tuple[Tensor, ...]:
    return terms.d_loss, terms.g_loss


LOSSES = Signal(CARD, ("d_loss", "g_loss"), measure)
