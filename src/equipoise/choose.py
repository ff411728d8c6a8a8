"""A sensible recipe for somebody's data, by what it is and how much there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from equipoise import recipe as recipes
from equipoise.data import KINDS, MADE
from equipoise.data.recognise import recognise
from equipoise.settings import override

SMALL = 5000  # fewer samples than this are trained as small data: augmentation, small batches
SMALL_STEPS, LARGE_STEPS = 10_000, 47_000


def located(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """A recipe's data, read from `path`. Where the recipe makes its data, real data of the kind found there takes its place."""
    if data.get("kind") not in MADE:
        return {**data, "path": str(path.resolve())}
    kind, settings = recognise(path)
    return {"kind": kind, "path": str(path.resolve()), **settings}


def choose(path: Path, overrides: Mapping[str, Any] | None = None, seed: int = 0) -> tuple[dict[str, Any], str]:
    """A recipe's mapping for the data at `path`, and a sentence that says what was recognised and chosen.

    Of dotted `overrides` those of `data` count: they may be what makes it readable. Raises DataError where nothing
    readable is there.
    """
    kind, settings = recognise(path)
    data = {"kind": kind, **settings}
    for key, value in (overrides or {}).items():
        if key.startswith("data."):
            override(data, key.removeprefix("data."), value)
    source = recipes.chosen(KINDS, data, "data").load(path.resolve(), seed)
    kind = data["kind"]
    small = len(source) < SMALL
    base = "ring" if not source.is_image else "bursts" if small else "fashion-mnist"
    mapping = recipes.read(base)
    mapping.update(
        name=path.resolve().name or kind,
        about=f"Chosen for {len(source)} samples of shape {'x'.join(map(str, source.shape))}, from the recipe {base}",
        data={**data, "path": str(path.resolve())},
    )
    mapping["batch"] = min(mapping["batch"], len(source))
    batches = -(-len(source) // mapping["batch"])
    if source.is_image:
        mapping["epochs"] = max(1, round((SMALL_STEPS if small else LARGE_STEPS) / batches))
        mapping["network"] = {**mapping["network"], **({} if small else {"width": 64 if source.shape[-1] <= 64 else 32})}
        every = max(1, mapping["epochs"] // 10)
        mapping["grids"] = {**mapping.get("grids", {}), "every_epochs": every}
        mapping["checkpoints"] = {**mapping.get("checkpoints", {}), "every_epochs": every, "keep_every_epochs": None}
    said = (
        f"{path}: {len(source)} {'images' if source.is_image else 'points'} of shape "
        f"{'x'.join(map(str, source.shape))} ({kind}); {'little' if small else 'much'} data, so the recipe starts from {base!r}"
    )
    return mapping, said
