"""The sample grids of a run: which of them a page shows."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MOST, LEAST = 40, 8  # moments, evenly chosen; those nearest to findings come on top
ROOM = 12e6  # bytes that they may take together: large pictures are fewer
NAME = re.compile(r"(raw|ema)-(\d+)\.png")


@dataclass
class Moment:
    """What G made at a step: pictures of the same noise, by weights ('raw', 'ema')."""

    step: int
    pictures: dict[str, Path] = field(default_factory=dict)


def moments(samples: Path) -> list[Moment]:
    """All of a folder, oldest first."""
    found: dict[int, Moment] = {}
    for path in sorted(samples.glob("*.png")) if samples.is_dir() else ():
        named = NAME.fullmatch(path.name)
        if named and path.is_file():
            found.setdefault(int(named[2]), Moment(int(named[2]))).pictures[named[1]] = path
    return [found[step] for step in sorted(found)]


def chosen(all_moments: Sequence[Moment], near: Iterable[float], most: int = MOST) -> list[Moment]:
    """At most `most`, evenly spread with the first and the last, and the one nearest to each step of `near`."""
    if len(all_moments) <= most:
        return list(all_moments)
    steps = np.array([moment.step for moment in all_moments])
    keep = set(np.linspace(0, len(steps) - 1, most).round().astype(int).tolist())
    keep |= {int(np.abs(steps - step).argmin()) for step in near}
    return [all_moments[i] for i in sorted(keep)]


def latest(all_moments: Sequence[Moment], step: float | None) -> int | None:
    """The step of the last grid up to a step (of all, where it is None); None without one."""
    return next((moment.step for moment in reversed(all_moments) if step is None or moment.step <= step), None)


def affordable(all_moments: Sequence[Moment]) -> int:
    """How many moments there is room for."""
    size = sum(path.stat().st_size for moment in all_moments for path in moment.pictures.values())
    return max(LEAST, min(MOST, int(ROOM * len(all_moments) / max(size, 1))))


def uri(picture: Path) -> str:
    """The picture itself, as an address."""
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
