"""Everything that is measured of a game before it is judged, and what that may cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor, nn

from equipoise.equilibrium.coverage import Coverage, coverage
from equipoise.equilibrium.duality_gap import DualityGap, duality_gap
from equipoise.equilibrium.indicators import Indicator, missing
from equipoise.equilibrium.jacobian import Jacobian, jacobian
from equipoise.equilibrium.motion import Drift, Motion, drift, motion
from equipoise.equilibrium.path_angle import PathAngle, path_angle
from equipoise.equilibrium.plateau import Plateau, plateau
from equipoise.equilibrium.scene import Scene
from equipoise.game import Game

Say = Callable[[str], None]
T = TypeVar("T")
SMALL = 200_000  # parameters of both players


@dataclass(frozen=True)
class Budget:
    """How much is spent: a function of the game's size alone, so that an answer can be repeated."""

    steps: int  # of each worst-case player
    rates: tuple[float, ...]  # multiples of the game's own at which it is trained
    play: int  # steps played on
    vectors: int  # of Arnoldi's space
    samples: int  # in the Jacobian's batch

    @classmethod
    def of(cls, game: Game, *, quick: bool = False) -> Budget:
        """Small nets get more of everything, since it costs them little."""
        size = sum(p.numel() for player in (game.G, game.D) for p in player.module.parameters())
        if size < SMALL:
            return cls(60, (1.0, 5.0), 100, 20, 128) if quick else cls(150, (1.0, 5.0), 200, 60, 512)
        return cls(16, (5.0,), 20, 4, 32) if quick else cls(60, (5.0,), 60, 16, 128)


@dataclass(frozen=True)
class Evidence:
    """All that was measured; None where it could not be."""

    finite: bool
    coverage: Coverage | None = None
    motion: Motion | None = None
    gap: DualityGap | None = None
    jacobian: Jacobian | None = None
    path: PathAngle | None = None
    drift: Drift | None = None
    plateau: Plateau | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # what each part took

    def indicators(self) -> list[Indicator]:
        """A line for each number, and one for each that is missing."""
        needs = (
            ("duality_gap", "Duality gap", self.gap, "needs weights that are numbers"),
            ("coverage", "Coverage of held-out reals", self.coverage, "needs weights that are numbers"),
            ("roam", "How far fixed latents' samples roam", self.motion, "needs weights that are numbers"),
            ("drift", "Drift since the checkpoint before", self.drift, "needs an earlier checkpoint"),
            ("plateau", "Change of the distance to the data", self.plateau, "needs 4 evaluations or more, one a checkpoint"),
            ("least_real", "Eigenvalues of the game's Jacobian", self.jacobian, "needs weights that are numbers"),
            ("path_angle", "Path angle", self.path, "needs an earlier checkpoint with other weights"),
        )
        return [
            row
            for name, title, found, need in needs
            for row in ([missing(name, title, need)] if found is None else found.indicators())
        ]


def examine(
    scene: Scene,
    budget: Budget,
    *,
    earlier: Game | None = None,
    averages: tuple[nn.Module, nn.Module] | None = None,
    evaluations: Sequence[tuple[float, float]] = (),
    modes: Tensor | None = None,
    say: Say = lambda text: None,
) -> Evidence:
    """Measure everything that can be measured of a scene.

    `earlier` is the game some steps before (path angle, drift), `averages` G's averaged weights then and now,
    `evaluations` (step, distance to the data) of the run so far, `modes` the data's centres where they are known.
    """
    quality = plateau(evaluations)
    if not finite(scene.game):
        return Evidence(finite=False, plateau=quality)
    seconds: dict[str, float] = {}

    def timed(name: str, call: Callable[[], T]) -> T:
        began = time.perf_counter()
        found = call()
        seconds[name] = round(time.perf_counter() - began, 2)
        return found

    return Evidence(
        finite=True,
        coverage=timed("coverage", lambda: covering(scene, modes)),
        motion=timed("motion", lambda: motion(scene, steps=budget.play, say=say)),
        gap=timed("duality gap", lambda: duality_gap(scene, steps=budget.steps, rates=budget.rates, say=say)),
        jacobian=timed("jacobian", lambda: jacobian(scene, samples=budget.samples, vectors=budget.vectors, say=say)),
        path=timed("path angle", lambda: path_angle(scene, earlier, samples=budget.samples, say=say)),
        drift=drift(scene, earlier, averages),
        plateau=quality,
        seconds=seconds,
    )


def finite(game: Game) -> bool:
    weights = [*game.G.module.parameters(), *game.D.module.parameters()]
    return all(bool(torch.isfinite(w).all()) for w in weights)


def covering(scene: Scene, modes: Tensor | None) -> Coverage:
    fakes = scene.fakes(scene.game.G.module, len(scene.heldout) // 2, "coverage")
    return coverage(scene.heldout, fakes, modes=modes, seed=scene.seed)
