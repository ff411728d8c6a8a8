"""What the trials of claims cost: how many runs each has, how many are no other claim's, and about how long they take."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from equipoise.clinic import play
from equipoise.clinic.trial import Arm, Claim, Trial
from equipoise.clinic.wards import WARDS
from equipoise.settings import override

MS = {"ring": 1.2, "grid": 1.2, "mnist": 11, "fashion": 11, "bursts": 710, "dirac": 2}  # a step of a base, on one slow core
ALONE = 3.5  # ms a step on points where the seeds can't be played side by side
MORE = 0.35  # of a step, for each further step of either player
HEAD = ("claim", "runs", "new", "minutes", "new minutes")
Runs = dict[Path, float]  # the folder of a run -> seconds


def table(claims: Iterable[Claim], work: Path | None = None) -> list[tuple[str, ...]]:
    """A row a claim, and the sum. New: runs of no claim above it and, with `work`, not kept there. Estimates, within a factor
    of two: nothing is played.
    """
    rows, known = [HEAD], dict[Path, float]()
    for claim in claims:
        wanted = {place: cost for trial in claim.trials for place, cost in runs(trial).items()}
        new = {place: cost for place, cost in wanted.items() if place not in known and not (work and play.whole(work / place))}
        rows.append((claim.name, str(len(wanted)), str(len(new)), minutes(wanted), minutes(new)))
        known |= wanted
    fresh = {place: cost for place, cost in known.items() if not (work and play.whole(work / place))}
    return [*rows, ("all", str(len(known)), str(len(fresh)), minutes(known), minutes(fresh))]


def minutes(some: Runs) -> str:
    return f"{sum(some.values()) / 60:.1f}"


def runs(trial: Trial) -> Runs:
    return {
        play.folder(Path(), (trial.ward, arm, (), trial.settings), seed): seconds(trial, arm)
        for arm in trial.arms
        for seed in range(trial.seeds)
    }


def seconds(trial: Trial, arm: Arm) -> float:
    """Of one run."""
    ward, recipe = WARDS[trial.ward], planned(trial, arm)
    apart = ward.data in ("ring", "grid") and play.as_recipe(ward, arm, trial.settings) is None
    cadence = recipe.get("tricks", {}).get("cadence", {})
    further = cadence.get("d_steps", 1) + cadence.get("g_steps", 1) - 2
    batch = recipe["batch"] / ward.base["batch"] if ward.image else 1.0
    step = (ALONE if apart else MS[ward.data]) * (1 + MORE * further) * (1 + batch) / 2
    return float(recipe["steps"] * step / 1000)


def planned(trial: Trial, arm: Arm) -> dict[str, Any]:
    """The recipe's mapping; what the ward plants besides is left out, so that no data are needed."""
    ward = WARDS[trial.ward]
    recipe: dict[str, Any] = copy.deepcopy({"name": ward.name, **ward.base, **ward.changes})
    for key, value in {**trial.settings, **arm.settings}.items():
        override(recipe, key, value)
    return recipe
