"""What the rows on readings share: one pool of untreated runs, and the score of a reading against what their samples say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from equipoise.clinic.claims.arms import LOOKS, SEEDS, UNTREATED
from equipoise.clinic.intervals import wilson
from equipoise.clinic.trial import Answer, Arm, Claim, Outcome, Trial, Verdict
from equipoise.clinic.wards import SCORED, WARDS, Ward

Truth = Callable[[Outcome], bool]
Reads = Callable[[Mapping[str, float]], bool]  # of Outcome.numbers; a KeyError: this run has no such curve

READ = Arm("untreated-alone", "the ward as it is; each seed by itself, so that its curves are recorded", alone=True)
ENOUGH, CHANCE = 0.8, 0.5
RULE = (
    f"Confirmed: sensitivity and specificity are at least {ENOUGH} and their 95 % intervals (Wilson) lie above {CHANCE}, on the"
    " claim's own runs, and on none of the other groups in the table is it refuted. Refuted: one of the two intervals lies"
    f" below {CHANCE}, or that of their mean reaches down to {CHANCE} (chance), and neither a part of the reading nor any group"
    " is confirmed. Everything else depends. Runs of one ward resemble each other, so the intervals speak of these wards, not"
    " of all GANs."
)


def nothing_done(ward: Ward) -> Arm:
    """The untreated arm whose seeds are played one by one, whatever the ward."""
    return UNTREATED if ward.image or ward.plant is not None else READ


def controlled(name: str, *arms: Arm) -> Trial:
    """A trial of a ward against nothing done, with curves that can be read."""
    ward = WARDS[name]
    return Trial(name, (nothing_done(ward), *arms), SEEDS, LOOKS if ward.image else {})


POOL = tuple(controlled(name) for name, ward in WARDS.items() if ward.data in SCORED)


def untreated(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The pool: of these outcomes those to which nothing was done and whose curves were recorded."""
    return [o for o in outcomes if o.arm == nothing_done(WARDS[o.ward]).name]


# ------------------------------------------------------------------------------------------------------- truth


def harmed(o: Outcome) -> bool:
    """By its numbers or its samples, or by construction, whatever the samples look like."""
    return not o.healthy or WARDS[o.ward].certain


def well(o: Outcome) -> bool:
    return not harmed(o)


def built_in(o: Outcome) -> bool:
    """G sees a few codes only, so it has as few outputs."""
    return WARDS[o.ward].certain and "mode_collapse" in WARDS[o.ward].right


def collapsed(o: Outcome) -> bool:
    """By construction, or with at most half of the modes found, and one at least."""
    return built_in(o) or 1 <= o.numbers.get("found", 0) <= o.numbers.get("of", 0) / 2


def always(o: Outcome) -> bool:
    return True


def planted(*names: str) -> Truth:
    """A ward of one of these names, where it came to harm."""
    return lambda o: WARDS[o.ward].name in names and harmed(o)


def entropy(o: Outcome) -> bool:
    """The game was played with a cross-entropy: what the claims on loss values speak of."""
    return WARDS[o.ward].changes.get("objective", "non_saturating") in ("non_saturating", "minimax")


# ------------------------------------------------------------------------------------------------------- score


def plain(values: Sequence[float]) -> list[float | None]:
    """For JSON, which has no nan."""
    return [None if math.isnan(x) else round(x, 4) for x in values]


@dataclass(frozen=True)
class Share:
    """k of n."""

    k: int
    n: int

    @cached_property
    def interval(self) -> tuple[float, float, float]:
        """(share, lower, upper)."""
        return wilson(self.k, self.n)

    def __str__(self) -> str:
        p, low, high = self.interval
        return f"{p:.2f} [{low:.2f}, {high:.2f}] ({self.k} of {self.n})" if self.n else "none (0 of 0)"

    @property
    def numbers(self) -> list[float | None]:
        return plain(self.interval)


