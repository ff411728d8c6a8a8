"""JSON, an object a line: our own signals.jsonl, Weights & Biases' and everybody's; nested names are joined by a slash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from equipoise import plain_json
from equipoise.logs.columns import Columns
from equipoise.logs.source import Source

NAME = "JSON lines"
DEEPEST = 4


def matches(source: Source) -> bool:
    """True where the first line that has text is a JSON object with numbers."""
    lines = source.head.decode(source.encoding(), "replace").splitlines()
    record = parsed(next((line for line in lines if line.strip()), ""))
    return isinstance(record, dict) and any(True for _ in flat(record))


def read(source: Source) -> list[Columns]:
    found, broken = Columns(), 0
    for line in source.lines():
        if line.strip():
            record = parsed(line)
            if isinstance(record, dict):
                found.add(dict(flat(record)))
            else:
                broken += 1
    if broken:
        source.damage = source.damage or f"{broken} line{'s' * (broken > 1)} that hold no JSON object were left out"
    return [found]


def parsed(line: str) -> Any:
    """Strict JSON or Python's dialect of it (NaN, Infinity); None for anything else."""
    try:
        return plain_json.numbered(json.loads(line))
    except (ValueError, RecursionError):
        return None


def flat(record: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """The numbers of a record by their joined names. A statistic {'num', 'mean', 'std'} (StyleGAN) is its mean."""
    for name, value in record.items():
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int | float):
            yield before + str(name), as_float(value)
        elif isinstance(value, dict) and depth < DEEPEST:
            if isinstance(value.get("mean"), int | float) and "std" in value:
                yield before + str(name), as_float(value["mean"])
            else:
                yield from flat(value, f"{before}{name}/", depth + 1)


def as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
