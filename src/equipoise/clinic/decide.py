"""How a claim on a treatment is decided, by a rule that was stated before its trials ran; the same for T1 to T17.

In each ward each arm is compared with the control, seed by seed. What is compared is the *success* (difference of the shares
of healthy runs, Newcombe's interval for pairs); where at least four of five runs of both are healthy there is no room for
more of it, and the *quality* is compared (log ratio of the Frechet distances, bootstrap). Of comparisons without any effect
one in twenty is shown as a benefit or a harm: nothing is corrected for how many there are, which is why a claim is confirmed
by all of its comparisons only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from equipoise.clinic.intervals import bootstrap, paired
from equipoise.clinic.trial import Answer, Outcome, Trial, Verdict

Measure = Literal["success", "quality", "gradient"]
CEILING = 0.8  # of the seeds healthy with and without: from there on there is no room for more success
GOOD: dict[Measure, int] = {"success": 1, "quality": -1, "gradient": 1}  # the sign of a benefit
MATTERS: dict[Measure, float] = {"success": 0.10, "quality": math.log(1.1), "gradient": math.log(1.1)}  # the smallest benefit
RULE = (
    "In each ward each arm is compared with the control, seed by seed: the share of healthy runs (difference, Newcombe's 95 % "
    f"interval), or, where at least {CEILING:.0%} of the runs with and without it are healthy, the Frechet distance (ratio, "
    "bootstrap). It helps where the interval lies wholly on the good side of no effect, and harms where it lies wholly on the "
    "other. Confirmed: it helps in every comparison. Refuted: it helps in none, and harms in one or has a mean effect "
    f"below {100 * MATTERS['success']:.0f} points of healthy runs or {math.expm1(MATTERS['quality']):.0%} of the distance in "
    "most. Otherwise it depends."
)


@dataclass(frozen=True)
class Effect:
    """What an arm did in a ward."""

    ward: str
    arm: str
    seeds: int
    measure: Measure
    value: float  # difference of shares, or mean log ratio of distances (below 0 is better) or of gradients; nan: unknown
    low: float
    high: float
    healthy: int  # runs of the arm
    control: int  # runs of the control
    distance: float | None = None  # mean log ratio of the Frechet distances, of the seeds where both runs have one
    steps: float = 0.0  # of the arm's runs, mean
    control_steps: float = 0.0
    broken: int = 0  # runs of the arm whose numbers diverged
    control_broken: int = 0

    @property
    def gain(self) -> float:
        """The effect, above 0 where it is a good one."""
        return GOOD[self.measure] * self.value

    @property
    def helps(self) -> bool:
        return self.low > 0 if GOOD[self.measure] > 0 else self.high < 0

    @property
    def harms(self) -> bool:
        return self.high < 0 if GOOD[self.measure] > 0 else self.low > 0

    @property
    def small(self) -> bool:
        """Whether the mean effect is below the smallest that matters; a bad one is."""
        return self.gain < MATTERS[self.measure]

    @property
    def word(self) -> str:
        return "helps" if self.helps else "harms" if self.harms else "no effect shown"

    @property
    def amount(self) -> str:
        """'+60 points (+3 to +88)', or 'distance x 0.80 (0.71 to 0.92)'."""
        if self.measure == "success":
            return f"{100 * self.value:+.0f} points ({100 * self.low:+.0f} to {100 * self.high:+.0f})"
        of = "distance" if self.measure == "quality" else "gradient"
        return f"{of} x {factor(self.value)} ({factor(self.low)} to {factor(self.high)})"

    def row(self) -> tuple[str, ...]:
        steps = f"{self.steps:.0f}"
        if round(self.control_steps) != round(self.steps):
            steps += f" ({self.control_steps:.0f} without)"
        distance = "-" if self.distance is None else factor(self.distance)
        shares = f"{self.control}/{self.seeds}", f"{self.healthy}/{self.seeds}"
        return self.ward, self.arm, *shares, self.amount, distance, steps, self.word


HEAD = ("ward", "arm", "healthy without", "healthy with", "effect (95 %)", "distance x", "steps", "so it")


def factor(log_ratio: float) -> str:
    """'0.80'; '3e-05' and '2e+05' far from 1, 'any' where nothing bounds it."""
    if not math.isfinite(log_ratio):
        return "any"
    ratio = math.exp(min(log_ratio, 700.0))
    return f"{ratio:.2f}" if 0.01 <= ratio < 1000 else f"{ratio:.0e}"


# ---------------------------------------------------------------------------------------------------- comparisons

Pairs = Sequence[tuple[Outcome, Outcome]]  # (control, arm) of the same seeds
Well = Callable[[Outcome], bool]


def healthy(outcome: Outcome) -> bool:
    """By the ward's own criterion."""
    return outcome.healthy


