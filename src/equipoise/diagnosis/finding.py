"""What a diagnosis consists of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from equipoise.diagnosis.advice import ADVICE
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Series

Axis = Literal["wiring", "cause", "outcome"]
Severity = Literal["note", "warning", "serious", "fatal"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "serious", "fatal")  # from a note on, warnings make a run unhealthy

# What a verdict may be, as `equipoise diagnose --json` says it.
VERDICTS = (
    "healthy",
    "discriminator_dominance",
    "generator_dominance",
    "mode_collapse",
    "divergence",
    "oscillation",
    "no_learning",
    "overfitting",
    "unknown",
)


@dataclass(frozen=True)
class Evidence:
    """A number that speaks for a finding, and the threshold that it passed."""

    signal: str
    window: tuple[float, float]  # steps, first and last
    value: float
    sign: Literal["<", ">", "="]  # value SIGN threshold is what was found
    threshold: float
    source: str  # of the threshold: a paper, a measurement
    words: str  # 'D is right about 99 % of reals and fakes'

    @classmethod
    def of(cls, signal: str, series: Series, value: float, sign: Literal["<", ">", "="], limit: str, words: str) -> Evidence:
        """A number taken from a stretch of a signal, beside the threshold of that name."""
        threshold = THRESHOLDS[limit]
        window = series.window if len(series) else (0.0, 0.0)
        return cls(signal, window, value, sign, threshold.value, threshold.source, words)


@dataclass(frozen=True)
class Finding:
    """A failure, named."""

    name: str  # the rule's: 'discriminator_dominance'
    axis: Axis
    verdict: str  # one of VERDICTS
    severity: Severity
    confidence: float  # 0 to 1
    since: float  # the step from which the evidence holds
    step: float  # the step at which it was found
    evidence: tuple[Evidence, ...]
    words: str  # one paragraph for a person
    remedies: tuple[str, ...]  # names of advice, best first (see advice.py)
    caused_by: str | None = None  # the finding that explains this one

    def with_cause(self, name: str) -> Finding:
        return replace(self, caused_by=name)

    def as_json(self) -> dict[str, Any]:
        facts = asdict(self)
        facts["remedies"] = [asdict(ADVICE[name]) for name in self.remedies]
        return facts


@dataclass(frozen=True)
class NotAssessed:
    """A rule that could not judge, and what it would need."""

    name: str
    needs: str  # 'needs accuracy_heldout, or r_v'


@dataclass(frozen=True)
class Diagnosis:
    """All that the rules say of a track: findings, causes before what they caused, and what could not be judged."""

    verdict: str
    findings: tuple[Finding, ...]
    not_assessed: tuple[NotAssessed, ...]
    objective: str
    convention: str
    certainty: float
    points: int
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        facts = asdict(self)
        facts["findings"] = [finding.as_json() for finding in self.findings]
        return facts
