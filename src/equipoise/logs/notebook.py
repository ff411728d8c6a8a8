"""Jupyter notebooks: the text that each cell printed; every cell may hold a run of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.errors import DataError
from equipoise.logs import reader
from equipoise.logs.columns import Columns
from equipoise.logs.json_lines import parsed
from equipoise.logs.source import Source, segments

NAME = "Jupyter notebook"
LARGEST = 1 << 30


def matches(source: Source) -> bool:
    head = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] == b"{" and (source.path.suffix == ".ipynb" or b'"cell_type"' in head or b'"nbformat"' in head)


def read(source: Source) -> list[Columns]:
    """One run for each cell that printed numbers; DataError where the file is no whole notebook."""
    document = parsed(source.whole(LARGEST).decode(source.encoding(), "replace"))
    if not isinstance(document, dict):
        raise DataError(source.path, "is no notebook that can be read: its JSON is damaged or cut off")
    found = []
    for cell in cells(document):
        columns = reader.read(segments(iter(printed(cell).splitlines())))
        columns.words.update(hint.lower() for hint in reader.OBJECTIVES.findall(text_of(cell.get("source"))))
        if columns.moments:
            found.append(columns)
    return found or [Columns()]


def cells(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells of notebook formats 4, and 3 (which had worksheets)."""
    sheets = document.get("worksheets")
    places = [document, *(sheets if isinstance(sheets, list) else [])]
    for place in places:
        inside = place.get("cells") if isinstance(place, dict) else None
        for cell in inside if isinstance(inside, list) else []:
            if isinstance(cell, dict):
                yield cell


def printed(cell: dict[str, Any]) -> str:
    """All that a cell wrote: streams as one text, then plain texts of results."""
    outputs = cell.get("outputs")
    texts = []
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            data = output.get("data")
            texts.append(text_of(output.get("text")) or text_of(data.get("text/plain") if isinstance(data, dict) else None))
    return "".join(texts)


def text_of(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
