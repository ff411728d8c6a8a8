"""From a recipe to players at the table: the data, the networks, the optimizers and the game."""

from __future__ import annotations

import ctypes
import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from equipoise.data import MADE
from equipoise.data.source import Source
from equipoise.errors import DataError, RunError, SettingError
from equipoise.game import Game
from equipoise.networks import NETWORKS
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.own import NOTHING, REGISTERED, Own
from equipoise.pieces import Trick
from equipoise.recipe import Recipe, chosen, data_kind, tricks
from equipoise.seeds import mix
from equipoise.settings import typed

DEVICES = ("cpu", "cuda", "mps")


def device(name: str) -> torch.device:
    """The device of that name ('auto': a GPU where there is one), or a SettingError."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(name)
        if found.type in DEVICES:
            torch.zeros(1, device=found)
            return found
        reason = f"no device to train on; known: {', '.join(DEVICES)}"
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if name.startswith(DEVICES) else f"no device; known: {', '.join(DEVICES)}"
        reason = reason if len(reason) < 100 else "torch was built without it"
    raise SettingError("device", f"{name!r} can't be used here ({reason}); use device=cpu or auto")


def source(recipe: Recipe, path: str | Path | None = None) -> Source:
    """The recipe's data, on its device."""
    where = path if path is not None else recipe.data.get("path")
    found = data_kind(recipe).load(Path(where) if where is not None else None, recipe.seed)
    return found.to(device(recipe.device))


def heldout(recipe: Recipe, path: str | Path | None = None, given: Source | None = None) -> Source | None:
    """Reals that the run never trains on; None where there are none.

    Those that the data in hand (`given`) has kept apart; else a set's test split, or others of those that are made.
    """
    if given is not None and given.heldout is not None:
        return given.heldout
    kind = data_kind(recipe)
    where = path if path is not None else recipe.data.get("path")
    try:
        if recipe.data.get("kind") in MADE:
            found = kind.load(None, mix(recipe.seed, "held out"))
        elif getattr(kind, "split", None) == "train":
            found = dataclasses.replace(kind, split="test").load(None if where is None else Path(where), recipe.seed)  # type: ignore[type-var]
        else:
            return None
    except DataError:  # it is not there, which is no reason not to train
        return None
    return found.to(device(recipe.device))


def game(recipe: Recipe, source: Source, own: Own = NOTHING, playing: list[Trick] | None = None, attempt: int = 0) -> Game:
    """A fresh game of the recipe and of what is the user's own; `playing` takes the place of all its tricks, and each
    `attempt` has first weights of its own.
    """
    own.check(recipe)
    torch.manual_seed(mix(recipe.seed, "weights", attempt) if attempt else mix(recipe.seed, "weights"))
    if own.generator is not None and own.discriminator is not None:
        generator, discriminator = own.generator, own.discriminator
    else:
        generator, discriminator = chosen(NETWORKS, recipe.network, "network").build(recipe.latent, source.shape)
    optimizer = chosen(OPTIMIZERS, recipe.optimizer, "optimizer")
    return Game(
        generator,
        discriminator,
        own.objective or OBJECTIVES[recipe.objective],
        latent=recipe.latent,
        shape=source.shape,
        g_optimizer=optimizer.build,
        d_optimizer=optimizer.build,
        tricks=[*tricks(recipe), *own.tricks] if playing is None else playing,
        seed=recipe.seed,
        device=device(recipe.device),
        order=recipe.order,
        precision=recipe.precision,
    )


def restored(
    recipe: Recipe,
    source: Source,
    tensors: dict[str, torch.Tensor],
    facts: dict[str, Any],
    own: Own = NOTHING,
) -> Game:
    """The game of a checkpoint: the tricks that were playing then, which need not be the recipe's any more."""
    own.check(recipe)
    mine = {trick.card.name: trick for trick in own.tricks}
    playing = [mine.get(t["name"]) or typed(REGISTERED[t["name"]], t["knobs"], t["name"]) for t in facts["tricks"]]
    found = game(recipe, source, own, playing)
    if own.objective is None:
        found.objective = OBJECTIVES[facts["objective"]]
    elif own.objective.card.name != facts["objective"]:
        raise SettingError("objective", f"is {own.objective.card.name!r}; this run plays for {facts['objective']!r}")
    found.order = facts["order"]
    try:
        found.load(tensors, facts)
    except (RuntimeError, ValueError, KeyError, IndexError):
        raise RunError("the checkpoint is of other networks or another optimizer than the recipe's; undo its changes") from None
    return found


@contextmanager
def tuned() -> Iterator[None]:
    """Within the context the process is tuned; afterwards denormals count again, for whoever else computes in it."""
    tune_process()
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def tune_process() -> None:
    """Settings of the process that make a step faster on a CPU and change no result but denormals.

    glibc gives every large tensor back to the kernel and faults its pages in anew each step; keeping them costs memory
    up to the peak and saves page faults (benchmarks/step.py). Denormals slow some CPUs by an order of magnitude.
    """
    torch.set_flush_denormal(True)
    if sys.platform == "linux":
        try:
            libc = ctypes.CDLL("libc.so.6")
            mmap_threshold, trim_threshold = -3, -1
            libc.mallopt(mmap_threshold, 32 * 2**20)
            libc.mallopt(trim_threshold, 2**30)
        except (OSError, AttributeError):  # another libc: nothing to tune
            pass
