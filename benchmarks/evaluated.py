"""The Fashion-MNIST run evaluated: all usual metrics, the floor of real against real, and its nearest training samples.

    equipoise train fashion-mnist --out runs/fashion
    python benchmarks/evaluated.py runs/fashion        writes docs/results/evaluated.json and evaluated-neighbours.png

The floor is what as many training images as there are fakes get against the same held-out reals.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import record
import torch

import equipoise
from equipoise import build
from equipoise.evaluating.asked import Asked
from equipoise.evaluating.evaluate import evaluate
from equipoise.evaluating.origins import drawn
from equipoise.evaluating.told import document, table
from equipoise.metrics.distances import several
from equipoise.metrics.encoders import ENCODERS, Wanted
from equipoise.pictures.neighbours import neighbours

N, SHOWN, NEAREST = 5000, 12, 4


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def numbers(asked: Asked) -> dict[str, Any]:
    found = evaluate(asked, say)
    print(table(found), flush=True)
    return document(found)


def main(path: str) -> None:
    run = equipoise.load(path)
    train, heldout = build.source(run.recipe), build.heldout(run.recipe)
    found: dict[str, Any] = {"recipe": record.recipe_lines(run), "steps": run.game.steps, "run": numbers(Asked(path, n=N))}
    found["run, random encoder"] = numbers(Asked(path, n=N, encoder="random", metrics=("frechet", "kid", "prdc")))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.npz"
        np.savez(file, images=drawn(train, N, 1).numpy())
        for name, encoder in (("floor", "classifier"), ("floor, random encoder", "random")):
            asked = Asked(str(file), against=run.recipe.data["kind"], n=N, encoder=encoder, metrics=("frechet", "kid", "prdc"))
            found[name] = numbers(asked)
    encoder = ENCODERS["classifier"](Wanted(train, heldout))
    fakes = run.sample(SHOWN, 3)
    reals = torch.cat([train.batch(part) for part in torch.split(torch.arange(len(train)), 1000)])
    distance, index = several(*(encoder.encode(side).features for side in (fakes, reals)), NEAREST)
    picture = neighbours(fakes, reals[index.flatten()].unflatten(0, index.shape), distance)
    picture.save(record.RESULTS / "evaluated-neighbours.png", optimize=True)
    record.write("evaluated", found)


if __name__ == "__main__":
    main(sys.argv[1])
