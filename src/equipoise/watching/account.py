"""From steps that are over to signals: the names and definitions that our own runs have."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from equipoise.diagnosis.track import Facts
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Targets, Terms
from equipoise.signals import logits
from equipoise.signals.scores import NAMES, measure
from equipoise.watching.objective import Guess, Numbers, Said, g_scale
from equipoise.watching.referee import Batch

PROBABLE = ("non_saturating", "minimax")  # games whose D gives logits of probabilities
BOUNDED = ("least_squares", "hinge", "relativistic_average", "relativistic_paired")  # D's loss is at least 0


def as_logits(said: Said, guess: Guess) -> Tensor:
    """What the objective takes: least squares regresses D's output itself, also behind a sigmoid."""
    return torch.from_numpy(as_array(said, guess)).float()


Pair = tuple[Batch, Batch | None]


def of_steps(guess: Guess, pairs: list[Pair]) -> list[dict[str, float]]:
    """Signals of each step; where all batches are of one size, means over steps are means over everything: then in one go."""
    sizes = {(len(d.real), len(d.fake), None if g is None else len(g.fake)) for d, g in pairs}
    objective = OBJECTIVES.get(guess.name)
    if len(pairs) < 2 or len(sizes) > 1 or (objective is not None and objective.d_terms == 1 and objective.paired):
        return [of_step(guess, d, g) for d, g in pairs]
    partners = [g for _, g in pairs if g is not None]
    whole = of_step(guess, together([d for d, _ in pairs]), together(partners) if partners else None)
    del whole["logit_std"]  # of a step, without what moves between steps
    spreads = [{"logit_std": float(np.concatenate([as_array(d.real, guess), as_array(d.fake, guess)]).std())} for d, _ in pairs]
    ranges = ("real_min", "real_max", "fake_min", "fake_max", "fake_std_ratio")
    whole = {name: value for name, value in whole.items() if name not in ranges}
    return [whole, *spreads, *(found for d, _ in pairs if (found := reach(d)))]


def together(batches: list[Batch]) -> Batch:
    """One batch of all."""

    def joined(side: str) -> Said:
        parts = [getattr(batch, side) for batch in batches]
        return Said(np.concatenate([p.out for p in parts]), np.concatenate([p.grad for p in parts]), parts[0].squashed)

    return Batch(joined("real"), joined("fake"), np.empty((0, 4)), np.empty((0, 4)), batches[-1].order)


def as_array(said: Said, guess: Guess) -> Numbers:
    return said.out if guess.name == "least_squares" else said.logit


def of_step(guess: Guess, d: Batch, g: Batch | None) -> dict[str, float]:
    """Signals of D's step, and of G's step where there was one after it."""
    real, fake = as_logits(d.real, guess), as_logits(d.fake, guess)
    after = as_logits(g.fake, guess) if g is not None and len(g.fake) else None
    zero = torch.zeros(())
    empty = torch.empty(0)
    terms = Terms(empty, empty, real, fake, after if after is not None else fake, zero, zero)
    found = dict(zip(NAMES, (float(value) for value in measure(None, terms)), strict=True))  # type: ignore[arg-type]
    if after is None:
        del found["d_fake_after"]
    found |= zip(("logit_std", "saturation"), (float(value) for value in logits.of(real, fake)), strict=True)
    found |= {"push_real": push(d.real), "push_fake": push(d.fake)}
    if g is not None and len(g.fake):
        found["push_g"] = push(g.fake)
    found |= losses(guess, real, fake, after, g)
    return found | reach(d)


def push(said: Said) -> float:
    """Where a player's loss pushes D's output: the share of outputs that go up minus the share that go down."""
    return float(-np.sign(said.grad).mean())


def losses(guess: Guess, real: Tensor, fake: Tensor, after: Tensor | None, g: Batch | None) -> dict[str, float]:
    """D's loss in the mean convention with the targets that the loop asks for, and G's; {} while the game is not known."""
    objective = OBJECTIVES.get(guess.name)
    if objective is None:
        return {}
    targets = Targets(torch.tensor(guess.real), torch.tensor(guess.fake))
    found = {}
    if not objective.paired or len(real) == len(fake):
        found["d_loss"] = float(objective.recorded(objective.d_loss(real, fake, targets)))
    if after is not None and (not objective.paired or (g is not None and len(g.real) == len(after))):
        partner = as_logits(g.real, guess) if objective.paired and g is not None else None
        found["g_loss"] = float(objective.g_loss(after, partner))
    return found


def reach(d: Batch) -> dict[str, float]:
    """How far the values of reals and fakes reach; {} in steps of which that was not noted."""
    if not len(d.real_extent) or not len(d.fake_extent):
        return {}
    found: dict[str, float] = {}
    for side, extent in (("real", d.real_extent), ("fake", d.fake_extent)):
        found |= {f"{side}_min": float(extent[:, 0].min()), f"{side}_max": float(extent[:, 1].max())}
    spread = spread_of(d.real_extent)
    return found | ({"fake_std_ratio": spread_of(d.fake_extent) / spread} if spread > 0 else {})


def spread_of(extent: Numbers) -> float:
    """The standard deviation of all values, from each sample's mean and mean square."""
    return math.sqrt(max(float(extent[:, 3].mean() - extent[:, 2].mean() ** 2), 0.0))


def fake_grad(guess: Guess, g: Batch, pushes: Iterable[Numbers]) -> dict[str, float]:
    """The gradient that reaches a fake, of the loss per sample: the batch's size and the loss's scale are divided out."""
    found = np.concatenate([*pushes, np.empty(0)])
    if not len(found) or not len(g.fake):
        return {}
    scale = g_scale(guess.name, g.fake) or 1.0
    return {"fake_grad": float(found.mean() * len(found) / scale)}


def means(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Of each signal over the rows that have it."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            values[name].append(value)
    with np.errstate(invalid="ignore"):
        return {name: float(np.mean(found)) for name, found in values.items()}


def facts(guess: Guess, given: bool, batch: int | None, notes: tuple[str, ...]) -> Facts:
    """What is known of the game besides its signals."""
    objective = OBJECTIVES.get(guess.name)
    if objective is None:
        return Facts(source="watch", certainty=0.0, batch=batch, notes=notes)
    low, high = min(guess.real, guess.fake), max(guess.real, guess.fake)
    inside = 0 <= low < high <= 1 and guess.real > guess.fake
    at = objective.equilibrium(guess.real, guess.fake) if inside else objective.equilibrium()
    return Facts(
        objective=guess.name,
        convention=guess.convention,
        certainty=1.0 if given else round(guess.certainty, 2),
        d_equilibrium=at.d_loss,
        g_equilibrium=at.g_loss,
        d_floor=floor(guess) if inside else None,
        logits=guess.name in PROBABLE,
        batch=batch,
        source="watch",
        notes=notes,
    )


def floor(guess: Guess) -> float | None:
    """The recorded loss of a perfect D: of a cross-entropy the mean entropy of its labels."""
    if guess.name in PROBABLE:
        return (entropy(guess.real) + entropy(guess.fake)) / 2
    return 0.0 if guess.name in BOUNDED else None


def entropy(p: float) -> float:
    return -sum(q * math.log(q) for q in (p, 1 - p) if 0 < q < 1)
