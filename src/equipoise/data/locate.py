"""Where data is: a path that was given, $EQUIPOISE_DATA, ../shared/data, or the user's cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from equipoise.errors import DataError

PROJECT = Path(__file__).resolve().parents[3]


def cache() -> Path:
    """The user's cache folder, where downloads go."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "equipoise"


def places() -> Iterator[Path]:
    """Folders that may hold data sets, each in a sub-folder of its name, in the order in which they are looked at."""
    if named := os.environ.get("EQUIPOISE_DATA"):
        yield Path(named)
    if (PROJECT / "pyproject.toml").is_file():  # a checkout, not an installed package
        yield PROJECT.parent / "shared" / "data"
    yield Path.cwd().parent / "shared" / "data"
    yield cache()


def locate(path: Path | None, names: tuple[str, ...], holds: Callable[[Path], bool], expected: str) -> Path | None:
    """The folder that holds a data set: `names` are the sub-folders in which it may be, `holds` tells whether it is there.

    A given `path` (the folder, one above it, or a file in it) is the only place looked at; DataError where it has no such
    data (`expected` says what that is). Without a path: None where the data is in none of the places.
    """
    if path is None:
        return next((place / name for place in places() for name in names if holds(place / name)), None)
    if not path.exists():
        raise DataError(path, "is not there")
    folder = path if path.is_dir() else path.parent
    found = next((f for f in (folder, folder / "raw", *(folder / name for name in names)) if holds(f)), None)
    if found is None:
        raise DataError(path, f"does not hold {expected}")
    return found
