"""One JSON document: lists by name (Keras's History, anybody's dump of losses) or a list of records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from equipoise.errors import DataError
from equipoise.logs import json_lines
from equipoise.logs.columns import Columns
from equipoise.logs.json_lines import as_float, flat, parsed
from equipoise.logs.source import Source

NAME = "JSON"
LARGEST = 256 << 20
BEGIN = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"')


def matches(source: Source) -> bool:
    return BEGIN.match(source.head) is not None


def read(source: Source) -> list[Columns]:
    document = parsed(source.whole(LARGEST).decode(source.encoding(), "replace"))
    if document is None:
        return torn(source)
    found = [columns for columns in runs(document) if columns.moments]
    return found or [Columns()]


def torn(source: Source) -> list[Columns]:
    """What begins like JSON and is not one document: objects, a line each, of which some are long or broken."""
    found = json_lines.read(source)
    if not found[0].moments:
        raise DataError(source.path, "begins like JSON and is not (or is cut off)")
    return found


def runs(document: Any, depth: int = 0) -> Iterator[Columns]:
    """Every list of records, and every set of lists with equal meaning, wherever it stands."""
    if depth > 3:
        return
    if isinstance(document, list):
        found = Columns()
        for record in document:
            if isinstance(record, dict):
                found.add(dict(flat(record)))
        yield found
    elif isinstance(document, dict):
        lists = {name: value for name, value in document.items() if numbers(value)}
        found = Columns()
        for moment in range(max(map(len, lists.values()), default=0)):
            found.add({name: as_float(value[moment]) for name, value in lists.items() if moment < len(value)})
        yield found
        for value in document.values():
            if not numbers(value):
                yield from runs(value, depth + 1)


def numbers(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
    )
