"""A game that goes on in other settings: built anew, it takes over from the one before what still fits.

Everything that a remedy may change goes this one way, so what can be built can be changed while it trains.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from equipoise import build
from equipoise import recipe as recipes
from equipoise.data.source import Source
from equipoise.game import Game, Player
from equipoise.optimizers.state import placed
from equipoise.own import Own
from equipoise.pieces import Trick
from equipoise.recipe import CUSTOM, Recipe

RAW = ".parametrizations.", ".original"  # how a parametrised weight's name differs from a plain one's


def treated(recipe: Recipe, settings: Mapping[str, Any], left_out: Sequence[str] = ()) -> Recipe:
    """The recipe with dotted settings changed while it trained, and without some of the user's own tricks."""
    if not settings and not left_out:
        return recipe
    mapping = {"name": recipe.name, **recipes.without_defaults(recipe)}
    found = recipes.resolve(mapping, dict(settings))
    found.own_tricks = [name for name in recipe.own_tricks if name not in left_out]
    return found


def remaining(own: Own, recipe: Recipe) -> Own:
    """Copies of what is the user's own and what the recipe still plays with: the originals stay as they were given."""
    networks = recipe.network.get("kind") == CUSTOM
    return Own(
        copy.deepcopy(own.generator) if networks else None,
        copy.deepcopy(own.discriminator) if networks else None,
        own.objective if recipe.objective == CUSTOM else None,
        [copy.deepcopy(trick) for trick in own.tricks if trick.card.name in recipe.own_tricks],
    )


def rescaled(source: Source, low: float, high: float) -> Source:
    """The source with values from `low` to `high` brought to [-1, 1]."""

    def scale(x: Tensor) -> Tensor:
        return x.float().sub(low).mul(2 / (high - low)).sub(1)

    read = source.read
    return replace(
        source,
        values=None if source.values is None else scale(source.values),
        read=None if read is None else lambda index: scale(read(index)),
        heldout=None if source.heldout is None else rescaled(source.heldout, low, high),
        range=(-1.0, 1.0),
    )


def successor(before: Game, recipe: Recipe, source: Source, own: Own, fresh: Sequence[str] = (), attempt: int = 0) -> Game:
    """The game of the recipe at the place in time where `before` stands; players that are not `fresh` keep their weights,
    and where their optimizer is of the same kind its moments.
    """
    game = build.game(recipe, source, remaining(own, recipe), attempt=attempt)
    game.steps, game.drawn = before.steps, before.drawn
    for old, new in ((before.G, game.G), (before.D, game.D)):
        if new.name not in fresh:
            take_over(old, new)
    for trick in game.tricks:
        trick.ready(game)  # an average begins with the weights that were taken over
        if not fresh and trick.card.name != "two_rates":  # whose state is the optimizers' own rates, which may be others now
            inherit(trick, next((one for one in before.tricks if one.card.name == trick.card.name), None))
    return game


def take_over(old: Player, new: Player) -> None:
    """Weights, buffers and moments of the same name and shape."""
    tensors = named(old.module)
    moments = type(old.optimizer) is type(new.optimizer)
    with torch.no_grad():
        for name, target in named(new.module).items():
            source = tensors.get(name)
            if source is None or source.shape != target.shape:
                continue
            target.copy_(source)
            state = old.optimizer.state.get(source) if moments else None
            if state:
                group = next(group for group in new.optimizer.param_groups if any(p is target for p in group["params"]))
                new.optimizer.state[target] = {
                    key: placed(kept, key, target, group) if isinstance(kept, Tensor) else kept for key, kept in state.items()
                }


def inherit(trick: Trick, old: Trick | None) -> None:
    """The state of the same trick in the game before, where it has the same form."""
    kept = old.state() if old is not None else {}
    now = trick.state()
    if kept.keys() == now.keys() and all(now[name].shape == value.shape for name, value in kept.items()):
        trick.load_state({name: value.clone() for name, value in kept.items()})


def named(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name; a parametrised weight's is that of the plain one."""
    found = dict(module.named_parameters()) | dict(module.named_buffers())
    return {plain(name): tensor for name, tensor in found.items()}


def plain(name: str) -> str:
    """'0.parametrizations.weight.original' is '0.weight'."""
    between, end = RAW
    return name.removesuffix(end).replace(between, ".") if name.endswith(end) else name
