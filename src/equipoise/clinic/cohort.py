"""Many seeds in one step: networks of a leading axis, each slice a pair of players of its own, played by the game as it is.

Small networks cost a step as much as their launches do, so ten of them side by side cost little more than one. The batch is
`seeds` batches one after the other. Slice k has the first weights, the data, their order and the noise of a run of its own
with seed k, so the two differ by rounding alone. Losses are means over all, so gradients are multiplied by the number of
slices: every slice moves exactly as it would alone.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from equipoise import build, sampling
from equipoise.data import MADE
from equipoise.data.source import Order
from equipoise.game import Game, Player
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.pieces import Card, Objective, Targets, Terms, Trick
from equipoise.recipe import Recipe, chosen, tricks
from equipoise.seeds import Moment
from equipoise.signals import logits, scores

APART = {  # pieces that look at one sample, or one weight, at a time
    "penalties": {"r1", "r2", "gradient_penalty"},
    "tricks": {
        "two_rates",
        "cadence",
        "label_smoothing",
        "label_noise",
        "label_flipping",
        "instance_noise",
        "ema",
        "lookahead",
        "weight_clipping",
    },
}
GAMES = {"minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic_paired"}


def together(recipe: Recipe) -> bool:
    """Whether seeds of this recipe may be played in one step: MLPs on points that are made, for a number of steps, and no
    piece that mixes samples (feature matching, minibatch statistics, packing, a batch's one flip) or weights (clipping by
    the global norm, spectral norm).
    """
    apart = all(set(getattr(recipe, section)) <= names for section, names in APART.items())
    one_flip = recipe.tricks.get("label_flipping", {}).get("per") == "batch"
    points = recipe.data.get("kind") in MADE and recipe.network.get("kind") == "mlp" and recipe.steps is not None
    plain = recipe.precision == "float32" and not recipe.treat and not recipe.own_tricks
    return apart and not one_flip and points and plain and recipe.objective in GAMES


# ------------------------------------------------------------------------------------------------ what is stacked


class Slices(nn.Module):
    """Linear layers side by side: [seeds * B, inputs] -> [seeds * B, outputs]."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        with torch.no_grad():
            self.weight = nn.Parameter(torch.stack([layer.weight.T for layer in layers]))  # [seeds, inputs, outputs]
            self.bias = nn.Parameter(torch.stack([layer.bias[None] for layer in layers]))  # [seeds, 1, outputs]

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x.view(len(self.weight), -1, x.shape[-1]), self.weight).flatten(0, 1)


def side_by_side(networks: Sequence[nn.Module]) -> nn.Module:
    """One network of several alike; their layers but the linear ones take each number by itself."""
    found = copy.deepcopy(networks[0])
    for name in [name for name, module in found.named_modules() if isinstance(module, nn.Linear)]:
        layers = [network.get_submodule(name) for network in networks]
        found.set_submodule(name, Slices([layer for layer in layers if isinstance(layer, nn.Linear)]))
    return found


