"""What people read off the curves of a run, as numbers: where they begin and end, how they fall, how wildly they swing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CURVES = (
    "d_loss",
    "g_loss",
    "d_real",
    "d_fake_before",
    "d_fake_after",
    "accuracy_real",
    "accuracy_fake",
    "fake_grad",
    "d_grad",
    "g_grad",
)
EXAMS = (
    "coverage",
    "coverage_wide",
    "diversity_pixels",
    "diversity_encoder",
    "memorised",
    "accuracy_heldout",
    "certificate_tv",
)
JUMP = 4.0  # standard deviations of the usual change between two records
NEWEST = 3  # exams


def summary(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Readings of the records of a run (losses in the mean convention, scores and accuracies in [0, 1]), all finite.

    A curve `X` has its mean over the last tenth of its records as `X`, and besides: `X_first` (mean over the first tenth),
    `X_start` (first record), `X_std` (over the last 30 %), `X_least` and `X_most`, `X_slope` (mean of the last fifth less
    that of the fifth after the middle, over the standard deviation of all), `X_falls` (share of the tenths that lie below
    the tenth before), `X_jumps` (of the changes from record to record in the second half, the share above four standard
    deviations of the usual one there).
    An exam `Y` has the median of the newest three as `Y`, their range as `Y_range`, and `Y_first`; so has `moved`, how far
    the samples of fixed noise moved from exam to exam, over the mean distance of two reals. What was never recorded, or was
    never finite, is left out.
    """
    found: dict[str, float] = {}
    for name in CURVES:
        if len(values := finite(records, name)):
            found |= {f"{name}{end}": value for end, value in curve(values).items()}
    for name, values in {**{name: finite(records, name) for name in EXAMS}, "moved": moved(records)}.items():
        if len(values):
            newest = values[-NEWEST:]
            found |= {name: float(np.median(newest)), f"{name}_range": float(np.ptp(newest)), f"{name}_first": float(values[0])}
    return {name: float(f"{value:.6g}") for name, value in found.items() if np.isfinite(value)}


def finite(records: Sequence[Mapping[str, Any]], name: str) -> Numbers:
    values = np.array([r[name] for r in records if isinstance(r.get(name), int | float)], dtype=np.float64)
    return values[np.isfinite(values)]


def moved(records: Sequence[Mapping[str, Any]]) -> Numbers:
    """Drift is recorded per 100 steps; exams are further apart or nearer, and people compare one with the next."""
    exams = [r for r in records if r.get("exam")]
    steps = [{"moved": b["drift"] * (b["step"] - a["step"]) / 100} for a, b in pairwise(exams) if "drift" in b]
    return finite(steps, "moved")


def curve(values: Numbers) -> dict[str, float]:
    n = max(1, round(0.1 * len(values)))
    middle = len(values) // 2
    with np.errstate(over="ignore", invalid="ignore"):  # of a run that breaks: what is no number is left out above
        tenths = np.array([part.mean() for part in np.array_split(values, min(10, len(values)))])
        changes = np.abs(np.diff(values[middle:]))
        usual = 1.4826 * float(np.median(changes)) if len(changes) else 0.0
        spread = float(values.std())
        climb = float(values[-2 * n :].mean() - values[middle : middle + 2 * n].mean())
        return {
            "": float(values[-n:].mean()),
            "_first": float(values[:n].mean()),
            "_start": float(values[0]),
            "_std": float(values[-3 * n :].std()),
            "_least": float(values.min()),
            "_most": float(values.max()),
            "_slope": climb / spread if spread else 0.0,
            "_falls": float((np.diff(tenths) < 0).mean()) if len(tenths) > 1 else 0.0,
            "_jumps": float((changes > JUMP * usual).mean()) if usual else 0.0,
        }
