"""Windows of dynamic spectra: a folder tree of CSV matrices, one file a window, its sub-folder the class."""

from __future__ import annotations

import csv
import io
import math
import operator
import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from equipoise.data.checks import a_share, at_least, existing, listed, positive
from equipoise.data.csv_matrix import Matrix, read_matrix, text
from equipoise.data.restore import facts_to_restore, restore
from equipoise.data.source import Source, enough
from equipoise.data.tree import class_of, files_under, labelled, relative
from equipoise.errors import DataError, SettingError, did_you_mean

SUFFIXES = (".csv", ".tsv")
Array = npt.NDArray[np.float32]
Records = dict[str, dict[str, str]]  # rows of the list of windows, by file


@dataclass
class Windows:
    """A folder tree of CSV matrices. The rows and columns of a file are those of the image.

    normalise: what becomes -1 and 1: the `low` and `high` percentile of all values (those beyond are clipped), the lowest
        and highest of all values (global), or the lowest and highest of each window (file). Samples are written back with
        the same two values; where each file has its own, with their medians.
    log: normalise log10 of the values, which must be above 0.
    size: windows are averaged over areas to size x size; without it they must all be of one size, and stay as they are.
    classes: the sub-folders to read; all where it is empty.
    where: keep those windows whose row in the list of windows (a CSV file at the root with a column 'file') has these
        values: {station: MRT, twin_of: '', f_low_mhz: '<60'}.
    units: what the values are, for the axes of pictures.
    memory_mb: more data than this is read from its files when it is needed.
    holdout: the share of windows that is never trained on, to examine D with; drawn from the seed.
    """

    normalise: Literal["percentile", "global", "file"] = "percentile"
    low: float = 0.5
    high: float = 99.5
    log: bool = False
    size: int | None = None
    classes: list[str] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    units: str = "as in the files"
    memory_mb: float = 2048
    holdout: float = 0.0

    name: ClassVar[str] = "windows"
    about: ClassVar[str] = "a folder tree of CSV matrices (dynamic spectra), sub-folder = class"

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 100:
            raise SettingError("data.low", f"percentiles must rise from 0 to 100, not from {self.low} to {self.high}")
        if self.size is not None:
            at_least("size", self.size, 2)
        positive("memory_mb", self.memory_mb)
        a_share("holdout", self.holdout)

    def load(self, path: Path | None, seed: int = 0) -> Source:
        """Windows float16 [N, 1, H, W] in [-1, 1] with labels, and `restore` back to the files' units.

        Raises DataError that names file and line: a ragged row, text, a value that is missing, NaN or infinite, an empty
        file, a constant window, windows of several sizes, fewer than two windows.
        """
        root = existing(path, self.name)
        if not root.is_dir():
            raise DataError(root, "is one file; give the folder that holds the windows")
        files, records = self.chosen(root)
        enough(root, len(files), "window")
        window = partial(read_window, size=self.size, log=self.log)
        lows, highs, kept = self.survey(files, window)
        low, high = self.scale(root, lows, highs, kept)
        shape = (1, *kept[0].shape)
        labels, classes = labelled(root, files)
        limits = (lows, highs) if self.normalise == "file" else (np.full(len(files), low), np.full(len(files), high))
        facts = {
            **facts_to_restore(low, high, self.log, self.units),
            "normalise": self.normalise,
            "axes": axes(
                [records[key] for key in map(partial(relative, root), files) if key in records], read_matrix(files[0])
            ),
        }
        source = Source(
            self.name, shape, len(files), labels=labels, classes=classes, facts=facts, restore=partial(restore, facts)
        )
        if len(kept) == len(files):
            source.values = normalised(kept, *limits)
        else:
            source.read = partial(streamed, files, window, limits)
        return source.holding_out(self.holdout, seed)

    def chosen(self, root: Path) -> tuple[list[Path], Records]:
        """The files to read, and the rows of the list of windows."""
        files, lists = csv_files(root)
        if not files:
            raise DataError(root, f"holds no window: no file that ends in {' or '.join(SUFFIXES)}")
        records = read_lists(lists)
        known = sorted({class_of(root, file) for file in files})
        for name in self.classes:
            if name not in known:
                raise SettingError("data.classes", f"{root} has no sub-folder {name!r} ({did_you_mean(name, known)})")
        if self.classes:
            files = [file for file in files if class_of(root, file) in self.classes]
        if self.where:
            keep = condition(self.where, root, records)
            files = [file for file in files if relative(root, file) in records and keep(records[relative(root, file)])]
            if not files:
                raise SettingError("data.where", f"no window of {root} has {self.where}")
        return files, records

    def survey(self, files: list[Path], window: Callable[[Path], Array]) -> tuple[Array, Array, list[Array]]:
        """Every file read and checked once: each window's lowest and highest value, and all windows where they fit, else
        every k-th, of which percentiles are taken.
        """
        lows, highs = np.empty(len(files), np.float32), np.empty(len(files), np.float32)
        kept: list[Array] = []
        shapes: dict[tuple[int, ...], list[Path]] = defaultdict(list)
        faults: list[DataError] = []
        every = 1
        for i, file in enumerate(files):
            try:
                values = window(file)
            except DataError as error:
                faults.append(error)
                continue
            lows[i], highs[i] = values.min(), values.max()
            shapes[values.shape].append(file)
            if not kept:
                every = math.ceil(len(files) * values.size * 2 / (self.memory_mb * 2**20))
            if i % every == 0 or not kept:
                kept.append(values)
        if faults:
            more = (
                f" (and {len(faults) - 1} more files: {listed((Path(f.where).name for f in faults[1:]), 3)})"
                if faults[1:]
                else ""
            )
            raise DataError(faults[0].where, str(faults[0]).removeprefix(f"{faults[0].where}: ") + more)
        one_size(shapes)
        return lows, highs, kept

    def scale(self, root: Path, lows: Array, highs: Array, kept: list[Array]) -> tuple[float, float]:
        """The values that -1 and 1 stand for."""
        if self.normalise == "global":
            return float(lows.min()), float(highs.max())
        if self.normalise == "file":
            return statistics.median(lows.tolist()), statistics.median(highs.tolist())
        low, high = (float(p) for p in np.percentile(np.concatenate([w.ravel() for w in kept]), [self.low, self.high]))
        if low == high:
            raise DataError(root, f"its percentiles {self.low:g} and {self.high:g} are both {low:g}; use data.normalise=global")
        return low, high


