"""Small checks that several kinds of data share: each raises one clear line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from equipoise.errors import DataError, SettingError

NAMED = 5  # bad things named in one message; the others are counted


def positive(key: str, value: float) -> None:
    if not value > 0:
        raise SettingError(f"data.{key}", f"must be above 0, not {value}")


def at_least(key: str, value: int, least: int) -> None:
    if value < least:
        raise SettingError(f"data.{key}", f"must be {least} or more, not {value}")


def a_share(key: str, value: float) -> None:
    if not 0 <= value < 1:
        raise SettingError(f"data.{key}", f"must be at least 0 and below 1, not {value}")


def made_not_read(name: str, path: Path | None) -> None:
    """Raise DataError where somebody gives a path to data that is made from a seed."""
    if path is not None:
        raise DataError(path, f"{name} is made from the seed, not read; leave the path out, or choose another kind of data")


def existing(path: Path | None, name: str) -> Path:
    """`path`, or a DataError where there is none or nothing is there."""
    if path is None:
        raise DataError(name, "needs to know where the data is: give --data PATH, or data.path in the recipe")
    if not path.exists():
        raise DataError(path, "is not there")
    return path


def contents(file: Path) -> bytes:
    """All bytes of a file; DataError where it can't be read or there are none."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DataError(file, f"can't be read ({error.strerror or error})") from None
    if not raw:
        raise DataError(file, "is empty (0 bytes)")
    return raw


def listed(things: Iterable[str], most: int = NAMED) -> str:
    """'a, b, c and 7 more'."""
    found = list(things)
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")
