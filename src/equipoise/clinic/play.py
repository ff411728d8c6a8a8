"""Runs of the clinic: a ward, an arm and seeds, played, measured, and kept, so that what was run once is not run again.

    WORK/<ward>/<arm>-<digest>/seed-<n>/outcome.json, and what the run wrote but its weights

outcome.json is written last: a folder without it is played anew. The digest is of the arm's settings, so a changed arm is
another folder.
"""

from __future__ import annotations

import copy
import hashlib
import multiprocessing
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from equipoise import api, disk, plain_json
from equipoise.clinic import cohort
from equipoise.clinic.outcome import classifier, measured
from equipoise.clinic.readings import summary
from equipoise.clinic.trial import Arm, Outcome, Trial
from equipoise.clinic.wards import WARDS, Ward
from equipoise.errors import DivergedError
from equipoise.history import History
from equipoise.recipe import Recipe, resolve
from equipoise.settings import override

SAMPLES, LATENTS = 1000, 7  # of each run, from the same latents
KEPT = ("signals.jsonl", "findings.jsonl", "actions.jsonl", "evaluations.jsonl", "facts.json", "recipe.yaml")
DONE = "outcome.json"
Job = tuple[str, Arm, tuple[int, ...], Mapping[str, Any]]  # ward, arm, seeds, settings of the trial


def home() -> Path:
    """Where runs are kept that were not told where."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "equipoise" / "clinic"


def folder(work: Path, job: Job, seed: int) -> Path:
    name, arm, _, settings = job
    about = {"settings": {**settings, **arm.settings}, "treat": arm.treat, "shift": arm.seed_shift}
    digest = hashlib.blake2b(plain_json.dumps(about, sort_keys=True).encode(), digest_size=4).hexdigest()
    plain = re.sub(r"[^\w.-]+", "-", arm.name)
    return work / name / f"{plain}-{digest}" / f"seed-{seed}"


def mapping_of(ward: Ward, arm: Arm, seed: int, settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The recipe's mapping, and what else `fit` is given."""
    given = ward.given(seed + arm.seed_shift)
    recipe = copy.deepcopy(given.pop("recipe"))  # nested settings are the ward's own
    for key, value in {**settings, **arm.settings}.items():
        override(recipe, key, value)
    if arm.treat:
        recipe["treat"] = list(arm.treat) if isinstance(arm.treat, tuple) else True
    return recipe, given


# ----------------------------------------------------------------------------------------------------- one job


def play(job: Job, work: Path) -> list[Outcome]:
    """The outcomes of a job's seeds, in order; what is kept already is read."""
    torch.set_num_threads(1)
    name, arm, seeds, settings = job
    missing = [seed for seed in seeds if not whole(folder(work, job, seed))]
    if missing:
        recipe = as_recipe(WARDS[name], arm, settings)
        if recipe is not None and len(missing) > 1:
            play_together(job, missing, recipe, work)
        else:
            for seed in missing:
                play_one(job, seed, work)
    return [recall(folder(work, job, seed)) for seed in seeds]


def as_recipe(ward: Ward, arm: Arm, settings: Mapping[str, Any]) -> Recipe | None:
    """The recipe whose seeds may be played together; None where they may not."""
    if ward.image or ward.plant is not None or arm.treat or arm.alone:
        return None
    mapping, _ = mapping_of(ward, arm, 0, settings)
    recipe = resolve(mapping)
    return recipe if cohort.together(recipe) else None


def play_one(job: Job, seed: int, work: Path) -> None:
    name, arm, _, settings = job
    ward, target = WARDS[name], folder(work, job, seed)
    mapping, given = mapping_of(ward, arm, seed, settings)
    with tempfile.TemporaryDirectory() as scratch:
        run, begun, diverged, found = Path(scratch) / "run", time.monotonic(), False, {}
        try:
            trained = api.fit(mapping, out=run, **given)
            if trained.stopped_by is not None:  # half a run is no outcome
                raise KeyboardInterrupt
            steps = trained.game.steps
            found = ward.measure(trained.game) if ward.measure else measured(ward, trained.sample(SAMPLES, LATENTS), seed)
        except DivergedError:
            diverged = True
            steps = int(last(run / "signals.jsonl").get("step", 0))
        records = list(History(run / "signals.jsonl").read("step"))
        treated = [action for action in actions(run) if action["action"] == "treat"]
        numbers = {**{k: v for k, v in found.items() if k != "shares"}, **summary(records), "actions": len(treated)}
        healthy = not diverged and ward.came_well(numbers)
        keep(target, Outcome(name, arm.name, seed, healthy, diverged, steps, round(time.monotonic() - begun, 1), numbers), run)


