"""From columns to a game: which column is D's loss, which G's, and what else the log says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from equipoise.diagnosis.track import Series
from equipoise.logs.columns import Column, Columns
from equipoise.logs.words import Meaning, meaning

Numbers = NDArray[np.float64]
SCORES = {("real", False): "d_real", ("fake", False): "d_fake_before", ("fake", True): "d_fake_after"}


@dataclass
class Game:
    """One pair of players as a log wrote it: series by role, at the log's own steps, and the columns' names.

    Roles: d, d_on_real, d_on_fake (D's losses), g (G's adversarial or total loss), scores d_real, d_fake_before, d_fake_after,
    accuracy, accuracy_real, accuracy_fake, sign_real, penalty, distance.
    """

    series: dict[str, Series] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unit: str = "print"  # of the steps: 'step', 'epoch', or the number of the print
    words: frozenset[str] = frozenset()
    tag: str = ""  # 'a', where there are several pairs
    g_mixed: bool = False  # G's loss has terms that are not adversarial

    @property
    def points(self) -> int:
        """Moments with a loss of both players."""
        return min(len(self.series["g"]), max(len(self.series[r]) for r in ("d", "d_on_real") if r in self.series))

    def has(self, *roles: str) -> bool:
        return all(role in self.series for role in roles)

    def together(self, *roles: str) -> tuple[Numbers, ...]:
        """Values of several roles at the moments of the first; of the others the newest known. Only finite ones."""
        first = self.series[roles[0]]
        found = [first.values]
        for role in roles[1:]:
            other = self.series[role]
            place = np.clip(np.searchsorted(other.steps, first.steps, side="right") - 1, 0, len(other) - 1)
            found.append(other.values[place])
        good = np.isfinite(np.stack(found)).all(axis=0)
        return tuple(values[good] for values in found)


def games(columns: Columns) -> list[Game]:
    """The pairs of players in a run's columns, [] where there is none: no loss of D, or none of G."""
    told = {name: meaning(name) for name in columns}
    d_losses = best_of(columns, told, "D")
    g_losses = best_of(columns, told, "G")
    if not g_losses or not d_losses or all(told[name].weak for found in (d_losses, g_losses) for name in names_of(found)):
        return []  # 'a_loss' and 'c_loss' are an actor's and a critic's
    if set(d_losses) == {"1", "2"} and "1" not in g_losses:  # Brownlee's d1 and d2: on reals and on fakes
        terms = {"d_on_real": d_losses["1"][0]["d"], "d_on_fake": d_losses["2"][0]["d"]}
        d_losses = {"": (terms, min(size for _, size in d_losses.values()))}
    steps, unit = steps_of(columns, told)
    found = []
    for tag, (roles, size) in d_losses.items():
        if 2 * size < max(other for _, other in d_losses.values()):
            continue  # a loss that was printed now and then
        partner = tag if tag in g_losses else "" if "" in g_losses else next(iter(g_losses))
        chosen = {**roles, **g_losses[partner][0]}
        chosen |= {role: name for role, name in others(columns, told, tag).items() if name not in chosen.values()}
        mixed = told[chosen["g"]].kind != "adversarial" and any(m.player == "G" and m.kind == "part" for m in told.values())
        series = {role: series_of(columns[name], steps) for role, name in chosen.items()}
        found.append(Game(series, chosen, unit, frozenset(columns.words), tag, mixed))
    return found


def names_of(found: dict[str, tuple[dict[str, str], int]]) -> list[str]:
    return [name for roles, _ in found.values() for name in roles.values()]