# ---------------------------------------------------------------------------------------------------- windows


def read_window(file: Path, size: int | None = None, log: bool = False) -> Array:
    """One window, float32 [H, W], in the units of the file or log10 of them."""
    matrix = read_matrix(file)
    values = matrix.values
    if log:
        bad = np.argwhere(values <= 0)
        if len(bad):
            line, value = matrix.lines[bad[0][0]], values[tuple(bad[0])]
            raise DataError(file, f"line {line}: {value:g} has no logarithm; leave data.log out, or shift the values above 0")
    if size is not None:
        values = averaging(values.shape[0], size) @ values @ averaging(values.shape[1], size).T
    with np.errstate(over="ignore"):
        found = (np.log10(values) if log else values).astype(np.float32)
    if not np.isfinite(found).all() or found.min() == found.max():
        raise DataError(file, f"its values from {values.min():g} to {values.max():g} can't be told apart, or held, in 32 bits")
    return found


def averaging(n: int, size: int) -> npt.NDArray[np.float64]:
    """The matrix [size, n] whose rows average n cells over `size` equal areas, with fractions of cells at the edges."""
    edges = np.arange(size + 1) * n / size
    cells = np.arange(n)
    overlap = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    weights: npt.NDArray[np.float64] = np.clip(overlap, 0, None) * size / n
    return weights


def normalised(windows: list[Array], lows: npt.NDArray[Any], highs: npt.NDArray[Any]) -> Tensor:
    """Windows as float16 [N, 1, H, W], from low..high to [-1, 1], clipped."""
    out = torch.empty(len(windows), 1, *windows[0].shape, dtype=torch.float16)
    for i, (values, low, high) in enumerate(zip(windows, lows, highs, strict=True)):
        out[i, 0] = torch.from_numpy(np.clip((values - low) * (2 / (high - low)) - 1, -1, 1))
    return out


