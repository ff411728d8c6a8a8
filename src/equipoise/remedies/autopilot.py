"""The autopilot: it tries a remedy, watches what comes of it, and keeps it or goes back and tries the next.

It knows nothing of networks: what it decides is done by a pair of `Hands`, ours or those of a watched loop. Everything it
decides follows from the findings that it is shown, so a run with the same seed is treated in the same way, and one that is
resumed amid a trial goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from equipoise.diagnosis.finding import Finding
from equipoise.remedies import REMEDIES
from equipoise.remedies.rank import Counts, ranked
from equipoise.remedies.remedy import Change, Patient, Remedy

WINDOW = 0.2  # of the planned steps: how long a trial lasts
SHORTEST = 100  # steps of a trial, however short the run
WORTHWHILE = 0.1  # of the planned steps: a healthy snapshot that holds less is not worth going back to
MOST_TRIALS = 4  # of one run
PATIENCE, LONGEST = 0.05, 100  # of the planned steps, and steps: so long at most a finding has to stand, since some pass
YOUNG = 0.5  # of the steps that count so far: in a young game it need not stand longer than this
GRACE = 0.25  # of the planned steps: before so many that count, samples say little, unless D runs away or numbers break
FEWEST = 400  # steps, for the same
SLOW = ("mode_collapse", "oscillation", "no_learning", "generator_dominance")  # the verdicts that rest on samples
STRETCH = 0.5  # of the planned steps: by so much lost steps may prolong a run
GRADUAL = "overfitting"  # a verdict that is a matter of degree: what treats it stays, though it may take more
CERTAIN = 0.9  # a wiring bug that is so sure, and that nothing here can mend, ends the run


@dataclass(frozen=True)
class Snapshot:
    """A game as it was: all that is needed to go on from there."""

    step: int
    lost: int  # steps that had come to nothing until then
    tensors: Mapping[str, Any]
    facts: Mapping[str, Any]  # JSON


class Hands(Protocol):
    """What the autopilot can see and do."""

    def patient(self, healthy_steps: int) -> Patient:
        """The settings in force."""

    def refusal(self, change: Change) -> str:
        """Why this change can't be made here; '' where it can."""

    def snapshot(self, step: int, lost: int) -> Snapshot | None:
        """The game as it is; None where its numbers are none any more."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, settings included; findings are looked for anew from here on."""

    def apply(self, change: Change, healthy: Snapshot | None) -> dict[str, Any]:
        """Make the change (from `healthy` on where it says `back`); returns the settings that it replaced."""

    def standing(self) -> tuple[Finding, ...]:
        """Findings that stand since the last change, causes before what they caused."""

    def numbers(self) -> dict[str, float]:
        """The newest values of the signals that a person would look at."""

    def tell(self, action: dict[str, Any]) -> None:
        """Write an action down and say it."""

    def end(self, words: str) -> None:
        """Stop training, and say why."""


@dataclass
class Trial:
    """A remedy under test."""

    remedy: str
    finding: str
    began: int
    until: int


