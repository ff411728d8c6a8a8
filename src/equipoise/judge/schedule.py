"""What one rater sees, in which order: a function of the plan and of the rater's number.

Half of the pictures are real, in the whole and nearly so in each block, but never exactly so in a block of a longer session:
who counts learns nothing. Nobody sees a picture twice, but for the pairs that come again mirrored.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from equipoise.judge.plan import NOISE, Plan
from equipoise.seeds import mix

Kind = Literal["tutorial", "test", "catch", "mirror"]
KEYS = ("left", "right")
LEAN = 0.15  # of a block: how far it may be from half and half
FIRST_CATCH = 4  # trials before the first obvious one


@dataclass(frozen=True)
class Trial:
    """One question. `truth` is 'real' or 'fake' of one picture; of a pair 'left' or 'right', '' where nobody knows."""

    kind: Kind
    items: tuple[str, ...]  # one, or the left and the right one
    sources: tuple[int, ...]
    truth: str
    block: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Trial:
        return cls(found["kind"], tuple(found["items"]), tuple(found["sources"]), found["truth"], found["block"])


def keys(plan: Plan, rater: int) -> dict[str, str]:
    """What either key answers: which one says 'real' changes from rater to rater; of a pair each key means its picture."""
    if plan.mode == "pairwise":
        return dict(zip(KEYS, KEYS, strict=True))
    return dict(zip(KEYS, ("real", "fake") if rater % 2 == 0 else ("fake", "real"), strict=True))


def trials(plan: Plan, rater: int) -> list[Trial]:
    """The tutorial, then all that counts."""
    rng = np.random.default_rng(mix(plan.seed, "judge", "order", rater))
    if plan.mode == "pairwise":
        return [*pair_tutorial(plan, rng), *pairs(plan, rater, rng)]
    return [*tutorial(plan, rng), *singles(plan, rater, rng)]


def dealt(plan: Plan, source: int, rater: int) -> list[str]:
    """A source's pictures for a rater: nobody else's within a round of `plan.raters`, then all are dealt anew."""
    pool, share = plan.pool(source, "test"), plan.share(source)
    round_, place = divmod(rater, plan.raters)
    order = np.random.default_rng(mix(plan.seed, "judge", "deal", source, round_)).permutation(len(pool))
    return [pool[i] for i in order[place * share : (place + 1) * share]]


# ------------------------------------------------------------------------------------------------------ one picture


def single(plan: Plan, picture: tuple[str, int], kind: Kind, block: int = 0) -> Trial:
    item, source = picture
    return Trial(kind, (item,), (source,), "real" if source == plan.real else "fake", block)


def tutorial(plan: Plan, rng: np.random.Generator) -> list[Trial]:
    """Five reals and five fakes of all models in turn, that never come again."""
    assert plan.real is not None
    half = plan.tutorial // 2
    chosen = [(item, plan.real) for item in plan.pool(plan.real, "tutorial")[:half]]
    for i in range(plan.tutorial - half):
        model = plan.models[i % len(plan.models)]
        chosen.append((plan.pool(model, "tutorial")[i], model))
    return [single(plan, chosen[i], "tutorial") for i in rng.permutation(len(chosen))]


def singles(plan: Plan, rater: int, rng: np.random.Generator) -> list[Trial]:
    chosen = [(item, source) for source in range(len(plan.sources)) for item in dealt(plan, source, rater)]
    real = np.array([source == plan.real for _, source in chosen])
    order = balanced(real, plan.block, rng)
    shown = [single(plan, chosen[i], "test", at // plan.block) for at, i in enumerate(order)]
    return strewn(shown, [single(plan, (item, NOISE), "catch") for item in noise(plan, rng)], rng)


def balanced(real: np.ndarray[Any, Any], block: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """An order in which each block is nearly half and half; drawn evenly from all such orders."""
    while True:
        order = rng.permutation(len(real))
        parts = [real[order[at : at + block]] for at in range(0, len(real), block)]
        if all(abs(part.sum() - len(part) / 2) <= max(1, LEAN * len(part)) for part in parts):
            return order


def noise(plan: Plan, rng: np.random.Generator) -> list[str]:
    pool = plan.pool(NOISE, "catch")[: plan.catch]
    return [pool[i] for i in rng.permutation(len(pool))]


def strewn(shown: list[Trial], among: list[Trial], rng: np.random.Generator) -> list[Trial]:
    """Obvious trials at random places among the others, none at the very beginning; each in its neighbour's block."""
    first = min(FIRST_CATCH, len(shown) // 2)
    places = sorted(rng.choice(np.arange(first, len(shown)), size=min(len(among), len(shown) - first), replace=False))
    result = list(shown)
    for one, at in zip(among[::-1], places[::-1], strict=False):
        result.insert(at, Trial(one.kind, one.items, one.sources, one.truth, shown[at].block))
    return result


# ------------------------------------------------------------------------------------------------------------- pairs


def pair(kind: Kind, one: tuple[str, int], other: tuple[str, int], swapped: bool, truth: bool, block: int = 0) -> Trial:
    """Two pictures side by side; with `truth` the first of the two is the right answer."""
    both = (other, one) if swapped else (one, other)
    return Trial(kind, (both[0][0], both[1][0]), (both[0][1], both[1][1]), KEYS[int(swapped)] if truth else "", block)


def pair_tutorial(plan: Plan, rng: np.random.Generator) -> list[Trial]:
    """Real against fake where there are reals, else a sample against noise: pairs whose answer is known."""
    better, worse = [], []
    blanks = plan.pool(NOISE, "catch")[plan.catch :]
    for i in range(plan.tutorial):
        model = plan.models[i % len(plan.models)]
        sample = (plan.pool(model, "tutorial")[i], model)
        real = plan.real
        better.append(sample if real is None else (plan.pool(real, "tutorial")[i], real))
        worse.append((blanks[i], NOISE) if real is None else sample)
    sides = halves(plan.tutorial, rng)
    return [pair("tutorial", b, w, s, True) for b, w, s in zip(better, worse, sides, strict=True)]


def pairs(plan: Plan, rater: int, rng: np.random.Generator) -> list[Trial]:
    hands = {source: [(item, source) for item in dealt(plan, source, rater)] for source in range(len(plan.sources))}
    each = plan.n // len(plan.pairs)
    made = []
    for one, other in plan.pairs:
        truth = one == plan.real
        for swapped in halves(each, rng):
            made.append(pair("test", hands[one].pop(), hands[other].pop(), swapped, truth))
    shown = [made[i] for i in rng.permutation(len(made))]
    shown = [Trial(t.kind, t.items, t.sources, t.truth, at // plan.block) for at, t in enumerate(shown)]
    again = rng.choice(max(1, len(shown) // 2), size=min(plan.mirrored, len(shown) // 2), replace=False)
    last = shown[-1].block
    back = {"left": "right", "right": "left", "": ""}
    late = [Trial("mirror", t.items[::-1], t.sources[::-1], back[t.truth], last) for t in (shown[i] for i in again)]
    start = len(shown) * 3 // 4
    tail = [*shown[start:], *late]
    shown = [*shown[:start], *(tail[i] for i in ordered(rng.permutation(len(tail)), [t.block for t in tail]))]
    blanks = noise(plan, rng)
    foils = [(plan.pool(i % len(plan.sources), "catch")[i], i % len(plan.sources)) for i in range(len(blanks))]
    sides = halves(len(blanks), rng)
    catches = [pair("catch", foil, (blank, NOISE), s, True) for foil, blank, s in zip(foils, blanks, sides, strict=True)]
    return strewn(shown, catches, rng)


def ordered(order: np.ndarray[Any, Any], blocks: list[int]) -> list[int]:
    """A random order that never goes back to an earlier block."""
    return sorted((int(i) for i in order), key=lambda i: blocks[i])


def halves(n: int, rng: np.random.Generator) -> list[bool]:
    """n sides, half of them swapped, shuffled."""
    sides = np.arange(n) % 2 == rng.integers(2)
    return [bool(side) for side in rng.permutation(sides)]
