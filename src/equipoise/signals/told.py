"""What D tells G: the gradient that reaches G's samples."""

import torch
from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Card, Signal, Terms

EVERY = 5  # steps: it passes over a whole batch

CARD = Card(
    name="told",
    title="The gradient that reaches G's samples",
    equation="fake_grad = mean over samples of ||dL_G(sample)/d sample||, L_G a sample's own loss",
    source="Arjovsky and Bottou 2017, theorem 2.4: it vanishes as D becomes perfect",
    helps="Separates a G that is told nothing (saturation: 4e-5) from one that is told and fails (0.1 to 3)",
    hurts="Adam hides a vanishing gradient: its steps stay as long until the gradient is near epsilon",
    cost="one pass over a batch, every fifth step",
)


def of(gradient: Tensor) -> Tensor:
    """The mean length of a sample's gradient, where `gradient` [B, ...] is that of a loss averaged over the batch."""
    length: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1).mean() * len(gradient)
    return length


def measure(game: Game, terms: Terms) -> tuple[Tensor, ...]:
    return (of(terms.fake_grad),) if terms.fake_grad is not None else ()


TOLD = Signal(CARD, ("fake_grad",), measure, EVERY)
