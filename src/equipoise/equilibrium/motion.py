"""Where the game goes from here: a copy plays on for a while, and the same latents are watched.

A game that has settled stays where it is or trembles; one that cycles moves on and on, without coming nearer to the data,
and the average of its weights stays far from each of them (the Dirac-GAN cycles for ever with a D loss of 0.69).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, pairwise

import torch
from torch import Tensor, nn

from equipoise.equilibrium.indicators import Indicator, line, missing
from equipoise.equilibrium.limits import limit
from equipoise.equilibrium.scene import Scene, fork, outputs, undisturbed
from equipoise.game import Game
from equipoise.metrics.sliced_wasserstein import sliced_wasserstein

FRAMES = 10
WATCHED = 256  # latents


@dataclass(frozen=True)
class Motion:
    """Distances in units of the reals' spread."""

    steps: int
    per_100: float  # how far the samples of fixed latents travel in 100 steps, all small moves added up
    roam: float  # the longest way between any two frames
    straight: float  # net way / whole way, 0 to 1: 1 is going somewhere, near 0 going round or trembling
    settling: float  # way in the last half / way in the first half: below 1 it comes to rest
    average_distance: float  # from samples of the last weights to those of the mean of all weights on the way
    distances: tuple[float, ...]  # to the held-out reals at each frame, sliced Wasserstein
    average_quality: float  # the same, of the mean of all weights
    finite: bool
    spread: float  # of the last samples, in units of the reals'

    @property
    def turning(self) -> bool:
        """Whether it goes far without coming to rest around its own average."""
        return self.roam >= limit("roam") and self.average_distance >= limit("average")

    @property
    def words(self) -> str:
        return (
            f"in {self.steps} steps played on the samples of fixed latents roam {self.roam:.3g} spreads of the data, "
            f"{self.average_distance:.3g} away from those of the mean weights"
        )

    def indicators(self) -> list[Indicator]:
        trembling = f"a constant rate leaves some: small moves add up to {self.per_100:.3g} in 100 steps"
        round_ = "where a game goes round, its average stands still and it does not"
        way = "1: going somewhere; near 0: trembling or going round"
        far, off = limit("roam"), limit("average")
        title = f"How far fixed latents' samples roam in {self.steps} steps"
        away = "Their distance from the mean weights' samples"
        return [
            line("roam", title, self.roam, f"below {far:g}", self.roam < far, trembling),
            line("from_average", away, self.average_distance, f"below {off:g}", self.average_distance < off, round_),
            Indicator("straight", "Net way over whole way", self.straight, "", "proves nothing", way),
        ]


def motion(scene: Scene, *, steps: int = 100, say: Callable[[str], None] = lambda text: None) -> Motion:
    """Let a copy of the scene's game play `steps` steps on training reals, with its own optimizers as they are."""
    say(f"playing on for {steps} steps")
    with undisturbed(scene.game):
        game = fork(scene.game)
        z = scene.latents(WATCHED, "motion")
        frames = [outputs(game.G.module, z, WATCHED)]
        average = Average(game.G.module)
        for chunk in range(FRAMES):
            for _ in range(steps * chunk // FRAMES, steps * (chunk + 1) // FRAMES):
                game.step(scene.draw)
                average.add(game.G.module)
            frames.append(outputs(game.G.module, z, WATCHED))
        mean = outputs(average.module, z, WATCHED)
    return summary(scene, frames, mean, steps)


def summary(scene: Scene, frames: list[Tensor], mean: Tensor, steps: int) -> Motion:
    scale, real = scene.scale, scene.heldout[: len(frames[0])]
    ways = [apart(a, b) / scale for a, b in pairwise(frames)]
    half = len(ways) // 2
    whole = sum(ways)
    spread = float(frames[-1].flatten(1).double().std(0).norm()) if len(frames[-1]) > 1 else 0.0

    def quality(fake: Tensor) -> float:
        n = min(len(real), len(fake))
        return sliced_wasserstein(real[:n].cpu(), fake[:n].cpu()) * math.sqrt(real[0].numel()) / scale

    return Motion(
        steps=steps,
        per_100=whole * 100 / steps,
        roam=max(apart(a, b) for a, b in combinations(frames, 2)) / scale,
        straight=apart(frames[0], frames[-1]) / scale / whole if whole > 0 else 0.0,
        settling=sum(ways[half:]) / max(sum(ways[:half]), 1e-12) if whole > 1e-9 else 0.0,
        average_distance=apart(frames[-1], mean) / scale,
        distances=tuple(quality(f) for f in frames),
        average_quality=quality(mean),
        finite=bool(torch.isfinite(frames[-1]).all()),
        spread=spread / scale,
    )


def apart(a: Tensor, b: Tensor) -> float:
    """The root mean square distance of samples that belong together."""
    return float((a - b).flatten(1).double().square().sum(1).mean().sqrt())


@dataclass(frozen=True)
class Drift:
    """How far samples of fixed latents moved between two checkpoints, per 100 steps, in spreads of the data."""

    raw: float
    averaged: float | None  # of the averaged weights, where the game keeps them

    def indicators(self) -> list[Indicator]:
        far = "over a long way a game that cycles has moved no more than one that trembles"
        still = "an average moves little whether the game rests or cycles"
        title = "Drift since the checkpoint before, per 100 steps"
        rows = [Indicator("drift", f"{title}: raw weights", self.raw, "small", "proves nothing", far)]
        if self.averaged is None:
            return [*rows, missing("drift_average", f"{title}: averaged weights", "needs the trick `ema`")]
        return [
            *rows,
            Indicator("drift_average", f"{title}: averaged weights", self.averaged, "small", "proves nothing", still),
        ]


def drift(scene: Scene, earlier: Game | None, averages: tuple[nn.Module, nn.Module] | None = None) -> Drift | None:
    """From `earlier` to the scene's game, `averages` being G's averaged weights then and now; None for no steps between."""
    if earlier is None or scene.game.steps <= earlier.steps:
        return None
    steps = scene.game.steps - earlier.steps
    z = scene.latents(WATCHED, "drift")

    def moved(then: nn.Module, now: nn.Module) -> float:
        return apart(outputs(then, z, WATCHED), outputs(now, z, WATCHED)) / scene.scale * 100 / steps

    return Drift(moved(earlier.G.module, scene.game.G.module), None if averages is None else moved(*averages))


class Average:
    """The plain mean of a module's weights over time."""

    def __init__(self, module: nn.Module) -> None:
        self.module, self.n = copy.deepcopy(module), 0

    @torch.no_grad()
    def add(self, module: nn.Module) -> None:
        self.n += 1
        for mine, theirs in zip(self.module.parameters(), module.parameters(), strict=True):
            mine.lerp_(theirs, 1 / self.n)
