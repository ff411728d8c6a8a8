"""Small studies for tests: plans of made pictures, and raters of known skill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from equipoise.judge import plan as plans
from equipoise.judge.answers import Answers, Rater
from equipoise.judge.plan import Design, Plan
from equipoise.judge.schedule import Trial, keys
from equipoise.judge.session import Study
from equipoise.sides import Side, Wanted

SHAPE = (1, 12, 12)
Says = Callable[[Trial, np.random.Generator], str]  # the answer to a trial: 'real', 'fake', 'left', 'right'


def side(name: str, real: bool = False, most: int | None = None, shape: tuple[int, ...] = SHAPE) -> Side:
    """Pictures that are all different: random pixels of the name's own generator."""

    def take(n: int) -> torch.Tensor:
        return torch.rand(n, *shape, generator=torch.Generator().manual_seed(sum(map(ord, name)))) * 2 - 1

    return Side(name, real, shape, take, most, {"path": name, "kind": "folder"})


def made(mode: Any = "real-or-fake", models: int = 1, reals: bool = True, seed: int = 0, **design: Any) -> tuple[Plan, Any]:
    every = [side("real", real=True)] * reals + [side(f"model-{i}") for i in range(models)]
    return plans.make(every, Design(mode=mode, **design), Wanted(tuple(one.name for one in every), seed=seed))


def kept(folder: Path, *arguments: Any, **design: Any) -> Plan:
    """A plan in a folder."""
    plan, pixels = made(*arguments, **design)
    plans.write(folder, plan, pixels)
    return plan


def judged(folder: Path, says: Says, raters: int, seed: int = 0, rt_ms: float = 900.0) -> Plan:
    """The folder's study, gone through by so many raters; each answers as `says` would."""
    plan, pixels = plans.read(folder)
    answers = Answers(folder, plan)
    study = Study(plan, pixels, answers)
    for number in range(raters):
        token = study.join(None)["token"]
        rater = answers.find(token)
        assert rater is not None
        go_through(study, token, rater, says, np.random.default_rng([seed, number]), rt_ms)
    answers.close()
    return plan


def go_through(study: Study, token: str, rater: Rater, says: Says, rng: np.random.Generator, rt_ms: float = 900.0) -> None:
    for number, trial in enumerate(rater.trials):
        said = says(trial, rng)
        key = next(key for key, answer in keys(study.plan, rater.number).items() if answer == said)
        study.answer(token, {"trial": number, "key": key, "rt_ms": rt_ms, "shown_ms": rt_ms, "blurs": 0, "reloaded": False})


def skilled(d: float, c: float = 0.0) -> Says:
    """A rater of signal detection theory: says 'fake' where normal evidence, 'fake' lying d higher, is above d / 2 + c."""

    def says(trial: Trial, rng: np.random.Generator) -> str:
        if trial.kind == "catch":
            return trial.truth
        evidence = rng.normal() + (d if trial.truth == "fake" else 0.0)
        return "fake" if evidence > d / 2 + c else "real"

    return says


def preferring(strengths: list[float]) -> Says:
    """A rater of pairs: the odds of the left one are those of the strengths of the two sources."""

    def says(trial: Trial, rng: np.random.Generator) -> str:
        if trial.kind in ("catch", "tutorial"):
            return trial.truth
        left, right = (strengths[source] for source in trial.sources)
        return "left" if rng.random() < 1 / (1 + np.exp(right - left)) else "right"

    return says