class Moments(Moment):
    """The places of several runs in time at once: draws are theirs, one after the other."""

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu") -> None:
        super().__init__(seeds[0], device)
        self.each = [Moment(seed, device) for seed in seeds]

    def begin(self, step: int) -> None:
        super().begin(step)
        for one in self.each:
            one.step = step
            one._calls.clear()

    def normal(self, purpose: str, *shape: int) -> Tensor:
        return torch.cat([one.normal(purpose, shape[0] // len(self.each), *shape[1:]) for one in self.each])

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        return torch.cat([one.uniform(purpose, shape[0] // len(self.each), *shape[1:]) for one in self.each])


@dataclass
class Alone(Trick):
    """Gives each of `seeds` slices the gradient that it would have alone; remembers what D was asked to say."""

    seeds: int
    asked: Targets | None = field(default=None, init=False, repr=False)

    card: ClassVar[Card] = Card(
        "cohort", "Seeds side by side", "g -> S g", "losses are means over S slices", "many seeds at once", "nothing", "none"
    )

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        self.asked = targets
        return targets

    def gradients(self, player: Player) -> None:
        torch._foreach_mul_([p.grad for p in player.module.parameters() if p.grad is not None], float(self.seeds))


# ----------------------------------------------------------------------------------------------------- what is read

NAMES = ("d_loss", "g_loss", *scores.NAMES, "logit_std", "saturation")


def read(objective: Objective, real: Tensor, fake: Tensor, after: Tensor, paired: Tensor, asked: Targets) -> dict[str, Tensor]:
    """The signals of each slice, [N]; all that is given is [N, B]. `paired`: D's logits on reals in G's step."""

    def one(real: Tensor, fake: Tensor, after: Tensor, paired: Tensor, high: Tensor, low: Tensor) -> tuple[Tensor, ...]:
        d_loss = objective.recorded(objective.d_loss(real, fake, Targets(high, low)))
        g_loss = objective.g_loss(after, paired if objective.paired else None)
        return d_loss, g_loss, *scores.of(real, fake, after), *logits.of(real, fake)

    found = torch.vmap(one)(real, fake, after, paired, asked.real, asked.fake)
    return dict(zip(NAMES, found, strict=True))


class Notes:
    """The means of the signals since the last record, for each of `seeds` slices."""

    def __init__(self, objective: Objective, seeds: int) -> None:
        self.objective, self.seeds = objective, seeds
        self.rows: list[list[Tensor]] = []  # a step's logits and targets, each [S, B]

    @torch.no_grad()
    def look(self, game: Game, terms: Terms, asked: Targets | None) -> None:
        assert asked is not None
        paired = game.seen_by_g.d_real
        row = [terms.d_real, terms.d_fake, terms.d_fake_after, terms.d_real if paired is None else paired.detach()]
        row += [side.expand(len(terms.d_real)) for side in (asked.real, asked.fake)]
        self.rows.append([value.view(self.seeds, -1) for value in row])

    @torch.no_grad()
    def read(self, game: Game, terms: Terms) -> list[dict[str, float]]:
        """Of each slice; norms of gradients are those of the newest step."""
        n = len(self.rows)
        real, fake, after, paired, high, low = (torch.cat(column) for column in zip(*self.rows, strict=True))
        self.rows = []
        found = read(self.objective, real, fake, after, paired, Targets(high, low))
        means = {name: value.view(n, self.seeds).mean(0) for name, value in found.items()}
        means |= {"d_grad": self.norms(game.D.module), "g_grad": self.norms(game.G.module)}
        if terms.fake_grad is not None:
            told = torch.linalg.vector_norm(terms.fake_grad, dim=1).view(self.seeds, -1).mean(1)
            means["fake_grad"] = told * len(terms.fake_grad)
        table = torch.stack(list(means.values())).T.tolist()
        return [dict(zip(means, values, strict=True)) for values in table]

    def norms(self, module: nn.Module) -> Tensor:
        """The norm of each slice's gradient."""
        parts = [p.grad.flatten(1).square().sum(1) for p in module.parameters() if p.grad is not None]
        return torch.stack(parts).sum(0).sqrt()


# -------------------------------------------------------------------------------------------------------- the game


@dataclass
class Cohort:
    """Games of one recipe with several seeds, played in one step."""

    recipe: Recipe
    seeds: Sequence[int]

    def __post_init__(self) -> None:
        recipes = [replace(self.recipe, seed=seed) for seed in self.seeds]
        self.sources = [build.source(recipe) for recipe in recipes]
        games = [build.game(recipe, source) for recipe, source in zip(recipes, self.sources, strict=True)]
        device = games[0].at.device
        self.orders = [Order(len(s), self.recipe.batch, r.seed, device) for r, s in zip(recipes, self.sources, strict=True)]
        self.alone = Alone(len(self.seeds))
        optimizer = chosen(OPTIMIZERS, self.recipe.optimizer, "optimizer")
        self.game = Game(
            side_by_side([game.G.module for game in games]),
            side_by_side([game.D.module for game in games]),
            OBJECTIVES[self.recipe.objective],
            latent=self.recipe.latent,
            shape=games[0].shape,
            g_optimizer=optimizer.build,
            d_optimizer=optimizer.build,
            tricks=[*tricks(self.recipe), self.alone],
            device=device,
            order=self.recipe.order,
        )
        self.game.at = Moments(self.seeds, device)

    def draw(self, position: int) -> Tensor:
        """A batch of each, one after the other, [S * B, *shape]."""
        return torch.cat([s.batch(o.index(position)) for s, o in zip(self.sources, self.orders, strict=True)])

    def step(self) -> Terms:
        return self.game.step(self.draw)

    def samples(self, n: int, seed: int) -> Tensor:
        """n samples of each slice [S, n, *shape], from the latents that a run draws for `seed`; of the average where there
        is one.
        """
        z = sampling.fresh_noise(self.game, n, seed).repeat(len(self.seeds), 1)
        with torch.no_grad():
            found: Tensor = sampling.best_generator(self.game)(z).cpu()
        return found.view(len(self.seeds), n, *found.shape[1:])


@dataclass
class Played:
    """What came of one seed."""

    seed: int
    samples: Tensor  # [N, *shape]
    records: list[dict[str, Any]]  # of signals, by step, as signals.jsonl has them; up to the first that is no number
    steps: int
    diverged: bool


@build.tuned()
def play(recipe: Recipe, seeds: Sequence[int], n: int, sampled: int = 7) -> list[Played]:
    """Play all seeds to the end; `n` samples of each from the latents of `sampled`.

    Slices share nothing, so numbers that break in one stay there: it counts as diverged from that record on.
    """
    cohort = Cohort(recipe, seeds)
    notes = Notes(cohort.game.objective, len(seeds))
    records: list[list[dict[str, Any]]] = [[] for _ in seeds]
    broken: dict[int, int] = {}  # slice -> step
    steps = recipe.steps or 0
    for step in range(1, steps + 1):
        terms = cohort.step()
        notes.look(cohort.game, terms, cohort.alone.asked)
        if step % recipe.log_every and step < steps:
            continue
        for k, values in enumerate(notes.read(cohort.game, terms)):
            if k not in broken:
                records[k].append({"step": step, **values})
                if not all(map(math.isfinite, values.values())):
                    broken[k] = step
        if len(broken) == len(seeds):
            break
    found = []
    for k, (seed, samples) in enumerate(zip(seeds, cohort.samples(n, sampled), strict=True)):
        diverged = k in broken or not bool(torch.isfinite(samples).all())
        found.append(Played(seed, samples, records[k], broken.get(k, steps), diverged))
    return found
