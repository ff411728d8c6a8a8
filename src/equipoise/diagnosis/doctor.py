"""From a track to a diagnosis; and findings that do not flicker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from equipoise.diagnosis.finding import SEVERITIES, Diagnosis, Finding, NotAssessed
from equipoise.diagnosis.rule import Rule
from equipoise.diagnosis.track import Track

AXES = ("wiring", "cause", "outcome")  # a wiring bug explains everything, a cause its outcomes
ALARM = SEVERITIES.index("warning")
SURE = 0.5  # a finding that is less sure than this does not make a run unhealthy
RAISE, CLEAR = 2, 3  # looks in a row that raise and that clear a finding (FAILURES.md, signal rule 2)
ABSENT = 0.1  # of the run so far, for which a finding has to be absent to be cleared


def diagnose(track: Track, rules: Mapping[str, Rule], least: int = 3) -> Diagnosis:
    """What the rules say of a whole track. With fewer than `least` moments the verdict is 'unknown' where nothing is found."""
    findings, silent = [], []
    for rule in rules.values():
        said = rule.judge(track)
        if isinstance(said, Finding):
            findings.append(said)
        elif isinstance(said, NotAssessed):
            silent.append(said)
    ranked = rank(findings, rules)
    facts = track.facts
    verdict = verdict_of(ranked) if ranked or track.points >= least else "unknown"
    return Diagnosis(
        verdict, ranked, tuple(silent), facts.objective, facts.convention, facts.certainty, track.points, facts.notes
    )


def rank(findings: list[Finding], rules: Mapping[str, Rule]) -> tuple[Finding, ...]:
    """Wiring before causes before outcomes, the surer first; each outcome knows the finding that explains it."""
    order = sorted(findings, key=lambda f: (not alarming(f), AXES.index(f.axis), -SEVERITIES.index(f.severity), -f.confidence))
    linked = []
    for finding in order:
        cause = next((c.name for c in order if c is not finding and finding.name in rules[c.name].explains), None)
        linked.append(replace(finding, caused_by=cause))
    return tuple(linked)


def alarming(finding: Finding) -> bool:
    return SEVERITIES.index(finding.severity) >= ALARM and finding.confidence >= SURE


def verdict_of(ranked: tuple[Finding, ...]) -> str:
    """Of the first alarming finding; one that is fatal (the run is over, whatever led there) comes before all."""
    alarms = sorted((finding for finding in ranked if alarming(finding)), key=lambda finding: finding.severity != "fatal")
    return alarms[0].verdict if alarms else "healthy"


@dataclass
class Change:
    """A finding that was raised, or cleared."""

    what: str  # 'raised' or 'cleared'
    finding: Finding


@dataclass
class Doctor:
    """Looks at a track again and again, and speaks only of what lasts.

    A finding is raised after `RAISE` looks in a row that found it (at once if it is fatal), and cleared after `CLEAR`
    looks in a row that did not, of which each had something new to look at (an exam is not counted once for every look
    that follows it), and which last a tenth of the run so far: a signal at its threshold goes to and fro. All memory
    follows from the records that were shown: a resumed run shows them again.
    """

    rules: Mapping[str, Rule]
    standing: dict[str, Finding] = field(default_factory=dict)  # raised and not cleared, as last seen
    _seen: dict[str, int] = field(default_factory=dict)
    _missed: dict[str, int] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)  # step at which it was last found
    _newest: dict[str, float] = field(default_factory=dict)  # step of a standing finding's signals when it was last judged

    def look(self, track: Track) -> list[Change]:
        """What has changed since the last look, in the order of rank."""
        diagnosis = diagnose(track, self.rules)
        now = {finding.name: finding for finding in diagnosis.findings if alarming(finding)}
        changes = []
        for name, finding in now.items():
            self._missed[name] = 0
            self._last[name] = track.step
            self._seen[name] = self._seen.get(name, 0) + 1
            if name in self.standing:
                self.standing[name] = replace(finding, since=self.standing[name].since)
            elif self._seen[name] >= RAISE or finding.severity == "fatal":
                self.standing[name] = finding
                changes.append(Change("raised", finding))
        for name in [name for name in self._seen if name not in now]:
            self._seen[name] = 0
            if name in self.standing and self._news(name, track):
                self._missed[name] += 1
                if self._missed[name] >= CLEAR and track.step - self._last[name] >= ABSENT * track.age:
                    changes.append(Change("cleared", self.standing.pop(name)))
        for name in self.standing:
            self._newest[name] = newest(self.standing[name], track)
        return changes

    def _news(self, name: str, track: Track) -> bool:
        return newest(self.standing[name], track) > self._newest[name]


def newest(finding: Finding, track: Track) -> float:
    """The step of the newest value of the signals that speak for a finding."""
    signals = {signal for evidence in finding.evidence for signal in evidence.signal.split(", ")}
    steps = [track[signal].steps[-1] for signal in signals if len(track[signal])]
    return float(max(steps, default=track.step))