@dataclass(frozen=True)
class Score:
    """How a reading fares against the truth."""

    sensitivity: Share  # of the runs of which it is true, those that the reading catches
    specificity: Share  # of the others, those that it leaves alone

    @property
    def balanced(self) -> tuple[float, float, float]:
        """(mean, lower, upper) of both; the interval by Zou and Donner's method (2008) from those of the two."""
        (s, s_low, s_high), (p, p_low, p_high) = self.sensitivity.interval, self.specificity.interval
        mean = (s + p) / 2
        return mean, mean - math.hypot(s - s_low, p - p_low) / 2, mean + math.hypot(s_high - s, p_high - p) / 2

    @property
    def answer(self) -> Answer:
        both = (self.sensitivity, self.specificity)
        if not all(share.n for share in both):
            return "depends"
        if all(share.interval[0] >= ENOUGH and share.interval[1] > CHANCE for share in both):
            return "confirmed"
        useless = any(share.interval[2] < CHANCE for share in both) or self.balanced[1] <= CHANCE
        return "refuted" if useless else "depends"

    @property
    def row(self) -> tuple[str, ...]:
        mean, low, high = self.balanced
        balanced = "" if math.isnan(mean) else f"{mean:.2f} [{low:.2f}, {high:.2f}]"
        return str(self.sensitivity), str(self.specificity), balanced, self.answer if balanced else "not on trial"

    @property
    def numbers(self) -> dict[str, Any]:
        return {
            "sensitivity": self.sensitivity.numbers,
            "specificity": self.specificity.numbers,
            "balanced": plain(self.balanced),
        }


@dataclass(frozen=True)
class Said:
    """What a reading said of a run, and what is true of it."""

    ward: str
    true: bool
    read: bool


def said(outcomes: Sequence[Outcome], truth: Truth, reads: Reads) -> list[Said]:
    """A run without the curve that is read counts nowhere."""
    found = []
    for o in outcomes:
        try:
            found.append(Said(o.ward, truth(o), bool(reads(o.numbers))))
        except KeyError:
            continue
    return found


def auc(bad: Sequence[float], good: Sequence[float]) -> tuple[float, float, float]:
    """(share, lower, upper) of pairs of a bad and a good run in which the bad one has more; ties count half.

    The interval is Wilson's with as many pairs as the smaller group has runs: wide on purpose, since pairs share runs.
    """
    n = min(len(bad), len(good))
    if not n:
        return math.nan, 0.0, 1.0
    share = sum((b > g) + (b == g) / 2 for b in bad for g in good) / (len(bad) * len(good))
    return round(share, 4), *wilson(round(share * n), n)[1:]


def score(outcomes: Sequence[Outcome], truth: Truth, reads: Reads) -> Score:
    runs = said(outcomes, truth, reads)
    positives, negatives = ([run.read for run in runs if run.true is side] for side in (True, False))
    return Score(Share(sum(positives), len(positives)), Share(len(negatives) - sum(negatives), len(negatives)))


def wrong(runs: Sequence[Said], true: bool) -> str:
    """The wards on more than half of whose runs the reading says the contrary of what is true; '' where there are none."""
    judged: dict[str, list[bool]] = {}
    for run in runs:
        if run.true is true:
            judged.setdefault(run.ward, []).append(run.read is not true)
    wards = [ward for ward, errors in sorted(judged.items()) if sum(errors) > len(errors) / 2]
    return f"all {len(judged)} wards" if judged and len(wards) == len(judged) else listed(wards)


# ------------------------------------------------------------------------------------------------------- a row


def every(*parts: Reads) -> Reads:
    """All of them; a run that lacks a curve of any is not read at all."""

    def reads(n: Mapping[str, float]) -> bool:
        answers = [part(n) for part in parts]  # each, so that a missing curve is noticed
        return all(answers)

    return reads


def some(*parts: Reads) -> Reads:
    """Any of them; a run that lacks a curve of any is not read at all."""

    def reads(n: Mapping[str, float]) -> bool:
        answers = [part(n) for part in parts]
        return any(answers)

    return reads


