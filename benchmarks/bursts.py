"""The case of the 218 spectrograms: the naive set-up and the recipe `bursts`, on simulated and on real windows.

    equipoise train bursts-naive --out runs/naive-simulated
    equipoise train bursts       --out runs/trained-simulated
    equipoise train bursts-naive --data ../shared/data/solar-bursts data.classes='[type_3]' --out runs/naive-real
    equipoise train bursts       --data ../shared/data/solar-bursts data.classes='[type_3]' --epochs 800 --out runs/trained-real
    python benchmarks/bursts.py runs          writes docs/results/bursts.json and bursts-*.png

Per epoch: the means and the extremes of both losses. The pictures are the first sixteen
windows of the runs' last grids, and their curves.
"""

from __future__ import annotations

import argparse
import math
import shutil
from pathlib import Path
from typing import Any

import record
from PIL import Image

import equipoise

RUNS = ("naive-simulated", "trained-simulated", "naive-real", "trained-real")
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
        }
        kind = "ema" if "ema" in run.recipe.tricks else "raw"
        with Image.open(run.path / "samples" / f"{kind}-{run.game.steps:07d}.png") as grid:
            grid.crop((0, 0, CORNER, CORNER)).save(record.RESULTS / f"bursts-{name}.png", optimize=True)
        shutil.copy(run.path / "curves.png", record.RESULTS / f"bursts-{name}-curves.png")
    record.write("bursts", {"runs": found})


if __name__ == "__main__":
    main()
