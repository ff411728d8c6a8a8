"""How hard each player is pushed."""

import torch
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.pieces import Card, Signal, Terms

EVERY = 5  # steps: it passes over all gradients

CARD = Card(
    name="gradients",
    title="The norm of each player's gradient in the step just done",
    equation="d_grad = ||dL_D/dtheta_D||, g_grad = ||dL_G/dtheta_G||, over all parameters, tricks' terms and clipping included",
    source="Arjovsky and Bottou 2017, section 2.2: G's gradient vanishes or is all noise as D becomes perfect",
    helps="A norm that vanishes (saturation) or explodes shows many steps before the losses do",
    hurts="Says nothing about directions: a cycle has perfectly healthy norms",
    cost="one pass over the gradients, every fifth step",
)


def norm(module: nn.Module) -> Tensor:
    """The 2-norm of all gradients of a network, a 0-dim tensor; 0 where it has none."""
    parameters = list(module.parameters())
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return parameters[0].new_zeros(())
    total: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    return total


def measure(game: Game, terms: Terms) -> tuple[Tensor, ...]:
    return norm(game.D.module), norm(game.G.module)


GRADIENTS = Signal(CARD, ("d_grad", "g_grad"), measure, EVERY)
