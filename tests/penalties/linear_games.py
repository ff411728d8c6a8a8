"""A game of points with a linear D, for which every penalty has a closed form."""

from typing import Any

import torch
from games import sgd
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Trick

W, BIAS = (3.0, -4.0), 0.5  # ||w|| = 5


def linear_game(*tricks: Trick, w: tuple[float, ...] = W, rate: float = 0.0, **settings: Any) -> Game:
    """D(x) = w x + b, G a linear map; with rate 0 nobody moves, so every step is the first."""
    torch.manual_seed(0)
    D = nn.Sequential(nn.Linear(len(w), 1), nn.Flatten(0))
    with torch.no_grad():
        D[0].weight.copy_(torch.tensor([w]))
        D[0].bias.fill_(BIAS)
    return Game(
        nn.Linear(3, len(w)),
        D,
        OBJECTIVES["non_saturating"],
        latent=3,
        shape=(len(w),),
        g_optimizer=sgd(rate),
        d_optimizer=sgd(rate),
        tricks=tricks,
        **settings,
    )


def reals(position: int) -> Tensor:
    """Six points on a line, the same each time."""
    return torch.linspace(-1, 1, 12).view(6, 2)


def term(game: Game, name: str) -> float:
    """What a penalty adds to D's loss in the next step."""
    return float(game.step(reals).extra[f"d/{name}"])