@dataclass
class Autopilot:
    """`planned`: steps of the whole run; `only`: the remedies that may be tried, in this order (default: by evidence)."""

    hands: Hands
    planned: int
    only: tuple[str, ...] = ()
    counts: Counts | None = None
    bounded: bool = True  # the run ends as planned; else nobody knows when
    trial: Trial | None = None
    trials: int = 0
    kept: int = 0  # trials whose remedy was kept
    tried: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # findings that nothing here treats, said once
    lost: int = 0  # steps that came to nothing: before a new start, or in a trial that was undone
    ended: bool = False
    waiting: dict[str, int] = field(default_factory=dict)  # the step at which each standing finding was first seen
    before: Snapshot | None = None  # as it was when the trial began
    healthy: Snapshot | None = None  # at least a window older than ...
    candidate: Snapshot | None = None  # ... the newest one of a game without findings

    @property
    def window(self) -> int:
        """Steps of a trial."""
        return max(SHORTEST, round(WINDOW * self.planned))

    @property
    def stretch(self) -> float:
        """By what share of its planned length the run goes on longer, for the steps that were lost."""
        return min(STRETCH, self.lost / self.planned)

    # ------------------------------------------------------------------------------------------- what it decides

    def visit(self, step: int) -> None:
        """After each look at the game."""
        if self.ended:
            return
        findings = tuple(finding for finding in self.hands.standing() if self.counts_now(finding, step))
        self.waiting = {finding.name: self.waiting.get(finding.name, step) for finding in findings}
        fatal = any(finding.severity == "fatal" for finding in findings)
        if self.trial is not None:
            failing = [finding for finding in findings if finding.verdict != GRADUAL]
            if fatal or (step >= self.trial.until and failing):
                self.undo(step, self.trial, failing[0])
            elif step >= self.trial.until:
                self.keep(step, self.trial, findings)
        elif not findings:
            self.remember(step)
        elif any(self.lasts(finding, step) for finding in findings):
            self.treat(step, findings)

    def in_time(self, step: int, change: Change) -> bool:
        """Whether a trial of the change that begins now could be judged before the run ends."""
        if change.end or not self.bounded:
            return True
        return step + self.window <= self.planned + min(STRETCH * self.planned, self.lost_by(step, change))

    def lost_by(self, step: int, change: Change) -> int:
        """The steps that have come to nothing once the change is made."""
        if "G" in change.fresh:
            return step
        if change.back and self.healthy is not None:
            return self.healthy.lost + step - self.healthy.step
        return self.lost

    def counts_now(self, finding: Finding, step: int) -> bool:
        """Whether G has had the time that a finding of its samples supposes."""
        return explains_all(finding) or finding.verdict not in SLOW or step - self.lost >= max(FEWEST, GRACE * self.planned)

    def lasts(self, finding: Finding, step: int) -> bool:
        """Whether a finding has stood long enough to be acted on; one that explains all the others needs no time.

        After a remedy that was kept, as long as its trial: the game was found well for that long, and a second remedy undoes
        what the first has brought more often than it helps.
        """
        needed = self.window if self.kept else min(LONGEST, PATIENCE * self.planned, YOUNG * (step - self.lost))
        return explains_all(finding) or step - self.waiting[finding.name] >= needed

    def remember(self, step: int) -> None:
        """Of a game without findings, keep a snapshot now and then: two, since a finding comes later than its cause."""
        if self.candidate is None or step >= self.candidate.step + self.window:
            taken = self.hands.snapshot(step, self.lost)
            if taken is not None:
                self.healthy, self.candidate = self.candidate, taken

    def treat(self, step: int, findings: tuple[Finding, ...]) -> None:
        """Try the best remedy that is left for the first finding that has one; where there is none, say so or stop."""
        for finding in findings:
            if self.attempt(step, finding) != "nothing":
                return
            if explains_all(finding):
                break
        first = findings[0]
        if not self.only and (self.trials or explains_all(first)):
            self.stop(step, first)
        elif first.name not in self.told:
            self.told.append(first.name)
            self.record(step, "advise", first, None, f"nothing here treats {spoken(first.name)}: the finding says what would")

    def attempt(self, step: int, finding: Finding) -> Literal["begun", "too late", "nothing"]:
        """Try the best remedy that was not tried yet and can be applied here, if there is one and time for it."""
        if self.trials >= MOST_TRIALS:
            return "nothing"
        late = False
        good = self.healthy
        if good is not None and (good.step - good.lost < WORTHWHILE * self.planned or good.step > finding.since):
            good = None
        patient = self.hands.patient(good.step if good is not None else 0)
        for remedy in ranked(finding.name, self.only, self.counts):
            change = remedy.change(patient) if remedy.name not in self.tried else None
            if change is None:
                continue
            if not self.in_time(step, change):
                late = True
            elif not self.hands.refusal(change):
                self.begin(step, finding, remedy, change)
                return "begun"
        return "too late" if late else "nothing"

    def begin(self, step: int, finding: Finding, remedy: Remedy, change: Change) -> None:
        if change.end:
            self.stop(step, finding)
            return
        self.before = self.hands.snapshot(step, self.lost)
        numbers = self.hands.numbers()
        replaced = self.hands.apply(change, self.healthy)
        self.lost = self.lost_by(step, change)
        self.trials += 1
        self.tried.append(remedy.name)
        self.trial = Trial(remedy.name, finding.name, step, step + self.window)
        words = f"treats {spoken(finding.name)}: {remedy.advice.title} (on trial for {self.window} steps)"
        more = {"change": asdict(change), "replaced": replaced, "until": self.trial.until, "lost": self.lost}
        self.record(step, "treat", finding, remedy.name, words, numbers, more)

    def keep(self, step: int, trial: Trial, findings: tuple[Finding, ...]) -> None:
        found = f"{spoken(findings[0].name)} still, which takes more" if findings else "no finding"
        words = f"keeps it: {found} in the {step - trial.began} steps since"
        self.record(step, "keep", None, trial.remedy, words, self.hands.numbers(), {"treated": trial.finding})
        self.kept += 1
        self.trial, self.before, self.healthy = None, None, None
        self.candidate = self.hands.snapshot(step, self.lost)

    def undo(self, step: int, trial: Trial, finding: Finding) -> None:
        """Back to where the trial began, and on from there as it was: what is found again is treated by the next remedy."""
        words = f"undoes it: {spoken(finding.name)} after {step - trial.began} steps"
        numbers = self.hands.numbers()
        self.trial = None
        before, self.before = self.before, None
        if before is not None:
            self.hands.restore(before)
            self.lost = before.lost + step - before.step
        self.record(step, "undo", finding, trial.remedy, words, numbers, {"treated": trial.finding})
        if before is None:  # there was no sound game to go back to
            self.treat(step, (finding,))

    def stop(self, step: int, finding: Finding) -> None:
        after = f" after {self.trials} treatments" if self.trials else ""
        words = f"stops{after}: {spoken(finding.name)}, and nothing that could be changed here is left to try. {finding.words}"
        self.ended = True
        self.record(step, "stop", finding, None, words, self.hands.numbers())
        self.hands.end(words)

    def record(
        self,
        step: int,
        action: str,
        finding: Finding | None,
        remedy: str | None,
        words: str,
        numbers: dict[str, float] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        told = {"finding": finding.name, "finding_words": finding.words} if finding is not None else {}
        title = {"title": REMEDIES[remedy].advice.title} if remedy is not None else {}
        self.hands.tell(
            {
                "step": step,
                "action": action,
                **told,
                "remedy": remedy,
                **title,
                "words": words,
                "numbers": numbers or {},
                **(more or {}),
            }
        )

    # ------------------------------------------------------------------------------------- what a checkpoint keeps

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Tensors by name, and JSON facts."""
        snapshots = {name: getattr(self, name) for name in ("before", "healthy", "candidate")}
        kept: dict[str, Snapshot] = {name: one for name, one in snapshots.items() if one is not None}
        tensors = {f"{name}/{key}": value for name, one in kept.items() for key, value in one.tensors.items()}
        about = {name: {"step": one.step, "lost": one.lost, "facts": one.facts} for name, one in kept.items()}
        counts: dict[str, Any] = {
            "trials": self.trials,
            "kept": self.kept,
            "lost": self.lost,
            "ended": self.ended,
            "waiting": {**self.waiting},
            "tried": [*self.tried],
            "told": [*self.told],
        }
        return tensors, {**counts, "trial": asdict(self.trial) if self.trial is not None else None, "snapshots": about}

    def load(self, tensors: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""
        self.trials, self.kept = facts["trials"], facts["kept"]
        self.lost, self.ended = facts["lost"], facts["ended"]
        self.waiting = dict(facts["waiting"])
        self.tried, self.told = [*facts["tried"]], [*facts["told"]]
        self.trial = Trial(**facts["trial"]) if facts["trial"] is not None else None
        for name, about in facts["snapshots"].items():
            own = {key.removeprefix(f"{name}/"): value for key, value in tensors.items() if key.startswith(f"{name}/")}
            setattr(self, name, Snapshot(about["step"], about["lost"], own, about["facts"]))


def spoken(name: str) -> str:
    """'mode_collapse' as words."""
    return name.replace("_", " ")


def explains_all(finding: Finding) -> bool:
    """Whether the other findings follow from this one: with it there is no use in treating them."""
    return finding.severity == "fatal" or (finding.axis == "wiring" and finding.confidence >= CERTAIN)
