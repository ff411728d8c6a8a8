"""Where the pictures come from: runs, folders of pictures and arrays on one side, data that nobody trained on on the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from equipoise import api, build
from equipoise import recipe as recipes
from equipoise.data.folder import Folder
from equipoise.data.recognise import recognise
from equipoise.data.source import Source
from equipoise.errors import DataError, RunError, SettingError
from equipoise.recipe import Recipe
from equipoise.seeds import generator

Say = Callable[[str], None]
REAL = "real"


@dataclass(frozen=True)
class Side:
    """Pictures of one origin. `take(n)` gives n different ones, uncurated, float [n, *shape] in [-1, 1]."""

    name: str
    real: bool
    shape: tuple[int, ...]
    take: Callable[[int], Tensor]
    most: int | None = None  # that there are; None: as many as wanted
    about: dict[str, Any] = field(default_factory=dict)  # JSON: where it is, which checkpoint, which split


@dataclass(frozen=True)
class Wanted:
    """What is to be judged, as the command line has it."""

    what: tuple[str, ...]  # runs (RUN or RUN@STEP), folders, .npz or .npy files
    against: str | None = None
    weights: str | None = None
    seed: int = 0


def sides(wanted: Wanted, need_real: bool, say: Say) -> list[Side]:
    """The real side first, where there is one, then what is judged; all of one shape. DataError, SettingError, RunError."""
    runs = {what: opened_run(what, wanted) for what in wanted.what if is_run(what)}
    found: dict[str, Side] = {what: side for what, (side, _) in runs.items()}
    shape = next((side.shape for side in found.values()), None)
    real = None
    if need_real or wanted.against is not None:
        real = reals(wanted, next((recipe for _, recipe in runs.values()), None), shape, say)
        shape = shape or (real.shape if real.about["kind"] != "folder" else None)
    folders = [what for what in wanted.what if what not in found]
    for what in folders:
        found[what] = opened_folder(what, wanted.seed, shape)
    every = ([real] if real is not None else []) + [found[what] for what in wanted.what]
    smallest = min((side.shape for side in every), key=lambda shape: (shape[-1], shape[0]))
    if shape is None and any(side.shape != smallest for side in every):  # folders alone: all to the smallest size
        every = [opened_folder(what, wanted.seed, smallest) for what in wanted.what]
        if need_real or wanted.against is not None:
            every.insert(0, reals(wanted, None, smallest, say))
    return named(agreed(every))


def agreed(every: list[Side]) -> list[Side]:
    for side in every:
        if len(side.shape) != 3 or side.shape[0] not in (1, 3):
            raise DataError(side.about["path"], f"holds samples of shape {told(side.shape)}; only pictures can be judged")
        if side.shape != every[0].shape:
            raise DataError(
                side.about["path"],
                f"holds pictures {told(side.shape)}, {every[0].about['path']} {told(every[0].shape)}; what differs in size or "
                "colour is told apart by that alone: bring both to one shape",
            )
    return every


def told(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def named(every: list[Side]) -> list[Side]:
    """The same with names of their own."""
    seen: dict[str, int] = {}
    result = []
    for side in every:
        seen[side.name] = seen.get(side.name, 0) + 1
        name = side.name if seen[side.name] == 1 else f"{side.name} ({seen[side.name]})"
        result.append(dataclasses.replace(side, name=name))
    return result


# --------------------------------------------------------------------------------------------------------------- runs


def parted(what: str) -> tuple[str, str | None]:
    """(path, step) of RUN@STEP; a path that exists is one, whatever is in its name."""
    path, at, step = what.rpartition("@")
    return (path, step) if at and not Path(what).exists() else (what, None)


def is_run(what: str) -> bool:
    return (Path(parted(what)[0]) / "recipe.yaml").is_file()


def opened_run(what: str, wanted: Wanted) -> tuple[Side, Recipe]:
    """A run at a checkpoint, its samples those of `equipoise sample --seed`."""
    path, step = parted(what)
    run = api.load(path, step)

    def take(n: int) -> Tensor:
        return run.sample(n, wanted.seed, wanted.weights)

    about = {"path": str(Path(path).resolve()), "kind": "run", "step": run.game.steps, "weights": wanted.weights or "default"}
    name = f"{Path(path).resolve().name}@{run.game.steps}"
    return Side(name, False, tuple(run.facts["shape"]), take, about=about), run.recipe


# ------------------------------------------------------------------------------------------------- folders and arrays


def opened_folder(what: str, seed: int, shape: tuple[int, ...] | None) -> Side:
    """A folder of pictures or a file of arrays; of a known `shape` they are resized to it as training would."""
    path, step = parted(what)
    if step is not None:
        raise RunError(f"{path}: is not a run folder (it has no recipe.yaml), so there is no checkpoint {step!r}")
    if not Path(what).exists():
        raise DataError(what, "is not there; give a run folder, a folder of pictures, or a .npz or .npy file")
    source = folder(shape).load(Path(what))
    return of_source(Path(what).resolve().stem, False, source, seed, {"path": str(Path(what).resolve()), "kind": "folder"})


def folder(shape: tuple[int, ...] | None) -> Folder:
    if shape is None or len(shape) != 3 or shape[1] != shape[2] or shape[0] not in (1, 3):
        return Folder()
    return Folder(size=shape[-1], channels=1 if shape[0] == 1 else 3)


def of_source(name: str, real: bool, source: Source, seed: int, about: dict[str, Any]) -> Side:
    """Samples of a source, in an order of the seed."""
    order = torch.randperm(len(source), generator=generator("cpu", seed, "judge", name))

    def take(n: int) -> Tensor:
        return torch.cat([source.batch(part) for part in torch.split(order[:n], 256)])

    return Side(name, real, source.shape, take, len(source), {**about, "samples": len(source)})


# -------------------------------------------------------------------------------------------------------------- reals


def reals(wanted: Wanted, recipe: Recipe | None, shape: tuple[int, ...] | None, say: Say) -> Side:
    """Real samples: of what `against` holds, else of the first run's data; the held-out part where there is one."""
    if wanted.against is None and recipe is None:
        raise SettingError("against", "is needed: the data, or a folder of real pictures, to compare with")
    data = dict(recipe.data) if recipe is not None else {}
    if wanted.against is not None:
        path = Path(wanted.against)
        kind, settings = recognise(path)
        known = data if data.get("kind") == kind else {"kind": kind, **settings}
        data = {**known, "path": str(path.resolve())}
        if kind == "folder" and shape is not None and "size" not in data:
            fitting = folder(shape)
            data.update(size=fitting.size, channels=fitting.channels)
    whole = recipes.resolve({"name": REAL, "data": data, "steps": 1, "device": "cpu", "seed": recipe.seed if recipe else 0})
    source = build.heldout(whole)
    split = "held out"
    if source is None:
        source = build.source(whole)
        source, split = (source.heldout, split) if source.heldout is not None else (source, "all of it")
        if split != "held out" and recipe is not None and wanted.against is None:
            say("warning: this data has no held-out part: the reals are those that the run was trained on")
            split = "trained on"
    path_of = data.get("path") or data["kind"]
    return of_source(REAL, True, source, wanted.seed, {"path": str(path_of), "kind": data["kind"], "split": split})
