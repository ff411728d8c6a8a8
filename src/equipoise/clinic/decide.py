"""How a claim is decided, by a rule that was stated before its trials ran; the same for all claims about treatments.

In each ward each arm is compared with the control, seed by seed. Where fewer than four of five control runs are healthy the
*success* is compared (difference of the shares of healthy runs), else the *quality* (log ratio of the Frechet distances). An
arm *helps* where the 95 % interval lies on the good side of no effect, *harms* where it lies on the bad side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from equipoise.clinic.intervals import bootstrap, paired
from equipoise.clinic.trial import Answer, Outcome, Trial, Verdict

CEILING = 0.8  # of the control's seeds healthy: from there on there is no room for more success
RULE = (
    "Confirmed if every arm helps in every ward; refuted if none helps anywhere; else it depends. An arm helps where the 95 % "
    "interval of its effect against the control, seed by seed, lies on the good side of zero: the share of healthy runs where "
    "fewer than 80 % of the control's runs are healthy, else the Frechet distance."
)


@dataclass(frozen=True)
class Effect:
    """What an arm did in a ward."""

    ward: str
    arm: str
    seeds: int
    measure: Literal["success", "quality"]
    value: float  # difference of shares, or log ratio of distances (below 0 is better)
    low: float
    high: float
    healthy: int  # runs of the arm
    control: int  # runs of the control

    @property
    def helps(self) -> bool:
        return self.low > 0 if self.measure == "success" else self.high < 0

    @property
    def harms(self) -> bool:
        return self.high < 0 if self.measure == "success" else self.low > 0

    @property
    def word(self) -> str:
        return "helps" if self.helps else "harms" if self.harms else "no effect shown"

    def row(self) -> tuple[str, ...]:
        if self.measure == "success":
            effect = f"{100 * self.value:+.0f} points ({100 * self.low:+.0f} to {100 * self.high:+.0f})"
        else:
            effect = f"distance x {factor(self.value)} ({factor(self.low)} to {factor(self.high)})"
        return self.ward, self.arm, f"{self.control}/{self.seeds}", f"{self.healthy}/{self.seeds}", effect, self.word


HEAD = ("ward", "arm", "healthy without", "healthy with", "effect (95 %)", "so it")


def factor(log_ratio: float) -> str:
    return f"{math.exp(min(log_ratio, 50.0)):.2f}"


def effects(trials: Sequence[Trial], outcomes: Sequence[Outcome]) -> list[Effect]:
    """Each arm of each trial against the trial's first one."""
    found = []
    for trial in trials:
        control, *others = trial.arms
        base = {o.seed: o for o in outcomes if (o.ward, o.arm) == (trial.ward, control.name)}
        for arm in others:
            pairs = [(base[o.seed], o) for o in outcomes if (o.ward, o.arm) == (trial.ward, arm.name) and o.seed in base]
            if pairs:
                found.append(compare(trial.ward, arm.name, pairs))
    return found


def compare(ward: str, arm: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Effect:
    """The effect of (control, arm) runs of the same seeds."""
    n, before, after = len(pairs), sum(a.healthy for a, _ in pairs), sum(b.healthy for _, b in pairs)
    logs = [math.log(b.numbers["frechet"] / a.numbers["frechet"]) for a, b in pairs if measurable(a) and measurable(b)]
    if before < CEILING * n or after < before or not logs:
        better, worse = sum(b.healthy > a.healthy for a, b in pairs), sum(b.healthy < a.healthy for a, b in pairs)
        return Effect(ward, arm, n, "success", *paired(better, worse, n), after, before)
    return Effect(ward, arm, n, "quality", *bootstrap(logs), after, before)


def measurable(outcome: Outcome) -> bool:
    return outcome.numbers.get("frechet", 0.0) > 0


def verdict(found: Sequence[Effect], note: str = "", without: Sequence[str] = ()) -> Verdict:
    """By `RULE`. `without`: arms that are shown beside the claim and do not count for it."""
    counted = [effect for effect in found if effect.arm not in without]
    helped, harmed = [e for e in counted if e.helps], [e for e in counted if e.harms]
    answer: Answer = "depends"
    if not helped:
        answer = "refuted"
    elif len(helped) == len(counted):
        answer = "confirmed"
    words = [f"Of {len(counted)} comparisons {len(helped)} show a benefit and {len(harmed)} a harm."]
    if answer == "depends":
        words.append("It helps " + listed(helped) + "; not " + listed([e for e in counted if not e.helps]) + ".")
    if harmed:
        words.append("It harms " + listed(harmed) + ".")
    if note:
        words.append(note)
    table = (HEAD, *(effect.row() for effect in found))
    numbers = {"effects": [vars(effect) | {"so": effect.word} for effect in found]}
    return Verdict(answer, " ".join(words), table, numbers)


def listed(some: Sequence[Effect]) -> str:
    return ", ".join(f"{effect.arm} on {effect.ward}" for effect in some)
