"""The case of the 218 spectrograms: the naive set-up, the same treated, and the recipe `bursts`; simulated and real windows.

    equipoise train bursts-naive --out runs/naive-simulated
    equipoise train bursts-naive --treat --epochs 200 exams.every_steps=50 exams.samples=64 grids.every_epochs=20 \
        checkpoints.every_epochs=20 --out runs/treated-simulated    (and runs/treated-real, with --data as below)
    equipoise train bursts       --out runs/trained-simulated
    equipoise train bursts-naive --data ../shared/data/solar-bursts data.classes='[type_3]' --out runs/naive-real
    equipoise train bursts       --data ../shared/data/solar-bursts data.classes='[type_3]' --epochs 800 --out runs/trained-real
    python benchmarks/bursts.py runs          writes docs/results/bursts.json and bursts-*.png

Per epoch: the means and the extremes of both losses. `frechet`: as many fakes as there are windows, seen by the frozen encoder
of exams (random convolutions, each coordinate over its spread), for two draws; at the newest checkpoint and at the run's best
by its own yardstick. Checkpoints of one run differ by more than draws do. The pictures are the first sixteen
windows of the runs' last grids, and their curves.
"""

from __future__ import annotations

import argparse
import math
import shutil
from pathlib import Path
from typing import Any

import record
import torch
from PIL import Image

import equipoise
from equipoise import build
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.metrics.frechet import frechet

RUNS = tuple(f"{how}-{what}" for what in ("simulated", "real") for how in ("naive", "trained", "treated"))
DRAWS = (7, 8)
SAID = ("step", "action", "finding", "remedy", "words")  # of an action
CORNER = 2 + 4 * 130  # pixels: 4 x 4 windows of 128 with their borders
SHOWN = 5  # epochs, beside every tenth of the run


def epochs(records: list[dict[str, Any]]) -> dict[int, dict[str, float]]:
    """D's and G's loss in each epoch: mean, D's least and G's greatest."""
    found = {}
    last = math.ceil(records[-1]["epoch"])
    for epoch in range(1, last + 1):
        rows = [r for r in records if epoch - 1 < r["epoch"] <= epoch]
        if rows and (epoch <= SHOWN or epoch % max(1, last // 10) == 0):
            d, g = [r["d_loss"] for r in rows], [r["g_loss"] for r in rows]
            numbers = {"d_loss": sum(d) / len(d), "d_least": min(d), "g_loss": sum(g) / len(g), "g_greatest": max(g)}
            found[epoch] = {name: float(f"{value:.4g}") for name, value in numbers.items()}
    return found


def distances(path: Path) -> dict[str, Any]:
    """{'newest': {'step': ..., 'frechet': [...]}, 'best': ...}"""
    found = {}
    for name in (None, "best"):
        run = equipoise.load(path, name)
        source = build.source(run.recipe)
        real = source.batch(torch.arange(len(source)))
        eyes = Encoder(real)
        values = [round(frechet(eyes(run.sample(len(real), seed)), eyes(real)), 1) for seed in DRAWS]
        found[name or "newest"] = {"step": run.game.steps, "frechet": values}
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("runs", type=Path)
    given = options.parse_args()
    found: dict[str, Any] = {}
    for name in RUNS:
        run = equipoise.load(given.runs / name)
        records = run.signals()
        found[name] = {
            "recipe": record.recipe_lines(run),
            "windows": run.facts["length"],
            "steps": run.game.steps,
            "minutes": round(records[-1]["seconds"] / 60, 1),
            "epochs": epochs(records),
            "evaluations": run.evaluations(),
            "actions": [{key: action.get(key) for key in SAID} for action in run.actions()],
            **distances(given.runs / name),
        }
        kind = "ema" if "ema" in run.recipe.tricks else "raw"
        with Image.open(run.path / "samples" / f"{kind}-{run.game.steps:07d}.png") as grid:
            grid.crop((0, 0, CORNER, CORNER)).save(record.RESULTS / f"bursts-{name}.png", optimize=True)
        shutil.copy(run.path / "curves.png", record.RESULTS / f"bursts-{name}-curves.png")
    record.write("bursts", {"runs": found})


if __name__ == "__main__":
    main()