def streamed(
    files: list[Path], window: Callable[[Path], Array], limits: tuple[npt.NDArray[Any], ...], index: npt.NDArray[Any]
) -> Tensor:
    lows, highs = limits
    return normalised([window(files[i]) for i in index], lows[index], highs[index])


def one_size(shapes: dict[tuple[int, ...], list[Path]]) -> None:
    if len(shapes) > 1:
        by_count = sorted(shapes.items(), key=lambda item: -len(item[1]))
        found = listed(f"{h} x {w} ({len(files)}, as {files[0].name})" for (h, w), files in by_count)
        raise DataError(by_count[-1][1][0], f"the windows are of several sizes: {found}; give one with data.size")


# ------------------------------------------------------------------------------------- the tree and its list


def csv_files(root: Path) -> tuple[list[Path], list[Path]]:
    """(windows, lists of windows) under a folder. Where sub-folders hold CSV files, those at the root are no windows."""
    found = files_under(root, SUFFIXES)
    top = [file for file in found if file.parent == root]
    below = [file for file in found if file.parent != root]
    lists = [file for file in top if is_list(file)]
    return below or [file for file in top if file not in lists], lists


def is_list(file: Path) -> bool:
    """Whether a CSV file is a list of windows: its first line has a column 'file'."""
    with file.open("rb") as source:
        return b"file" in source.readline(10_000).strip().lower().split(b",")


def read_lists(lists: list[Path]) -> Records:
    """The rows of lists of windows, by file."""
    records: Records = {}
    for file in lists:
        for row in csv.DictReader(io.StringIO(text(file))):
            found = {key.strip().lower(): (value or "").strip() for key, value in row.items() if isinstance(key, str)}
            records[found["file"].replace("\\", "/")] = found
    return records


COMPARE = {"<": operator.lt, ">": operator.gt}


def condition(where: dict[str, str], root: Path, records: Records) -> Callable[[dict[str, str]], bool]:
    """Whether a row of the list of windows has all the wanted values."""
    if not records:
        raise SettingError("data.where", f"{root} has no list of windows (a CSV file with a column 'file')")
    columns = next(iter(records.values()))
    for column in where:
        if column not in columns:
            raise SettingError(f"data.where.{column}", f"is no column of the list of windows ({did_you_mean(column, columns)})")
    return lambda row: all(matches(row[column], wanted) for column, wanted in where.items())


def matches(value: str, wanted: str) -> bool:
    """Equal as text; '<60' and '>60' compare numbers."""
    if wanted[:1] not in COMPARE:
        return value == wanted
    try:
        return bool(COMPARE[wanted[0]](float(value), float(wanted[1:])))
    except ValueError:
        return False


def axes(records: list[dict[str, str]], first: Matrix) -> dict[str, Any]:
    """What rows and columns are, JSON: {'rows': {label, first, last, differs}, 'columns': ...}, as far as it is known.

    From the list of windows (f_low_mhz and f_high_mhz, row 0 being the highest frequency; span_s), medians where the windows
    differ; else from the header and the index column of the first file.
    """
    found = {}
    for name, values in (("rows", first.rows), ("columns", first.columns)):
        if values is not None:
            found[name] = {"label": "", "first": float(values[0]), "last": float(values[-1]), "differs": False}
    low, high, span = (numbers(records, column) for column in ("f_low_mhz", "f_high_mhz", "span_s"))
    if low and high:
        differs = len(set(low)) > 1 or len(set(high)) > 1
        found["rows"] = {
            "label": "frequency [MHz]",
            "first": statistics.median(high),
            "last": statistics.median(low),
            "differs": differs,
        }
    if span:
        found["columns"] = {"label": "time [s]", "first": 0.0, "last": statistics.median(span), "differs": len(set(span)) > 1}
    return found


def numbers(records: list[dict[str, str]], column: str) -> list[float]:
    try:
        return [float(row[column]) for row in records]
    except (KeyError, ValueError):
        return []
