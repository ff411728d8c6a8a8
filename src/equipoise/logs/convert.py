"""From a game as it was written to a track as rules see it: D's loss in the mean convention, probabilities and logits apart."""

from __future__ import annotations

import numpy as np

from equipoise.diagnosis.track import Facts, Series, Track
from equipoise.logs.convention import Convention, infer
from equipoise.logs.game import Game

MOST = 20_000  # moments; of a longer log windows are averaged, as our own runs do
LOGITS = {"d_real": "logit_real", "d_fake_before": "logit_fake"}
COUNTED = {"step": "counted in the log's steps", "epoch": "counted in epochs", "print": "counted in prints"}
PLAIN = {"g": "g_loss", "penalty": "penalty", "distance": "distance", "sign_real": "r_t"}


def track(game: Game, notes: tuple[str, ...] = ()) -> Track:
    """The signals of a pair of players, with what was inferred of them in the facts."""
    found = infer(game)
    signals = {PLAIN[role]: series for role, series in game.series.items() if role in PLAIN}
    written = d_series(game)
    signals["d_loss_written"] = written
    signals["d_loss"] = Series(written.steps, written.values * found.scale)
    for role in ("d_real", "d_fake_before", "d_fake_after"):
        if role in game.series:
            name = role if found.probabilities else LOGITS.get(role)
            if name is not None:
                signals[name] = game.series[role]
    for role in ("accuracy", "accuracy_real", "accuracy_fake"):
        if role in game.series:
            signals[role] = shares(game.series[role])
    filled = Track(facts(game, found, notes))
    for name, series in signals.items():
        fill(filled, name, thinned(series))
    return filled


def d_series(game: Game) -> Series:
    """D's loss as written; where only its terms are, their sum."""
    if game.has("d"):
        return game.series["d"]
    real, fake = game.series["d_on_real"], game.series["d_on_fake"]
    size = min(len(real), len(fake))
    return Series(real.steps[:size], real.values[:size] + fake.values[:size])


def shares(series: Series) -> Series:
    """Accuracies as shares, also where they were written in percent."""
    finite = series.finite.values
    return Series(series.steps, series.values / 100) if len(finite) and finite.max() > 1.5 else series


def facts(game: Game, found: Convention, notes: tuple[str, ...]) -> Facts:
    columns = [f"D's loss: {said(game, 'd', 'd_on_real', 'd_on_fake')}", f"G's loss: {said(game, 'g')}", COUNTED[game.unit]]
    return Facts(
        objective=found.objective,
        convention=found.written,
        certainty=round(found.certainty, 2),
        d_equilibrium=found.d_equilibrium,
        g_equilibrium=found.g_equilibrium,
        d_floor=found.d_floor,
        d_doubt=round(found.doubt, 2),
        logits=found.probabilities,
        source="log",
        notes=(", ".join(columns), *found.notes, *notes),
    )


def said(game: Game, *roles: str) -> str:
    """The columns' names; the total alone where there is one."""
    names = [game.names[role] for role in roles if role in game.names]
    return " + ".join(f"'{name}'" for name in (names[:1] if "d" in roles and "d" in game.names else names))


def thinned(series: Series) -> Series:
    """At most `MOST` values: means of equal windows. One that holds a value which is no number is none."""
    n = len(series)
    if n <= MOST:
        return series
    edges = np.linspace(0, n, MOST + 1).astype(int)
    with np.errstate(invalid="ignore"):
        values = np.add.reduceat(series.values, edges[:-1]) / np.diff(edges)
    return Series(series.steps[edges[1:] - 1], values)


def fill(filled: Track, name: str, series: Series) -> None:
    for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
        filled.add({"step": step, name: value})
