"""Games whose equilibria are known on paper, and a small ring in three states of health."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from equipoise.data.mixtures import Ring
from equipoise.data.source import Order, Source
from equipoise.equilibrium.scene import Scene, fork
from equipoise.game import Game
from equipoise.networks import MLP
from equipoise.objectives import OBJECTIVES
from equipoise.penalties.r1 import R1
from equipoise.pieces import Trick
from equipoise.seeds import mix
from equipoise.tricks.cadence import FixedCadence
from equipoise.tricks.two_rates import TwoRates


class Shift(nn.Module):
    """G: noise * z + t, t held within [-1, 1]. Without noise: the Dirac-GAN's theta, if `held` is False."""

    def __init__(self, t: float, noise: float = 0.0, held: bool = True) -> None:
        super().__init__()
        self.t, self.noise, self.held = nn.Parameter(torch.tensor([t])), noise, held

    def forward(self, z: Tensor) -> Tensor:
        return self.noise * z[:, :1] + (self.t.clamp(-1, 1) if self.held else self.t)


class Stretch(nn.Module):
    """G: s z."""

    def __init__(self, s: float) -> None:
        super().__init__()
        self.s = nn.Parameter(torch.tensor([s]))

    def forward(self, z: Tensor) -> Tensor:
        return self.s * z[:, :1]


class Polynomial(nn.Module):
    """D: the sum of weights times powers of x."""

    def __init__(self, **weights: float) -> None:
        super().__init__()
        self.weights = nn.ParameterDict({name: nn.Parameter(torch.tensor(float(w))) for name, w in weights.items()})

    def forward(self, x: Tensor) -> Tensor:
        return sum((w * x.flatten() ** int(name[1:]) for name, w in self.weights.items()), torch.zeros(len(x)))


def line_game(
    G: nn.Module,
    D: nn.Module,
    *tricks: Trick,
    objective: str = "minimax",
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    rate: float = 0.2,
    order: str = "alternating",
) -> Game:
    """A game of numbers."""
    make = partial(optimizer, lr=rate)
    settings: dict[str, Any] = {"latent": 1, "shape": (1,), "tricks": tricks, "order": order}
    return Game(G, D, OBJECTIVES[objective], g_optimizer=make, d_optimizer=make, **settings)


def points(x: Tensor | float, n: int = 256) -> Tensor:
    return torch.full((n, 1), x) if isinstance(x, float) else x.reshape(-1, 1)


def scene(game: Game, real: Tensor, heldout: Tensor | None = None, seed: int = 0, batch: int = 64) -> Scene:
    """On reals [N, 1] that are drawn with replacement."""

    def draw(position: int) -> Tensor:
        rng = torch.Generator().manual_seed(mix(seed, "draw", position))
        return real[torch.randint(len(real), (batch,), generator=rng)]

    return Scene(game, draw, real if heldout is None else heldout, seed)


def dirac(*tricks: Trick, steps: int, start: tuple[float, float] = (1.0, 0.5), **settings: Any) -> tuple[Scene, Game]:
    """The Dirac-GAN after so many steps, and as it was half of them before."""
    game = line_game(Shift(start[0], held=False), Polynomial(p1=start[1]), *tricks, **settings)
    real = points(0.0)
    for _ in range(steps - steps // 2):
        game.step(lambda _: real[:64])
    earlier = fork(game)
    for _ in range(steps // 2):
        game.step(lambda _: real[:64])
    return scene(game, real), earlier


KINDS: dict[str, tuple[dict[str, Any], Callable[[], list[Trick]]]] = {
    "healthy": ({"lr": 1e-3, "betas": (0.5, 0.999)}, lambda: [R1(weight=0.1)]),
    "collapsed": (
        {"lr": 1e-3, "betas": (0.5, 0.999)},
        lambda: [TwoRates(g_rate=2e-4, d_rate=1e-2), FixedCadence(d_steps=3)],
    ),
    "cycling": ({"lr": 1e-2, "betas": (0.9, 0.999)}, list),
}


def ring(kind: str, steps: int, seed: int = 0, hidden: int = 32) -> tuple[Scene, Game, Source]:
    """Eight Gaussians, trained to health, to collapse under a strong D, or to cycling by momentum."""
    source, other = Ring(std=0.1).load(None, seed), Ring(std=0.1, length=1000).load(None, seed + 1000)
    adam, tricks = KINDS[kind]
    torch.manual_seed(seed)
    G, D = MLP(hidden=hidden).build(4, (2,))
    make = partial(torch.optim.Adam, **adam)
    objective = OBJECTIVES["non_saturating"]
    game = Game(G, D, objective, latent=4, shape=(2,), g_optimizer=make, d_optimizer=make, tricks=tricks(), seed=seed)
    order = Order(len(source), 128, seed)

    def draw(position: int) -> Tensor:
        return source.batch(order.index(position))

    for _ in range(steps - steps // 4):
        game.step(draw)
    earlier = fork(game)
    for _ in range(steps // 4):
        game.step(draw)
    return Scene(game, draw, other.batch(torch.arange(1000)), seed), earlier, source