def best_of(columns: Columns, told: dict[str, Meaning], player: str) -> dict[str, tuple[dict[str, str], int]]:
    """By tag, the columns of a player's loss by role, and how long they are. Plain losses go before adversarial parts of D's,
    adversarial parts before totals of G's, sure names before guesses, training before held-out data."""
    by_tag: dict[str, dict[str, tuple[tuple[float, ...], str]]] = {}
    longest = max(
        (len(columns[n]) for n, m in told.items() if m.player == player and m.kind in ("loss", "adversarial")), default=0
    )
    total = any(m.player == "D" and m.kind == "loss" and not m.side and not m.held_out for m in told.values())
    for name, m in told.items():
        if m.player != player or m.kind not in ("loss", "adversarial", "distance") or m.second:
            continue
        size = len(columns[name])
        if size < 0.3 * longest or (m.kind == "distance" and longest):
            continue
        if player == "D" and m.side and not m.named and total:
            continue  # D's outputs, since its loss has a column of its own
        role = "g" if player == "G" else {"real": "d_on_real", "fake": "d_on_fake"}.get(m.side, "d")
        if role == "g" and m.side == "real":
            continue
        order = (not m.held_out, not m.weak, m.kind == "adversarial", m.named, size / max(longest, 1), -len(name))
        kept = by_tag.setdefault(m.tag, {})
        if role not in kept or kept[role][0] < order:
            kept[role] = (order, name)
    sure = {tag for tag, roles in by_tag.items() if any(order[1] for order, _ in roles.values())}
    found = {}
    for tag, roles in by_tag.items():
        if sure and tag not in sure:
            continue
        chosen = {role: name for role, (_, name) in roles.items()}
        if player == "D" and "d" not in chosen and not {"d_on_real", "d_on_fake"} <= chosen.keys():
            continue
        found[tag] = (chosen, min(len(columns[name]) for name in chosen.values()))
    held_out = {tag for tag, (chosen, _) in found.items() if all(told[n].held_out for n in chosen.values())}
    return {tag: found[tag] for tag in found if tag not in held_out or held_out == found.keys()}


def others(columns: Columns, told: dict[str, Meaning], tag: str) -> dict[str, str]:
    """Scores, accuracies, signs and penalties by role; of several that mean the same, the longest."""
    total = any(m.player == "D" and m.kind == "loss" and not m.side for m in told.values())
    losses = any(m.player == "D" and m.kind == "loss" and m.side and m.named for m in told.values())
    found: dict[str, str] = {}
    for name, m in told.items():
        if m.held_out or (m.tag and tag and m.tag != tag):
            continue
        role = other_role(m, total or losses)
        if role and (role not in found or len(columns[name]) > len(columns[found[role]])):
            found[role] = name
    return found


def other_role(m: Meaning, outputs: bool) -> str:
    if m.kind == "score" and m.side and m.player != "G":
        return SCORES.get((m.side, m.second), "")
    if m.kind == "loss" and m.player == "D" and m.side and not m.named and outputs:
        return SCORES[m.side, False]
    if m.kind == "accuracy" and m.player != "G":
        return f"accuracy_{m.side}" if m.side else "accuracy"
    if m.kind == "sign" and m.side == "real":
        return "sign_real"
    if m.kind in ("penalty", "distance") and m.player != "G":
        return m.kind
    return ""


def series_of(column: Column, steps: Numbers) -> Series:
    return Series(steps[np.frombuffer(column.at, np.int64)], np.frombuffer(column.values).copy())


def steps_of(columns: Columns, told: dict[str, Meaning]) -> tuple[Numbers, str]:
    """Where each moment stands: at the log's own steps or epochs where these only grow, else the number of the print."""
    for kind in ("step", "epoch"):
        for name, m in told.items():
            if m.kind == kind and len(columns[name]) > 0.5 * columns.moments:
                full = filled(columns[name].dense(columns.moments))
                if np.isfinite(full).all() and (np.diff(full) >= 0).all() and len(np.unique(full)) > 0.4 * len(full):
                    return full, kind
    return np.arange(columns.moments, dtype=np.float64), "print"


def filled(values: Numbers) -> Numbers:
    """Gaps take the value before them, at the beginning the one after."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return values
    place = np.clip(np.searchsorted(known, np.arange(len(values)), side="right") - 1, 0, None)
    return values[known[place]]


def separate(columns: Columns) -> Iterator[Columns]:
    """Runs that were written one after another: an epoch that is back at the first one begins a new run."""
    name = next((n for n in columns if meaning(n).kind == "epoch" and len(columns[n]) > 0.5 * columns.moments), None)
    if name is None:
        yield columns
        return
    epochs = filled(columns[name].dense(columns.moments))
    back = np.flatnonzero((epochs[1:] < epochs[:-1]) & (epochs[1:] <= epochs[0])) + 1
    if not len(back):
        yield columns
        return
    run = np.zeros(columns.moments, dtype=int)
    run[back] = 1
    run = np.cumsum(run)
    for number in range(int(run[-1]) + 1):
        yield columns.keep(run == number)
