"""Are the verdicts on equilibrium right? Games whose answer is known, and (given a run) Fashion-MNIST.

    python benchmarks/equilibrium.py [--seeds 5] [--fashion RUN --data PATH]       writes docs/results/equilibrium.json

The Dirac-GAN: the paper's convergent variants and the two plain ones. Gaussians: the gap beside its closed form. `ring`:
the recipe as it is, under a strong D (D's rate 50 times G's, three D steps), and with Adam at 0.01 and beta1 0.9; the truth
is what was done, confirmed by the modes that the samples cover. Each is asked in full and with --quick. With --fashion,
the same of a finished run's second checkpoint and of its last one.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import record
import torch
from torch import Tensor, nn

import equipoise
from equipoise import checkpoint
from equipoise.equilibrium.duality_gap import duality_gap
from equipoise.equilibrium.evidence import Budget, examine
from equipoise.equilibrium.run import equilibrium
from equipoise.equilibrium.scene import Scene, fork
from equipoise.equilibrium.verdict import Verdict, decide
from equipoise.game import Game
from equipoise.metrics.modes import count_modes
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers.consensus import Consensus
from equipoise.optimizers.extragradient import ExtraSGD
from equipoise.penalties.r1 import R1
from equipoise.pieces import Trick

SHOWN = ("duality_gap", "d_gain", "g_gain", "proximal_gap", "divergence", "clusters", "coverage", "roam", "from_average")
ALSO = ("plateau", "gradient", "least_real", "rotation", "path_angle", "drift", "drift_average", "d_loss")


def summary(verdict: Verdict) -> dict[str, Any]:
    """A verdict's answer and numbers."""
    found: dict[str, Any] = {"answer": verdict.answer, "local_nash": verdict.local_nash}
    rows = {row.name: row for row in verdict.indicators}
    for name in (*SHOWN, *ALSO):
        if name in rows and rows[name].value is not None:
            found[name] = figure(rows[name].value)
            if rows[name].low is not None:
                found[name] = [found[name], figure(rows[name].low), figure(rows[name].high)]
    found["seconds"] = round(sum(verdict.seconds.values()), 1)
    return found


def figure(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


# -------------------------------------------------------------------------------------------------- the Dirac-GAN


class Point(nn.Module):
    """G: always theta."""

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.ones(1))

    def forward(self, z: Tensor) -> Tensor:
        return self.theta.expand(len(z), 1)


class Slope(nn.Module):
    """D: psi x."""

    def __init__(self) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.psi).flatten()


DIRAC: dict[str, tuple[str, list[Trick], Any, str]] = {
    "simultaneous descent": ("cycling", [], torch.optim.SGD, "simultaneous"),
    "alternating descent": ("cycling", [], torch.optim.SGD, "alternating"),
    "R1": ("converged to equilibrium", [R1(weight=1.0)], torch.optim.SGD, "alternating"),
    "consensus": ("converged to equilibrium", [Consensus(weight=4.0)], torch.optim.SGD, "simultaneous"),
    "extragradient": ("converged to equilibrium", [], ExtraSGD, "simultaneous"),
}


def dirac(name: str) -> dict[str, Any]:
    truth, tricks, optimizer, order = DIRAC[name]
    make = partial(optimizer, lr=0.2)
    objective = OBJECTIVES["minimax"]
    game = Game(
        Point(), Slope(), objective, g_optimizer=make, d_optimizer=make, latent=1, shape=(1,), tricks=tricks, order=order
    )
    data = torch.zeros(256, 1)
    losses = []
    for step in range(2000):
        if step == 1000:
            earlier = fork(game)
        losses.append(float(game.step(lambda _: data[:64]).d_loss))
    found = examine(Scene(game, lambda _: data[:64], data), Budget.of(game), earlier=earlier)
    theta, psi = (next(player.module.parameters()).item() for player in (game.G, game.D))
    mean = sum(losses[-1000:]) / 1000
    return {
        "truth": truth,
        "theta": figure(theta),
        "psi": figure(psi),
        "mean_d_loss": figure(mean),
        **summary(decide(found, game.steps)),
    }


# ----------------------------------------------------------------------------------------------------- Gaussians


class Gaussian(nn.Module):
    """G: s z + m, D: a + b x + c x^2, as G or as D."""

    def __init__(self, **numbers: float) -> None:
        super().__init__()
        self.p = nn.ParameterDict({k: nn.Parameter(torch.tensor(v)) for k, v in numbers.items()})

    def forward(self, x: Tensor) -> Tensor:
        if "s" in self.p:
            return self.p["s"] * x[:, :1] + self.p["m"]
        x = x.flatten()
        return self.p["a"] + self.p["b"] * x + self.p["c"] * x.square()


