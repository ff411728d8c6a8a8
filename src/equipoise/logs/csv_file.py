"""CSV, TSV and their like: a header, then rows; empty cells (Lightning writes them) are no values."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from equipoise.logs.columns import Columns
from equipoise.logs.reader import number_in
from equipoise.logs.source import Source
from equipoise.logs.words import meaning

NAME = "CSV"
DELIMITERS = ",;\t"


def matches(source: Source) -> bool:
    """True where the first line with text is a header that names both players' losses, or anything that rows follow."""
    lines = [line for line in source.head.decode(source.encoding(), "replace").splitlines() if line.strip()][:2]
    if len(lines) < 2:
        return False
    delimiter = delimiter_of(lines[0])
    names, row = cells(lines[0], delimiter), cells(lines[1], delimiter)
    if len(names) < 2 or len(row) != len(names) or any(number_in(name) is not None for name in names):
        return False
    if any(len(name) > 60 or ":" in name for name in names):
        return False
    return any(number_in(cell) is not None for cell in row) or not any(cell.strip() for cell in row)


def delimiter_of(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def read(source: Source) -> list[Columns]:
    found = Columns()
    lines = (line for line in source.lines() if line.strip())
    head = next(lines, "")
    delimiter = delimiter_of(head)
    names = [name.strip().strip("#\ufeff ") for name in cells(head, delimiter)]
    pending: dict[str, float] = {}
    for row in rows(lines, delimiter):
        numbers = ((name, number_in(cell)) for name, cell in zip(names, row, strict=False))
        moment = {name: number for name, number in numbers if number is not None and name}
        if continues(pending, moment):
            pending |= moment
        else:
            found.add(pending)
            pending = moment
    found.add(pending)
    return [found]


def continues(before: dict[str, float], row: dict[str, float]) -> bool:
    """True where a row tells more of the same step (Lightning writes a row for every call of `log`)."""
    same = before.keys() & row.keys()
    return bool(before) and bool(same) and all(before[n] == row[n] and meaning(n).kind in ("step", "epoch") for n in same)


def rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """Row by row; one that is no CSV is left out."""
    for line in lines:
        try:
            yield cells(line, delimiter)
        except csv.Error:
            continue