def effects(trials: Sequence[Trial], outcomes: Sequence[Outcome], well: Well = healthy) -> list[Effect]:
    """Each arm of each trial against the trial's first one. `well`: what counts as success, stated in the claim's rule where
    it is not the ward's own criterion.
    """
    return [compare(trial.ward, arm, pairs, well) for trial, arm, pairs in matched(trials, outcomes)]


def matched(trials: Sequence[Trial], outcomes: Sequence[Outcome]) -> list[tuple[Trial, str, Pairs]]:
    """(trial, arm, runs of control and arm by seed) of all comparisons of which there are runs."""
    found: list[tuple[Trial, str, Pairs]] = []
    for trial in trials:
        control, *others = trial.arms
        base = {o.seed: o for o in outcomes if (o.ward, o.arm) == (trial.ward, control.name)}
        for arm in others:
            pairs = [(base[o.seed], o) for o in outcomes if (o.ward, o.arm) == (trial.ward, arm.name) and o.seed in base]
            if pairs:
                found.append((trial, arm.name, pairs))
    return found


def compare(ward: str, arm: str, pairs: Pairs, well: Well = healthy) -> Effect:
    """The effect of an arm by `RULE`."""
    cells = [(well(a), well(b)) for a, b in pairs]
    before, after = sum(a for a, _ in cells), sum(b for _, b in cells)
    logs = ratios(pairs, "frechet")
    if logs and min(before, after) >= CEILING * len(pairs):
        return effect(ward, arm, pairs, "quality", bootstrap(logs), well)
    both, better, worse, neither = map(cells.count, ((True, True), (False, True), (True, False), (False, False)))
    return effect(ward, arm, pairs, "success", paired(both, better, worse, neither), well)


def ratio(ward: str, arm: str, pairs: Pairs, measure: Measure, reading: str) -> Effect:
    """The ratio of a reading ('quality': lower is better; 'gradient': higher), whatever became of the runs."""
    return effect(ward, arm, pairs, measure, bootstrap(ratios(pairs, reading)))


def called(found: Sequence[Effect], names: Mapping[str, str]) -> list[Effect]:
    """The same effects, with other names for some arms: a ward that is treated from the start is its arm `untreated`."""
    return [replace(e, arm=names.get(e.arm, e.arm)) for e in found]


def effect(
    ward: str, arm: str, pairs: Pairs, measure: Measure, interval: tuple[float, float, float], well: Well = healthy
) -> Effect:
    """An interval, with what every comparison notes besides."""
    n, logs = len(pairs), ratios(pairs, "frechet")
    return Effect(
        ward,
        arm,
        n,
        measure,
        *interval,
        healthy=sum(well(b) for _, b in pairs),
        control=sum(well(a) for a, _ in pairs),
        distance=sum(logs) / len(logs) if logs else None,
        steps=sum(b.steps for _, b in pairs) / n,
        control_steps=sum(a.steps for a, _ in pairs) / n,
        broken=sum(b.diverged for _, b in pairs),
        control_broken=sum(a.diverged for a, _ in pairs),
    )


def ratios(pairs: Pairs, reading: str) -> list[float]:
    """The log ratio, arm over control, of each seed where both are above 0."""
    both = [(a.numbers.get(reading, 0.0), b.numbers.get(reading, 0.0)) for a, b in pairs]
    return [math.log(b / a) for a, b in both if 0 < a < math.inf and 0 < b < math.inf]