def play_together(job: Job, seeds: list[int], recipe: Recipe, work: Path) -> None:
    """All seeds in one step."""
    name, arm, *_ = job
    ward, begun = WARDS[name], time.monotonic()
    played = cohort.play(recipe, [seed + arm.seed_shift for seed in seeds], SAMPLES, LATENTS)
    seconds = round((time.monotonic() - begun) / len(seeds), 1)
    for seed, one in zip(seeds, played, strict=True):
        found = {} if one.diverged else measured(ward, one.samples, seed)
        numbers = {**found, **summary(one.records), "actions": 0}
        healthy = not one.diverged and ward.came_well(numbers)
        with tempfile.TemporaryDirectory() as scratch:
            signals = "".join(plain_json.dumps(record) + "\n" for record in one.records)
            (Path(scratch) / "signals.jsonl").write_text(signals)
            outcome = Outcome(name, arm.name, seed, healthy, one.diverged, one.steps, seconds, numbers)
            keep(folder(work, job, seed), outcome, Path(scratch))


def keep(target: Path, outcome: Outcome, run: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in (name for name in KEPT if (run / name).exists()):
        shutil.copy(run / file, target / file)
    disk.atomic_write(target / DONE, plain_json.dumps(asdict(outcome)).encode())


def whole(folder: Path) -> bool:
    """Whether a run is kept there, with its curves."""
    return (folder / DONE).is_file() and (folder / "signals.jsonl").is_file()


def recall(folder: Path) -> Outcome:
    """The outcome of a run that is kept."""
    return Outcome(**plain_json.loads((folder / DONE).read_bytes()))


def actions(run: Path) -> list[dict[str, Any]]:
    """What was done in a run, or in a kept part of one."""
    return list(History(run / "actions.jsonl").read("step"))


def last(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for record in History(file).read("step"):
        found = record
    return found


# ---------------------------------------------------------------------------------------------------- all jobs


def jobs(trials: Iterable[Trial]) -> list[Job]:
    """One job a seed where seeds are played alone, one for all where they are played together; each run only once."""
    wanted: dict[Path, tuple[Job, bool]] = {}  # the most seeds of each arm
    for trial in trials:
        for arm in trial.arms:
            job: Job = (trial.ward, arm, tuple(range(trial.seeds)), trial.settings)
            place = folder(Path(), job, 0).parent
            if place not in wanted or len(wanted[place][0][2]) < trial.seeds:
                wanted[place] = job, as_recipe(WARDS[trial.ward], arm, trial.settings) is not None
    found: list[Job] = []
    for (name, arm, seeds, settings), whole in wanted.values():
        found += [(name, arm, some, settings) for some in ([seeds] if whole else [(seed,) for seed in seeds])]
    return found


def run(todo: Sequence[Job], work: Path, processes: int, say: Callable[[str], None]) -> None:
    """Play what is missing, in a pool of processes with one thread each."""
    missing = [job for job in todo if not all(whole(folder(work, job, seed)) for seed in job[2])]
    say(f"{len(todo) - len(missing)} of {len(todo)} jobs are done already")
    for data in {WARDS[name].data for name, *_ in missing if WARDS[name].image and WARDS[name].data != "bursts"}:
        classifier(data)  # once, before the processes want it
    for n, outcomes in enumerate(each(missing, work, processes), 1):
        for outcome in outcomes:
            say(f"{n}/{len(missing)} {line(outcome)}")


def each(todo: Sequence[Job], work: Path, processes: int) -> Iterator[list[Outcome]]:
    """The outcomes of jobs as they end."""
    if processes == 1 or len(todo) < 2:
        yield from (play(job, work) for job in todo)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(play, job, work) for job in todo]):
            yield future.result()


def line(outcome: Outcome) -> str:
    state = "diverged" if outcome.diverged else "healthy" if outcome.healthy else "failed"
    numbers = "".join(f", {k} {outcome.numbers[k]:g}" for k in ("found", "energy", "frechet") if k in outcome.numbers)
    return f"{outcome.ward} {outcome.arm} seed {outcome.seed}: {state}, {outcome.steps} steps{numbers}"


def kept(trials: Iterable[Trial], work: Path) -> list[Outcome]:
    """The outcomes of all trials' runs that are there, each once."""
    found: dict[Path, Outcome] = {}
    for trial in trials:
        for arm in trial.arms:
            for seed in range(trial.seeds):
                place = folder(work, (trial.ward, arm, (), trial.settings), seed)
                if place not in found and whole(place):
                    found[place] = recall(place)
    return list(found.values())
