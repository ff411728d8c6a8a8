"""Losses that are no numbers, or leave every useful range."""

import numpy as np

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    LONG,
    exams,
    history,
    onset,
    recent,
    steps,
    sureness,
)
from equipoise.diagnosis.losses import divergence as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="divergence",
    title="Divergence: not a number, infinite, or exploding",
    equation="a number that is not finite; std of fakes > 4 of reals; logits, gradients or losses 100 times their first fifth "
    "and rising",
    source="FAILURES.md, sections 2 and 4b",
    helps="The one failure that every tool sees; with the step at which it began",
    hurts="A critic's loss has no scale: it is judged by its own history",
    cost="none",
)
SCALES = ("logit_std", "d_grad", "g_grad", "d_loss", "g_loss", "d_sigma", "g_sigma")  # that may explode
ROOM = {"logit_std": 20.0}  # a scale is harmless below this, however fast it grew; others: `loss_exploded`


def from_signals(track: Track) -> Judgement | None:
    return broken(track) or spread(track) or exploding(track)


def broken(track: Track) -> Judgement | None:
    """Something is not a number, or infinite, in the newest values."""
    for name in track:
        now = track[name].last(3)
        counted = name == "nonfinite"
        bad = now.values > 0 if counted else ~np.isfinite(now.values)
        if name not in HARMLESS and bad.any():
            series = track[name]
            every = series.values > 0 if counted else ~np.isfinite(series.values)
            first = float(series.steps[np.argmax(every)])
            what = "A tensor of the game holds" if counted else f"{name} is"
            words = (
                f"{what} no finite number since step {first:,.0f}. All that follows from it is lost: go back to a checkpoint "
                "before that step, with lower rates or a bound on D. More training can't heal a NaN."
            )
            evidence = Evidence.of(name, now, float(bad.mean()), ">", "nonfinite", words)
            return Judgement(0.99, "fatal", (evidence,), words, first)
    return None


YOUNG = 20  # records
HARMLESS = ("r_v",)  # a ratio of two differences: its denominator may be 0


def spread(track: Track) -> Judgement | None:
    """The fakes have left the data's range."""
    ratio = track["fake_std_ratio"]
    now = recent(ratio, LONG)
    before = recent(ratio.last(2 * len(now)).share(0, 0.5))
    if not now.median > THRESHOLDS["spread_exploded"].value or now.median < before.median or len(ratio) < YOUNG:
        return None  # a first swing of the samples comes back by itself
    told = f"The fakes spread {now.median:.1f} times as wide as the reals ({steps(now)})."
    evidence = Evidence.of("fake_std_ratio", now, now.median, ">", "spread_exploded", told)
    words = (
        f"{told} G runs away from the data, since D's answer rises in a direction where no data is. It is no variety: nothing "
        "real is there."
    )
    begin = onset(ratio, ratio.values > THRESHOLDS["spread_exploded"].value)
    return Judgement(sureness(now.median, "spread_exploded"), "serious", (evidence,), words, begin)


def exploding(track: Track) -> Judgement | None:
    """A scale grew a hundredfold, is large, and still rises."""
    for name in SCALES:
        series = history(track, name)
        now = exams(track, name) if name.endswith("sigma") else recent(series)
        if len(series) < 20 or len(now) < 3:
            continue
        first, middle, end = (float(np.abs(part.values).mean()) for part in (series.share(0, 0.2), series.share(0.4, 0.6), now))
        large = end > ROOM.get(name, THRESHOLDS["loss_exploded"].value)
        if large and end > THRESHOLDS["growth_exploded"].value * first and end > 2 * middle:
            told = f"{name} grew from {first:.3g} to {end:.3g} and still rises ({steps(now)})."
            evidence = Evidence.of(name, now, end / first if first else np.inf, ">", "growth_exploded", told)
            words = (
                f"{told} Nothing bounds it: a rate that is too high, or a critic without a Lipschitz constraint. It ends in a "
                "NaN."
            )
            return Judgement(0.85, "serious", (evidence,), words)
    return None


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="divergence",
    readings=(Reading(("d_loss",), from_signals), Reading(("d_loss", "g_loss"), losses.judge, "log")),
    remedies=("roll_back", "lower_both_rates", "clip_gradients", "spectral_norm", "gradient_penalty", "reset_both"),
    explains=(
        "no_learning",
        "discriminator_dominance",
        "generator_dominance",
        "oscillation",
        "mode_cycling",
        "mode_collapse",
        "frozen_training",
    ),
)
