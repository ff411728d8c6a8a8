"""What tutorials tell people to check after training, each with this run's number and what it is worth.

CLAIMS R13 ('signs of a Nash equilibrium') and R14 ('signs of success') of the project's list of folk wisdom. The losses that
they speak of are cross-entropies in the mean convention; other objectives are not assessed by these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from equipoise.diagnosis.track import Series, Track
from equipoise.pages.anchors import CROSS_ENTROPY

STEADY = 0.1  # two tenths of a run whose means differ by less than this share count as stable
NOISY = 0.25  # and records that spread by less than this share of their level
ROUGH = 0.2  # neighbouring records that usually differ by less than this share count as smooth
WILD = 0.5  # a jump between neighbouring records is wild that is larger than this share of the loss's level
FEW = 0.01  # wild jumps per record


@dataclass(frozen=True)
class Check:
    """A line of the checklist: `met` is None where it could not be assessed."""

    claim: str
    origin: str
    met: bool | None
    measured: str
    standing: str  # what it proves, honestly


def checklist(track: Track, evaluations: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    d, g = track["d_loss"].finite, track["g_loss"].finite
    cross = track.facts.objective in CROSS_ENTROPY
    samples = [(float(e["step"]), float(e["sliced_wasserstein"])) for e in evaluations if number(e.get("sliced_wasserstein"))]
    checks = (
        within(
            "D loss stable at 0.5 to 0.7",
            "R13",
            d,
            cross,
            0.5,
            0.7,
            "Proves nothing alone: of 87 runs between 0.3 and 0.7, 50 had failed, and a pair that circles for ever "
            "averages 0.69.",
        ),
        within(
            "D loss settled in 0.4 to 0.8",
            "R14",
            d,
            cross,
            0.4,
            0.8,
            "Proves nothing alone: it told healthy from failed runs little better than chance (AUC 0.63).",
        ),
        never_below(d, cross),
        stable("G loss stable", g),
        lower(g),
        smooth(d, g),
        few_jumps(g),
        consistent(track),
        improving(samples),
        plateau(samples),
        classes(track, evaluations),
    )
    return [asdict(check) for check in checks]


def number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def missing(claim: str, origin: str, standing: str, why: str) -> Check:
    return Check(claim, origin, None, why, standing)


def within(claim: str, origin: str, d: Series, cross: bool, low: float, high: float, standing: str) -> Check:
    if not cross:
        return missing(claim, origin, standing, "The claim is about the cross-entropy; this objective has another scale.")
    if len(d) < 5:
        return missing(claim, origin, standing, "Too few values of D's loss.")
    end = d.share(0.8)
    spread = float(end.values.std())
    still = spread <= (high - low) / 2
    return Check(
        claim, origin, still and low <= end.mean <= high, f"{end.mean:.3f} ± {spread:.3f} over the last fifth", standing
    )


def never_below(d: Series, cross: bool) -> Check:
    claim, standing = (
        "D loss never under 0.1",
        "Low is D's success, not collapse: none of 64 collapsed runs went there unless its labels were swapped.",
    )
    if not cross or not d:
        return missing(claim, "R14", standing, "Needs D's loss as a cross-entropy.")
    least = int(d.values.argmin())
    return Check(
        claim, "R14", bool(d.values[least] >= 0.1), f"lowest {d.values[least]:.3g} at step {d.steps[least]:,.0f}", standing
    )


def stable(claim: str, g: Series) -> Check:
    standing = "A frozen or collapsed generator has a stable loss as well."
    if len(g) < 10:
        return missing(claim, "R13", standing, "Too few values of G's loss.")
    before, after = g.share(0.8, 0.9).mean, g.share(0.9).mean
    level = max(abs(before), abs(after), 1e-9)
    change, spread = abs(after - before) / level, float(g.share(0.8).values.std()) / level
    words = f"{before:.3f}, then {after:.3f} in the last tenth, ±{spread:.0%}"
    return Check(claim, "R13", change < STEADY and spread < NOISY, words, standing)


def lower(g: Series) -> Check:
    claim, standing = (
        "G loss lower than at the start",
        "In collapse under a strong D it falls as well: from 8.3 to 2.2 while 7 of 8 modes were lost.",
    )
    if len(g) < 10:
        return missing(claim, "R14", standing, "Too few values of G's loss.")
    start, end = g.share(0, 0.02).mean, g.share(0.8).mean
    return Check(claim, "R14", end < start, f"{start:.3f} at the start, {end:.3f} over the last fifth", standing)


def smooth(d: Series, g: Series) -> Check:
    claim, standing = "Smooth curves", "Depends on how many steps a record averages; a slow cycle is perfectly smooth."
    if min(len(d), len(g)) < 10:
        return missing(claim, "R13", standing, "Too few values.")
    rough = max(roughness(d.share(0.8)), roughness(g.share(0.8)))
    return Check(claim, "R13", rough < ROUGH, f"neighbouring records differ by {rough:.0%}, usually", standing)


def roughness(series: Series) -> float:
    level = float(np.median(np.abs(series.values)))
    return float(np.median(np.abs(np.diff(series.values)))) / max(level, 1e-9)


def few_jumps(g: Series) -> Check:
    claim, standing = "Few wild jumps", "Single spikes are common in good runs; what counts is whether the samples come back."
    if len(g) < 20:
        return missing(claim, "R14", standing, "Too few values of G's loss.")
    jumps = np.abs(np.diff(g.values))
    wild = int((jumps > WILD * max(float(np.median(np.abs(g.values))), 1e-9)).sum())
    words = f"{wild:,} of {len(jumps):,} changes from record to record exceed half of the loss's level"
    return Check(claim, "R14", wild <= FEW * len(jumps), words, standing)


def consistent(track: Track) -> Check:
    claim, standing = "Consistent statistics over the last batches", "True of everything that has stopped moving, good or bad."
    scores = [track[name].finite.last(10) for name in ("d_real", "d_fake_before")]
    if min(len(score) for score in scores) < 5:
        return missing(claim, "R13", standing, "Needs what D says of reals and fakes.")
    spread = max(float(score.values.std()) for score in scores)
    return Check(
        claim, "R13", spread < 0.05, f"D's outputs vary by ±{spread:.3f} over the last {len(scores[0])} records", standing
    )


SAMPLES = "One of the two lines here that look at samples; a distance of projections, not of what a person sees."


def improving(samples: list[tuple[float, float]]) -> Check:
    claim = "Samples better at the end than early on"
    if len(samples) < 2:
        return missing(claim, "R14", SAMPLES, "Needs two measured checkpoints.")
    (first, before), (last, after) = samples[0], samples[-1]
    words = f"distance {before:.3f} at step {first:,.0f}, {after:.3f} at step {last:,.0f}"
    return Check(claim, "R14", after < before, words, SAMPLES)


def plateau(samples: list[tuple[float, float]]) -> Check:
    claim = "Samples improve, then level off"
    if len(samples) < 4:
        return missing(claim, "R13", SAMPLES, "Needs four measured checkpoints.")
    late = [distance for _, distance in samples[-max(3, len(samples) // 3) :]]
    range_, gain = max(late) - min(late), samples[0][1] - late[-1]
    words = f"the last {len(late)} distances lie between {min(late):.3f} and {max(late):.3f}"
    return Check(claim, "R13", gain > 0 and range_ <= 0.1 * max(late), words, SAMPLES)


def classes(track: Track, evaluations: Sequence[dict[str, Any]]) -> Check:
    claim, standing = "Several kinds of samples", "What collapse takes away; count it in the samples, never in the losses."
    counted = [e for e in evaluations if number(e.get("modes")) and number(e.get("of"))]
    if counted:
        modes, of = counted[-1]["modes"], counted[-1]["of"]
        return Check(claim, "R14", modes > 0.6 * of, f"{modes:g} of {of:g} modes", standing)
    for name, words in (
        ("coverage", "of what reals cover"),
        ("diversity_encoder", "of the reals' spread"),
        ("diversity_pixels", "of the reals' spread, in pixels"),
    ):
        series = track[name].finite
        if series:
            return Check(claim, "R14", series.share(0.8).mean > 0.6, f"{series.share(0.8).mean:.0%} {words}", standing)
    return missing(claim, "R14", standing, "Needs coverage, diversity or counted modes: look at the grids.")
