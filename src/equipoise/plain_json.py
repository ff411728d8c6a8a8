"""JSON that every parser reads and that gives back every float.

JSON has no infinities and no NaN. They are written as the strings "NaN", "Infinity" and "-Infinity" (as Protocol
Buffers does), and a string value that is exactly one of these is read as the float.
"""

from __future__ import annotations

import json
import math
from typing import Any

NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def dumps(value: Any, **layout: Any) -> str:
    """One line of JSON (`layout` goes to json.dumps); raises TypeError for what JSON can't hold."""
    try:
        return json.dumps(value, allow_nan=False, **layout)
    except ValueError:
        return json.dumps(named(value), allow_nan=False, **layout)


def loads(text: str | bytes) -> Any:
    """Raises ValueError for what is not JSON, however hostile."""
    try:
        return numbered(json.loads(text, parse_constant=refuse))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def named(value: Any) -> Any:
    """Infinities and NaN as strings, throughout."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return across(value, named)


def numbered(value: Any) -> Any:
    """The strings of NUMBERS as floats, throughout."""
    return NUMBERS.get(value, value) if isinstance(value, str) else across(value, numbered)


def across(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {k: change(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [change(v) for v in value]
    return value