SIDES = (("it misses most runs of", True), ("it is mistaken on most runs of", False))
HEADING = ("reading", "runs", "sensitivity", "specificity", "balanced", "by the rule")


@dataclass(frozen=True)
class Reading:
    """A pattern on the curves and what it is said to show. `parts`: what it consists of, each tried by itself as well."""

    shows: str  # the runs of which it is true: 'collapsed runs'
    truth: Truth
    whole: Reads
    parts: Mapping[str, Reads]
    of: Truth | None = entropy  # the claim's own runs; None: all
    among: Truth = always  # the runs of which it can be asked at all

    def decide(self, outcomes: Sequence[Outcome]) -> Verdict:
        pool = [o for o in untreated(outcomes) if self.among(o)]
        own = [o for o in pool if self.of is None or self.of(o)]
        groups = {data: [o for o in own if WARDS[o.ward].data == data] for data in SCORED}
        if self.of is not None:
            groups["any objective"] = pool
        first = "any objective" if self.of is None else "cross-entropy"
        stated = score(own, self.truth, self.whole)
        elsewhere = {name: score(runs, self.truth, self.whole) for name, runs in groups.items()}
        parts = {name: score(own, self.truth, reads) for name, reads in self.parts.items()}
        answer, because = self.weigh(stated, elsewhere, parts)
        scores = {("as stated", first): stated}
        scores |= {("as stated", name): found for name, found in elsewhere.items()}
        scores |= {(name, first): found for name, found in parts.items()}
        runs = said(own, self.truth, self.whole)
        errors = [f"{word} {wards}" for word, side in SIDES if (wards := wrong(runs, side))]
        return Verdict(
            answer,
            " ".join((self.told(stated), because, *([sentence("; ".join(errors))] if errors else []))),
            (HEADING, *((*key, *found.row) for key, found in scores.items())),
            {", ".join(key): found.numbers for key, found in scores.items()},
        )

    def told(self, stated: Score) -> str:
        return (
            f"As stated, the reading catches {stated.sensitivity} of the {self.shows} and leaves alone"
            f" {stated.specificity} of the others."
        )

    def weigh(self, stated: Score, elsewhere: Mapping[str, Score], parts: Mapping[str, Score]) -> tuple[Answer, str]:
        bad = [name for name, found in elsewhere.items() if found.answer == "refuted"]
        good = [name for name, found in parts.items() if found.answer == "confirmed"]
        fine = [name for name, found in elsewhere.items() if found.answer == "confirmed"]
        if not (stated.sensitivity.n and stated.specificity.n):
            return "depends", "Without runs of both kinds it was not put on trial."
        if stated.answer == "confirmed":
            return ("depends", f"It fails on {listed(bad)}.") if bad else ("confirmed", "It holds in every group of runs.")
        if good:
            return "depends", f"Of its parts, {listed(good)} would do by itself."
        if stated.answer == "refuted" and fine:
            return "depends", f"It holds on {listed(fine)} only."
        if stated.answer == "refuted":
            return "refuted", f"None of its parts would do by itself{self.best(parts)}." if parts else "That is no use."
        where = f", but it does on {listed(fine)}" if fine else ", nor does it in any group of runs"
        return "depends", f"That is better than chance and does not reach the bar{where}{self.best(parts)}."

    def best(self, parts: Mapping[str, Score]) -> str:
        known = {name: found.balanced[0] for name, found in parts.items() if not math.isnan(found.balanced[0])}
        if len(known) < 2:
            return ""
        name = max(known, key=lambda part: known[part])
        return f" (the best: {name}, balanced accuracy {known[name]:.2f})"


def sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def claim(name: str, says: str, terms: str, reading: Reading) -> Claim:
    """A row that is one reading of the pool; `terms`: what the claim's words were taken to mean, in numbers."""
    return Claim(name, says, f"{terms} {RULE}", POOL, reading.decide)
