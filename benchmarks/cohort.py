"""Ten seeds in one step against ten runs: what it saves, on the clinic's small networks.

    python benchmarks/cohort.py [--steps 200] [--rounds 5]     writes docs/results/cohort.json

Times are of the processor and one thread, so other work on the machine does not count; the two are measured in turns and
the ratio is that of their medians. `step` is the bare step of the game, data and noise included; `run` is a whole run as the
clinic plays it: alone with signals of every step and exams, side by side with signals only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import record
import torch

from equipoise import build
from equipoise.clinic import cohort, play
from equipoise.clinic.trial import Arm, Trial
from equipoise.clinic.wards import WARDS
from equipoise.data.source import Order
from equipoise.recipe import Recipe, resolve

GAMES = ("ring/plain", "ring/r1", "grid/r1")
SEEDS = 10
ALONE, TOGETHER = Arm("alone", "one by one", alone=True), Arm("together", "side by side")


def seconds(call: Callable[[], Any]) -> float:
    before = time.process_time()
    call()
    return time.process_time() - before


def single(recipe: Recipe) -> Callable[[], Any]:
    """One step of a run of its own."""
    source = build.source(recipe)
    game, order = build.game(recipe, source), Order(len(source), recipe.batch, recipe.seed)
    return lambda: game.step(lambda position: source.batch(order.index(position)))


def many(step: Callable[[], Any], steps: int) -> float:
    """Seconds of a step, after a tenth as many to warm up."""
    for _ in range(steps // 10):
        step()
    return seconds(lambda: [step() for _ in range(steps)]) / steps


def compared(name: str, steps: int, rounds: int) -> dict[str, Any]:
    mapping, _ = play.mapping_of(WARDS[name], TOGETHER, 0, {"steps": steps})
    recipe = resolve(mapping)
    alone, side = [], []
    whole: dict[str, list[float]] = {"alone": [], "together": []}
    with build.tuned():
        for i in range(rounds):
            alone.append(many(single(replace(recipe, seed=i)), steps))
            side.append(many(cohort.Cohort(recipe, range(SEEDS)).step, steps))
    for arm in (ALONE, TOGETHER):
        with tempfile.TemporaryDirectory() as work:
            todo = play.jobs([Trial(name, (arm,), SEEDS, {"steps": steps})])
            whole[arm.name].append(seconds(lambda todo=todo, work=work: play.run(todo, Path(work), 1, lambda line: None)))
    one, ten = statistics.median(alone), statistics.median(side)
    runs = {arm: statistics.median(found) for arm, found in whole.items()}
    return {
        "ms a step, one seed": round(1000 * one, 3),
        f"ms a step, {SEEDS} seeds side by side": round(1000 * ten, 3),
        "times as fast, step": round(SEEDS * one / ten, 2),
        "times as fast, run": round(runs["alone"] / runs["together"], 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    torch.set_num_threads(1)
    record.write("cohort", {"seeds": SEEDS, "wards": {name: compared(name, given.steps, given.rounds) for name in GAMES}})


if __name__ == "__main__":
    main()
