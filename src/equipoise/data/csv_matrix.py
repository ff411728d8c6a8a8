"""One matrix of numbers from one CSV file: delimiter, header and index column are detected."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from equipoise.data.checks import contents
from equipoise.errors import DataError

Row = list[str]
LONG = 8  # a row or column of fewer values is not taken for an axis by its values alone
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class Matrix:
    """What a file holds: `values` float64 [H, W], the line of each row, and the axes where the file gives them."""

    values: npt.NDArray[np.float64]
    lines: list[int]
    rows: npt.NDArray[np.float64] | None = None  # the index column, [H]
    columns: npt.NDArray[np.float64] | None = None  # the header, [W]


def read_matrix(file: Path) -> Matrix:
    """The matrix in a text file; DataError names file, line and column of what is no finite number.

    Delimiter: semicolon, tab, comma or blanks, in this order (with a semicolon or a tab, a comma is a decimal comma).
    A first line is a header where most of its cells are text, where it counts 0, 1, 2, ..., or where it is a corner label
    and an axis. A first column is an index where it counts 0, 1, 2, ... or 1, 2, 3, ..., where it is text in every row,
    where the header leaves it without a name, or where it is an axis under a header. Blank lines and # comments don't count.
    """
    lines, table = cells(file)
    width = Counter(map(len, table)).most_common(1)[0][0]
    header = table[0] if is_header(table[0], width) else None
    if header is not None:
        lines, table = lines[1:], table[1:]
    if not table:
        raise DataError(file, "holds a header and no values")
    index = [row[0] for row in table] if has_index(header, table, width) else None
    skipped = 0 if index is None else 1
    body = [row[1:] for row in table] if skipped else table
    values = parse(file, body, lines, skipped)
    if min(values.shape) < 2:
        raise DataError(file, f"holds {values.shape[0]} x {values.shape[1]} values, expected a matrix")
    if values.min() == values.max():
        raise DataError(file, f"is constant: every value is {values[0, 0]:g}")
    names = header[-values.shape[1] :] if header is not None else None
    return Matrix(values, lines, axis(index), axis(names))


def cells(file: Path) -> tuple[list[int], list[Row]]:
    """The lines that hold something, by their numbers, and their cells."""
    numbered = [(n, line) for n, line in enumerate(text(file).splitlines(), 1) if line.strip() and line.lstrip()[0] != "#"]
    if not numbered:
        raise DataError(file, "holds no values")
    sample = numbered[-1][1]  # not the first line, which may be a header in words
    mark = next((m for m in ";\t," if m in sample), None)
    if mark in (";", "\t"):
        numbered = [(n, line.replace(",", ".")) for n, line in numbered]
    table = [[cell.strip() for cell in line.split(mark)] for _, line in numbered]
    if all(len(row) > 1 and not row[-1] for row in table):  # a delimiter at the end of each line
        table = [row[:-1] for row in table]
    return [n for n, _ in numbered], table


def text(file: Path) -> str:
    raw = contents(file)
    if raw[:2] not in UTF16 and b"\0" in raw:
        raise DataError(file, "is not text")
    try:
        found = raw.decode("utf-16" if raw[:2] in UTF16 else "utf-8-sig")
    except UnicodeDecodeError:
        found = raw.decode("latin-1")
    return found.replace('"', "")


def number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def is_header(row: Row, width: int) -> bool:
    if len(row) not in (width, width - 1):
        return False
    found = [number(cell) for cell in row]
    numbers = [value for value in found if value is not None]
    if len(numbers) < len(row) / 2:
        return True
    if found[0] is None:  # a corner label, then the axis; a data row with a spoiled first cell is no axis
        return len(numbers) == len(row) - 1 and is_axis(numbers)
    return len(row) >= LONG and numbers == list(range(len(row)))


def has_index(header: Row | None, table: list[Row], width: int) -> bool:
    first = [number(row[0]) for row in table]
    if header is not None and (len(header) == width - 1 or not header[0]):
        return True
    if all(value is None for value in first) and all(number(cell) is not None for cell in table[0][1:2]):
        return True
    if header is not None and number(header[0]) is None and all(number(cell) is not None for cell in header[1:]):
        return True
    if len(table) < LONG or None in first:
        return False
    axis = [value for value in first if value is not None]
    return axis in (list(range(len(axis))), list(range(1, len(axis) + 1))) or (header is not None and is_axis(axis))


def is_axis(values: list[float]) -> bool:
    """Strictly rising or falling."""
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())


def axis(names: Row | None) -> npt.NDArray[np.float64] | None:
    """The names of rows or columns as numbers, where all of them are."""
    if names is None:
        return None
    found = [number(name) for name in names]
    return None if None in found else np.array(found, np.float64)


def parse(file: Path, body: list[Row], lines: list[int], skipped: int) -> npt.NDArray[np.float64]:
    """Cells as numbers; `skipped` columns stand before them in the file."""
    try:
        values: npt.NDArray[Any] = np.array(body, dtype=np.float64)
    except ValueError:
        values = np.empty(0)
    if values.ndim == 2 and np.isfinite(values).all():
        return values
    raise fault(file, body, lines, skipped)


def fault(file: Path, body: list[Row], lines: list[int], skipped: int) -> DataError:
    """What is wrong with a table that could not be parsed, at its first place."""
    width = Counter(map(len, body)).most_common(1)[0][0]
    for line, row in zip(lines, body, strict=True):
        for column, cell in enumerate(row, 1 + skipped):
            value = number(cell)
            where = f"line {line}, column {column}"
            if not cell:
                return DataError(file, f"{where}: the value is missing")
            if value is None:
                return DataError(file, f"{where}: {cell[:40]!r} is not a number")
            if not math.isfinite(value):
                return DataError(file, f"{where}: the value is {cell}, not a finite number")
        if len(row) != width:
            return DataError(file, f"line {line} has {len(row) + skipped} values, the others have {width + skipped}")
    return DataError(file, "can't be read as a matrix")
