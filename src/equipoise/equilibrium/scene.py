"""What every indicator looks at: a copy of a game where it stands, reals to learn from, and reals that were held out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from equipoise.errors import DataError
from equipoise.game import Game
from equipoise.pieces import Penalty, Seen, Targets, scalar
from equipoise.seeds import generator

LEFT_BEHIND = ("seen_by_d", "seen_by_g", "d_terms", "g_terms")  # of the last step; graphs can't be copied
FEWEST = 32  # held-out reals


@dataclass
class Scene:
    """A copy of a game, and what it is examined on. Nothing that is done with it reaches the game that was given.

    `draw(position)` gives training reals [B, *shape] as in `Game.step`; `heldout` [N, *shape] are reals that no worst-case
    player learns from. Raises DataError for fewer than 32 held-out reals.
    """

    game: Game
    draw: Callable[[int], Tensor]
    heldout: Tensor
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.heldout) < FEWEST:
            raise DataError("held-out reals", f"{len(self.heldout)} are too few for an answer; give at least {FEWEST}")
        self.game = fork(self.game)
        self.batch = min(len(self.draw(0)), len(self.heldout))
        self.batch -= self.batch % 2

    @property
    def scale(self) -> float:
        """How far reals spread: the root mean square distance from their mean; 1 where they are all the same."""
        x = self.heldout.flatten(1).double()
        spread = float((x - x.mean(0)).square().sum(1).mean().sqrt())
        return spread if spread > 1e-12 else 1.0

    def latents(self, n: int, *purpose: object) -> Tensor:
        """The same n latents for the same purpose, [n, latent]."""
        device = self.game.at.device
        rng = generator(device, self.seed, "equilibrium", *purpose)
        return torch.randn(n, self.game.latent_size, generator=rng, device=device)

    def fakes(self, G: nn.Module, n: int, *purpose: object) -> Tensor:
        """n fakes of a generator as the game plays it, without gradients, [n, *shape]."""
        return outputs(G, self.latents(n, *purpose), self.batch)

    def halves(self) -> tuple[Tensor, Tensor]:
        """The held-out reals in two parts: one to choose the best of several by, one to judge the choice on."""
        order = torch.randperm(len(self.heldout), generator=generator("cpu", self.seed, "halves")).to(self.heldout.device)
        half = len(order) // 2
        return self.heldout[order[:half]], self.heldout[order[half : 2 * half]]


def fork(game: Game) -> Game:
    """A copy of a game that shares nothing with it."""
    shallow = copy.copy(game)
    for name in LEFT_BEHIND:
        vars(shallow).pop(name, None)
    shallow._having = {}
    return copy.deepcopy(shallow)


@contextmanager
def undisturbed(game: Game) -> Iterator[None]:
    """Within the context torch's global random numbers may be drawn; afterwards they are where they were."""
    device = game.at.device
    with torch.random.fork_rng(devices=[] if device.type == "cpu" else [device]):
        yield


def posed(module: nn.Module) -> nn.Module:
    """The module itself without dropout and without power iterations, batch normalisation by the batch as in training."""
    module.eval()
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.train()
    return module


@torch.no_grad()
def outputs(module: nn.Module, z: Tensor, batch: int) -> Tensor:
    """What a copy of a generator gives for latents [n, latent], in batches: [n, *shape]."""
    module = posed(copy.deepcopy(module))
    return torch.cat([module(part).float() for part in torch.split(z, batch)])


@torch.no_grad()
def logits(game: Game, x: Tensor, batch: int, *, real: bool) -> Tensor:
    """D's logits of samples as D sees them, flat, with the same noise each time; a last odd batch is left out."""
    was = [m.training for m in game.D.module.modules()]
    posed(game.D.module)
    game.at.begin(game.steps)
    whole = len(x) - len(x) % batch if len(x) >= batch else len(x)
    found = [game.discriminate(game.view(part, real=real)).flatten() for part in torch.split(x[:whole], batch)]
    for module, training in zip(game.D.module.modules(), was, strict=True):
        module.training = training
    return torch.cat(found)


def value(game: Game, d_real: Tensor, d_fake: Tensor) -> Tensor:
    """M = -L_D with plain targets: the one number that D maximises and G minimises.

    For the cross-entropies it is E[log D(x)] + E[log(1 - D(G(z)))], for the non-saturating one too.
    """
    return -game.objective.d_loss(d_real, d_fake, Targets(scalar(1.0, d_real), scalar(0.0, d_fake)))


def balanced_value(game: Game) -> float | None:
    """M where fakes are distributed as reals and D is the best against them; None where the objective fixes none."""
    d_loss = game.objective.equilibrium().d_loss
    return None if d_loss is None else -d_loss * game.objective.d_terms


def seen(game: Game, real: Tensor, z: Tensor, *, plain: bool) -> Seen:
    """A look at a batch with gradients to both players; `plain`: with targets 1 and 0 instead of those of the tricks."""
    fake = game.G.module(z).float()
    x, y = game.view(real, real=True), game.view(fake, real=False)
    d_real, d_fake = game.discriminate(x), game.discriminate(y)
    targets = Targets(scalar(1.0, d_real), scalar(0.0, d_fake)) if plain else game.targets(d_real, d_fake)
    return Seen(game, real, fake, z, x, y, d_real, d_fake, game.objective.d_loss(d_real, d_fake, targets))


def penalties(look: Seen) -> Tensor:
    """What the game's penalties add to D's loss, each at its full weight whatever the step."""
    found = scalar(0.0, look.loss)
    for trick in look.game.tricks:
        if isinstance(trick, Penalty) and trick.weight:
            found = found + trick.weight * trick.value(look).mean()
    return found
