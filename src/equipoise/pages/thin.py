"""Signals for a page: long ones as the lowest, the mean and the highest of neighbouring records, so that no peak is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.diagnosis.track import Numbers, Series, Track

MOST = 1200  # places on a time axis: more than a chart has pixels


def columns(track: Track, most: int = MOST) -> dict[str, Any]:
    """`axes` and `series` of all signals. Signals that were measured at the same steps share an axis.

    An axis has the `first` and the `last` step of each place. A series has the number of its axis and, for each place, the
    `mean`; where several records share a place, their `low` and `high` as well; None where there is no finite value, and in
    `bad` the places that hold an infinite value or one that is no number.
    """
    axes: list[dict[str, list[float]]] = []
    known: dict[bytes, int] = {}
    series: dict[str, dict[str, Any]] = {}
    for name in track:
        signal = track[name]
        starts = places(len(signal), most)
        key = signal.steps.tobytes()
        if key not in known:
            known[key] = len(axes)
            ends = np.append(starts[1:], len(signal)) - 1
            axes.append({"first": rounded(signal.steps[starts], 9), "last": rounded(signal.steps[ends], 9)})
        series[name] = {"axis": known[key], **thinned(signal, starts)}
    return {"axes": axes, "series": series}


def places(n: int, most: int) -> NDArray[np.int64]:
    """Where each of at most `most` nearly equal parts of n records begins."""
    return np.arange(n) if n <= most else np.linspace(0, n, most, endpoint=False).astype(np.int64)


def thinned(signal: Series, starts: NDArray[np.int64]) -> dict[str, Any]:
    good = np.isfinite(signal.values)
    bad = np.unique(np.searchsorted(starts, np.flatnonzero(~good), side="right") - 1)
    found: dict[str, Any] = {"bad": bad.tolist()} if len(bad) else {}
    if len(starts) == len(signal):
        return {"mean": rounded(np.where(good, signal.values, np.nan)), **found}
    count = np.add.reduceat(good.astype(np.int64), starts)
    some = count > 0
    total = np.add.reduceat(np.where(good, signal.values, 0.0), starts)
    low = np.minimum.reduceat(np.where(good, signal.values, np.inf), starts)
    high = np.maximum.reduceat(np.where(good, signal.values, -np.inf), starts)
    parts = {"mean": total / np.maximum(count, 1), "low": low, "high": high}
    return {name: rounded(np.where(some, values, np.nan)) for name, values in parts.items()} | found


def rounded(values: Numbers, digits: int = 4) -> list[float]:
    """Numbers with so many significant digits; None for what is not finite."""
    if np.isfinite(values).all() and (values == np.rint(values)).all() and (abs(values) < 1e15).all():
        return [int(value) for value in values]
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values.tolist()]  # type: ignore[misc]
