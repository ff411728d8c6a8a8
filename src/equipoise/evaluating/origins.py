"""What stands on either side: fakes of a run, a folder or an array; reals of a data set, or statistics of them alone."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from equipoise import build, sides
from equipoise import recipe as recipes
from equipoise.choose import located
from equipoise.data import KINDS
from equipoise.data.recognise import recognise
from equipoise.data.source import Source
from equipoise.errors import DataError, SettingError, did_you_mean
from equipoise.metrics.metric import Moments
from equipoise.recipe import Recipe
from equipoise.seeds import generator
from equipoise.sides import Say

SPLITS = ("heldout", "train")
STATISTICS = ("mu", "sigma")  # as pytorch-fid writes them
CHUNK = 256


@dataclass(frozen=True)
class Fakes:
    """Samples that are judged. `take(n)` gives the first n of them, the same each time."""

    name: str
    side: sides.Side
    recipe: Recipe | None  # of a run
    run: Path | None

    def images(self, n: int) -> Tensor:
        return self.side.take(n)


@dataclass(frozen=True)
class Reals:
    """What fakes are compared with: `source`, a `split` of the data; `train` is what was trained on."""

    name: str
    split: str
    source: Source
    train: Source | None
    heldout: Source | None

    def images(self, n: int, seed: int) -> Tensor:
        return drawn(self.source, n, seed)


@dataclass(frozen=True)
class Statistics:
    """Mean and covariance of somebody's features, and nothing else."""

    name: str
    moments: Moments


def drawn(source: Source, n: int, seed: int) -> Tensor:
    """n different samples, uint8 as they are kept or float [n, *shape] in [-1, 1], on the host, in an order of the seed."""
    order = torch.randperm(len(source), generator=generator("cpu", seed, "evaluate"))[:n].to(source.device)
    exact = source.values is not None and source.values.dtype == torch.uint8
    take = source.raw if exact else source.batch
    return torch.cat([take(part).cpu() for part in torch.split(order, CHUNK)])


def fakes(what: str, step: str | None, weights: str | None, seed: int, shape: tuple[int, ...] | None) -> Fakes:
    """A run (at a checkpoint), a folder of pictures, an .npz or .npy file; RunError or DataError for anything else."""
    name = what if step is None else f"{what}@{step}"
    if sides.is_run(name):
        side, recipe = sides.opened_run(name, sides.Wanted((name,), weights=weights, seed=seed))
        return Fakes(side.name, side, recipe, Path(sides.parted(name)[0]))
    side = sides.opened_folder(name, seed, shape)
    return Fakes(side.name, side, None, None)


def statistics(path: Path) -> Statistics | None:
    """What an .npz file with `mu` [d] and `sigma` [d, d] holds, pytorch-fid's format; None where it is none."""
    if path.suffix != ".npz" or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            if not set(STATISTICS) <= set(found.files):
                return None
            mean, covariance = (torch.from_numpy(np.asarray(found[name], dtype=np.float64)) for name in STATISTICS)
            n = int(found["n"]) if "n" in found.files else 0
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataError(path, f"is cut off or no .npz file ({' '.join(str(error).split())})") from None
    if mean.dim() != 1 or tuple(covariance.shape) != (len(mean), len(mean)):
        shapes = f"mu {list(mean.shape)} and sigma {list(covariance.shape)}"
        raise DataError(path, f"holds {shapes}; statistics are a mean [d] and a covariance [d, d]")
    if not (mean.isfinite().all() and covariance.isfinite().all()):
        raise DataError(path, "holds NaN or infinity in its statistics")
    return Statistics(path.name, Moments(n, mean, covariance))


def data_of(recipe: Recipe | None, against: str | None, shape: tuple[int, ...] | None) -> tuple[dict[str, Any], str]:
    """The data of a recipe as its settings, and their name: of `against` (a recipe's name, a path), or of the run's own."""
    if against is None:
        if recipe is None:
            raise SettingError("against", "is needed: a recipe's name, a path to data, or statistics to compare with")
        return dict(recipe.data), str(recipe.data.get("kind"))
    if not Path(against).exists():
        if against in KINDS:
            return {"kind": against}, against
        if against in recipes.names():
            return dict(recipes.read(against)["data"]), against
        known = [*recipes.names(), *KINDS]
        raise DataError(against, f"is neither there nor a recipe or kind of data ({did_you_mean(against, known)})")
    path = Path(against)
    if recipe is not None:
        return located(dict(recipe.data), path), path.name
    kind, settings = recognise(path)
    found = {"kind": kind, **settings, "path": str(path.resolve())}
    if kind == "folder" and shape is not None and "size" not in found:
        fitting = sides.folder(shape)
        found.update(size=fitting.size, channels=fitting.channels)
    return found, path.resolve().name


def reals(recipe: Recipe | None, against: str | None, split: str | None, shape: tuple[int, ...] | None, say: Say) -> Reals:
    """The side of the data; held-out samples where there are such, unless `split` says otherwise."""
    data, name = data_of(recipe, against, shape)
    seed = recipe.seed if recipe is not None else 0
    holdout = {"holdout": recipe.holdout} if recipe is not None and hasattr(recipe, "holdout") else {}
    whole = recipes.resolve({"name": name, "data": data, "steps": 1, "device": "cpu", "seed": seed, **holdout})
    train = build.source(whole)
    heldout = build.heldout(whole, given=train)
    if split == "heldout" and heldout is None:
        raise SettingError("split", f"{name} has no held-out part; use train, and read the numbers as those of seen data")
    chosen = split or ("heldout" if heldout is not None else "train")
    if split is None and heldout is None and recipe is not None and against is None:
        say("this data has no held-out part: the reals are those that the run was trained on")
    source = heldout if chosen == "heldout" and heldout is not None else train
    return Reals(name, chosen, source, train, heldout)
