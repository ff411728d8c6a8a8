"""An evaluation as a table for a terminal, as JSON, and as a line in the run's own record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from equipoise.evaluating.evaluate import Evaluation
from equipoise.metrics.metric import Result, Value

SIGNS = {"lower": "lower is better", "higher": "higher is better", "neither": ""}


def number(value: float) -> str:
    """Four digits; a number that is none says so."""
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def interval(value: Value) -> str:
    if value.low is not None and value.high is not None:
        free = "" if value.low <= value.value <= value.high else " without the bias of so few"
        return f"{number(value.low)} to {number(value.high)}{free}"
    return f"± {number(value.std)}" if value.std is not None else ""


def short(name: str) -> str:
    """The metric alone: the encoder stands above the table."""
    return name.partition("[")[0]


def table(found: Evaluation) -> str:
    """What a person wants to know, in a screenful."""
    head = f"{found.what} against {found.against} ({found.split})"
    if not found.results:
        return head + "\n  nothing could be measured" + "".join(f"\n  {name}: {why}" for name, why in found.left_out.items())
    one = found.results[0]
    sides = f"{one.n_fake:,} fakes, {'statistics' if one.n_real is None else f'{one.n_real:,} reals'}"
    lines = [head, f"  {sides}; encoder {one.encoder}, protocol {one.protocol}, seed {one.seed}, {one.dtype}"]
    if "accuracy" in found.facts:
        lines.append(f"  the classifier is right about {found.facts['accuracy']:.2%} of held-out samples".replace("%", " %"))
    rows = [
        (short(result.name), number(result.value.value), interval(result.value), SIGNS[result.value.better])
        for result in found.results
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines.append("")
    lines += [f"  {row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:{widths[2]}}  {row[3]}".rstrip() for row in rows]
    lines += ["", *(f"  not measured: {name} ({why})" for name, why in found.left_out.items())] if found.left_out else []
    return "\n".join(lines)


def plainly(result: Result) -> dict[str, Any]:
    """Without what is None."""
    found = asdict(result)
    found["value"] = {key: value for key, value in found["value"].items() if value is not None}
    return found


def document(found: Evaluation) -> dict[str, Any]:
    """The whole evaluation, JSON; what `equipoise compare` reads."""
    return {
        "what": found.what,
        "against": found.against,
        "split": found.split,
        "step": found.step,
        "seconds": found.seconds,
        "encoder": found.facts,
        "results": [plainly(result) for result in found.results],
        "left_out": found.left_out,
    }


def result_of(entry: Mapping[str, Any]) -> Result:
    """What `plainly` wrote; KeyError or TypeError where something is missing."""
    return Result(**{**entry, "value": Value(**entry["value"])})


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows with their columns below each other."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