# -------------------------------------------------------------------------------------------------------- verdicts


def verdict(
    found: Sequence[Effect], note: str = "", beside: Sequence[str] = (), instead: Mapping[str, str] | None = None
) -> Verdict:
    """By `RULE`. `beside`: arms that are shown and do not count. `instead`: arms that the claim offers for where another one
    is not enough (fallback -> first); a fallback counts in the first one's place where it helps and that one does not.
    """
    counted = in_place([e for e in found if e.arm not in beside], instead or {})
    words = [*told(counted), *([note] if note else [])]
    numbers: dict[str, Any] = {"effects": [vars(e) | {"so": e.word} for e in found]}
    return Verdict(answered(counted), " ".join(words), (HEAD, *(e.row() for e in found)), numbers)


def in_place(found: Sequence[Effect], instead: Mapping[str, str]) -> list[Effect]:
    fallbacks = {(e.ward, instead[e.arm]): e for e in found if e.arm in instead}
    counted = []
    for first in (e for e in found if e.arm not in instead):
        second = fallbacks.get((first.ward, first.arm), first)
        counted.append(second if second.helps and not first.helps else first)
    return counted


def answered(counted: Sequence[Effect]) -> Answer:
    helped, harmed, small = (sum(getattr(e, name) for e in counted) for name in ("helps", "harms", "small"))
    if counted and helped == len(counted):
        return "confirmed"
    return "refuted" if counted and not helped and (harmed or 2 * small > len(counted)) else "depends"


def told(counted: Sequence[Effect]) -> list[str]:
    """What the numbers say, in sentences."""
    if not counted:
        return ["There are no runs to compare."]
    helped, harmed, rest = ([e for e in counted if e.word == word] for word in ("helps", "harms", "no effect shown"))
    words = [f"Of {len(counted)} comparisons {len(helped)} show a benefit and {len(harmed)} a harm."]
    if helped and len(helped) < len(counted):
        unhelped = listed([e for e in counted if not e.helps])
        words.append(f"It depends on {on_what(counted)}: it helps {listed(helped)}; no benefit is shown of {unhelped}.")
    elif not helped:
        words.append(f"In {sum(e.small for e in counted)} the mean effect is a bad one or too small to matter.")
    if harmed:
        words.append(f"It harms {listed(harmed)}.")
    measured = [e for e in counted if not math.isnan(e.value)]
    if measured:
        best = max(measured, key=lambda e: (e.helps, e.gain / MATTERS[e.measure]))
        words.append(f"The largest effect: {best.arm} on {best.ward}, {best.amount}.")
    if rest:
        n = min(e.seeds for e in rest)
        words.append(f"With {n} seeds a benefit is shown from {needed(n)} on, so smaller ones can be there unseen.")
    return words + broke(counted)


def on_what(counted: Sequence[Effect]) -> str:
    """What parts the comparisons that help from the others: 'the arm' or 'the ward' where all of one agree, else both."""
    return next((f"the {name}" for name in ("arm", "ward") if parts(counted, name)), "the arm and the ward")


def parts(counted: Sequence[Effect], name: str) -> bool:
    """Whether the comparisons of each arm (ward) agree."""
    said: dict[str, set[bool]] = {}
    for e in counted:
        said.setdefault(getattr(e, name), set()).add(e.helps)
    return len(said) > 1 and all(len(answers) == 1 for answers in said.values())


def needed(n: int) -> str:
    """The least difference of healthy runs that n seeds show, where none is healthy without and none is lost."""
    k = next((k for k in range(1, n + 1) if paired(0, k, 0, n - k)[1] > 0), None)
    return "no number of healthy runs" if k is None else f"{k} more healthy runs"


def broke(counted: Sequence[Effect]) -> list[str]:
    runs, arms, controls = (sum(getattr(e, name) for e in counted) for name in ("seeds", "broken", "control_broken"))
    return [f"Numbers broke in {controls} of {runs} runs without and {arms} of {runs} with it."] if arms + controls else []


def listed(some: Sequence[Effect]) -> str:
    return ", ".join(f"{e.arm} on {e.ward}" for e in some)
