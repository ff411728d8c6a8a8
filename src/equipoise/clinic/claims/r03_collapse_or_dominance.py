"""R3: what a D loss near zero means, and where D's rate should go then."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from equipoise.clinic.claims.arms import UNTREATED, d_rate
from equipoise.clinic.claims.reading import (
    CHANCE,
    ENOUGH,
    POOL,
    Share,
    collapsed,
    controlled,
    entropy,
    harmed,
    nothing_done,
    untreated,
)
from equipoise.clinic.trial import Answer, Arm, Claim, Outcome, Verdict
from equipoise.clinic.wards import WARDS

WARD_NAMES = ("ring/strong-d", "mnist/strong-d")
RAISED, LOWERED = 4.0, 0.25  # D's rate, as a share of what the ward gives it
SURE = 0.95  # accuracy of a D that dominates
NEARER = 0.5  # of the distance that untreated samples have from the data: seeds alone change it by some percent


def turned(ward: str, share: float) -> Arm:
    """D at this share of its rate from the start, played as the untreated runs of the ward are."""
    arm = d_rate(ward, share)
    return arm if nothing_done(WARDS[ward]) is UNTREATED else replace(arm, name=f"{arm.name}-alone", alone=True)


TRIALS = tuple(controlled(ward, turned(ward, RAISED), turned(ward, LOWERED)) for ward in WARD_NAMES)


@dataclass(frozen=True)
class Half:
    """One way to turn D's rate, seed by seed against nothing done."""

    better: Share  # pairs in which the energy distance is halved at least
    cured: Share  # runs that came out healthy

    @property
    def holds(self) -> bool:
        return self.better.interval[0] >= ENOUGH and self.better.interval[1] > CHANCE


def distance(o: Outcome) -> float:
    return math.inf if o.diverged else o.numbers.get("energy", math.inf)


def half(outcomes: Sequence[Outcome], share: float) -> Half:
    names = {ward: turned(ward, share).name for ward in WARD_NAMES}
    control = {(o.ward, o.seed): o for o in untreated(outcomes)}
    pairs = [(control[o.ward, o.seed], o) for o in outcomes if o.arm == names.get(o.ward) and (o.ward, o.seed) in control]
    better = sum(distance(treated) <= NEARER * distance(before) for before, treated in pairs)
    return Half(Share(better, len(pairs)), Share(sum(treated.healthy for _, treated in pairs), len(pairs)))


def meaning(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    """Of the pool's cross-entropy runs with a D loss below 0.1, what is true."""
    low = [o for o in untreated(outcomes) if entropy(o) and o.numbers.get("d_loss", math.inf) < 0.1]
    sure = [o for o in low if min(o.numbers["accuracy_real"], o.numbers["accuracy_fake"]) >= SURE]
    return {
        "failed": Share(sum(map(harmed, low)), len(low)),
        "mode collapse": Share(sum(map(collapsed, low)), len(low)),
        f"D right on {SURE:.0%} of both sides": Share(len(sure), len(low)),
    }


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    raised, lowered, low = half(outcomes, RAISED), half(outcomes, LOWERED), meaning(outcomes)
    untouched = [o for o in untreated(outcomes) if o.ward in WARD_NAMES]
    answer: Answer = "depends"
    if raised.holds == lowered.holds and raised.better.n and lowered.better.n:
        answer = "confirmed" if raised.holds else "refuted"
    right = {
        (True, True): "Both halves hold.",
        (True, False): "Raising is the half that holds.",
        (False, True): "Lowering is the half that holds.",
        (False, False): "Neither half holds.",
    }
    words = (
        f"On a D far too fast, four times D's rate halved the samples' distance from the data in {raised.better} pairs of"
        f" runs and cured {raised.cured};"
        f" a quarter of it did in {lowered.better} and cured {lowered.cured}; untreated, "
        f"{sum(o.healthy for o in untouched)} of {len(untouched)} came out healthy."
        f" {right[raised.holds, lowered.holds]}"
        f" Of the pool's runs with a D loss below 0.1, {low['failed']} failed, {low['mode collapse']} had collapsed and in"
        f" {list(low.values())[-1]} D was right on {SURE:.0%} of both sides."
    )
    table = (
        ("D's rate", "distance halved", "healthy at the end"),
        ("times 4", str(raised.better), str(raised.cured)),
        ("a quarter", str(lowered.better), str(lowered.cured)),
        ("D loss below 0.1, of the pool", "share", ""),
        *((name, str(share), "") for name, share in low.items()),
    )
    numbers = {
        "times 4": {"better": raised.better.numbers, "healthy": raised.cured.numbers},
        "a quarter": {"better": lowered.better.numbers, "healthy": lowered.cured.numbers},
        "below 0.1": {name: share.numbers for name, share in low.items()},
    }
    return Verdict(answer, words, table, numbers)


R3 = Claim(
    "R3",
    "'D loss below 0.1 is mode collapse: raise D's learning rate' against 'D loss near zero is D dominance: lower D's learning"
    " rate to a quarter'",
    "Two games that a D learning 40 to 50 times as fast as G ruins are played with D's rate times 4 and with a quarter of it,"
    " from the start, and compared seed by seed with nothing done. A half holds if its change halves the samples' distance from"
    f" the data (energy distance) in at least {ENOUGH:.0%} of pairs, with an interval above {CHANCE:.0%}. Confirmed: both hold."
    " Refuted: neither does. Depends: one does, and the words say which.",
    (*TRIALS, *(trial for trial in POOL if trial.ward not in WARD_NAMES)),
    decide,
)