def gaussian(mean: float, std: float) -> dict[str, Any]:
    """Reals N(0, 1), fakes N(mean, std^2), D undecided: max_D M - M is exactly 2 JSD and G can gain nothing."""
    make = partial(torch.optim.SGD, lr=0.1)
    G, D = Gaussian(s=std, m=mean), Gaussian(a=0.0, b=0.0, c=0.0)
    game = Game(G, D, OBJECTIVES["minimax"], g_optimizer=make, d_optimizer=make, latent=1, shape=(1,))
    reals = torch.randn(8000, 1, generator=torch.Generator().manual_seed(0))
    found = duality_gap(Scene(game, lambda p: reals[4000 + p % 15 * 256 :][:256], reals[:4000]), steps=150)
    x = torch.linspace(-20, 20, 80_001, dtype=torch.float64)
    p, q = (torch.exp(-(((x - m) / s) ** 2) / 2) / (s * math.sqrt(2 * math.pi)) for m, s in ((0, 1), (mean, std)))
    middle = (p + q) / 2
    exact = float(torch.trapezoid(torch.xlogy(p, p / middle) + torch.xlogy(q, q / middle), x))
    gap = [figure(n) for n in (found.gap.value, found.gap.low, found.gap.high)]
    return {"mean": mean, "std": std, "exact_gap": figure(exact), "gap": gap}


# ----------------------------------------------------------------------------------------------------------- ring

RINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "healthy": ("converged to equilibrium", {}),
    "collapsed": (
        "stationary but collapsed",
        {
            "penalties": {},
            "tricks": {"ema": {"decay": 0.99}, "cadence": {"d_steps": 3}, "two_rates": {"g_rate": 2e-4, "d_rate": 0.01}},
        },
    ),
    "cycling": ("cycling", {"penalties": {}, "optimizer": {"kind": "adam", "lr": 0.01, "beta1": 0.9}}),
}


def ring(kind: str, seed: int, folder: Path) -> dict[str, Any]:
    truth, changes = RINGS[kind]
    settings = {"batch": 128, "steps": 3000, "checkpoints.every_steps": 250, "checkpoints.keep_last": 2, "seed": seed}
    data = {"kind": "ring", "std": 0.05}
    network = {"kind": "mlp", "hidden": 64}
    recipe = {**read("ring"), "data": data, "network": network, **changes}
    run = equipoise.fit(recipe, out=folder / f"{kind}-{seed}", overrides=settings)
    raw = run.sample(2500, weights="raw")
    centres = equipoise.build.source(run.recipe).modes
    modes, _ = count_modes(raw, centres, 0.05)
    answers = {"full": equilibrium(run), "quick": equilibrium(run, quick=True)}
    return {"seed": seed, "truth": truth, "modes_of_raw_samples": modes, **{k: summary(v) for k, v in answers.items()}}


def read(name: str) -> dict[str, Any]:
    from equipoise import recipe

    return recipe.read(name)


# ------------------------------------------------------------------------------------------------------- Fashion-MNIST


def fashion(run: Path, data: Path | None) -> dict[str, Any]:
    early = checkpoint.steps(run / "checkpoints")[1]
    return {
        f"step {early}, quick": summary(equilibrium(run, step=early, data=data, quick=True)),
        "end, quick": summary(equilibrium(run, data=data, quick=True)),
        "end": summary(equilibrium(run, data=data)),
    }


def timed(name: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = time.perf_counter()
    found = call()
    print(name, round(time.perf_counter() - began), "s", found, flush=True)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--fashion", type=Path, metavar="RUN")
    options.add_argument("--data", type=Path, metavar="PATH")
    given = options.parse_args()
    torch.set_num_threads(1)
    found: dict[str, Any] = {"dirac": {name: timed(name, partial(dirac, name)) for name in DIRAC}}
    shapes = ((0.0, 1.0), (0.5, 1.0), (1.5, 1.0), (0.0, 0.5), (1.0, 2.0))
    found["gaussians"] = [timed("gaussian", partial(gaussian, *shape)) for shape in shapes]
    with tempfile.TemporaryDirectory() as folder:
        found["ring"] = {
            kind: [timed(kind, partial(ring, kind, seed, Path(folder))) for seed in range(given.seeds)] for kind in RINGS
        }
    if given.fashion is not None:
        found["fashion_mnist"] = timed("fashion", partial(fashion, given.fashion, given.data))
    record.write("equilibrium", found, command="python benchmarks/equilibrium.py --fashion RUN --data PATH")


if __name__ == "__main__":
    main()
