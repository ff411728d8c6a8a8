"""The contract of a rule: it sees a track and says what it found, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from equipoise.card import Card
from equipoise.diagnosis.finding import Axis, Evidence, Finding, NotAssessed, Severity
from equipoise.diagnosis.track import Track

LOSSES = frozenset(("d_loss", "g_loss"))


@dataclass(frozen=True)
class Judgement:
    """What a rule found: evidence and how sure it is; words for a person, with the numbers in them."""

    confidence: float
    severity: Severity
    evidence: tuple[Evidence, ...]
    words: str
    since: float | None = None  # default: the first step of the evidence
    verdict: str | None = None  # default: the rule's
    remedies: tuple[str, ...] | None = None  # default: the rule's


@dataclass(frozen=True)
class Reading:
    """One way to tell a failure: the signals that it needs, all of them, and what it makes of them."""

    needs: tuple[str, ...]
    judge: Callable[[Track], Judgement | None]
    source: str = ""  # 'log': of tracks from there only, and heard whatever better informed readings found

    def able(self, track: Track) -> bool:
        """A log's losses are written with few digits, in a convention that was guessed: only a reading for logs takes them."""
        if track.facts.source == "log" and not self.source and LOSSES.issuperset(self.needs):
            return False
        return track.has(*self.needs) and self.source in ("", track.facts.source)


@dataclass(frozen=True)
class Rule:
    """A failure, and the ways to tell it. The strongest reading speaks; a rule none of whose readings has its signals
    says so.

    Among readings that can be taken the earlier in `readings` is the better informed one: where it finds nothing, a
    later one (D's losses alone, say) is believed only if `later_may_speak`.
    """

    card: Card
    axis: Axis
    verdict: str  # the label of `equipoise diagnose` that it leads to
    readings: tuple[Reading, ...]
    remedies: tuple[str, ...]  # names in advice.py, best first
    explains: tuple[str, ...] = ()  # rules whose findings this one explains: it is ranked before them, as their cause
    later_may_speak: bool = False

    def judge(self, track: Track) -> Finding | NotAssessed | None:
        able = [reading for reading in self.readings if reading.able(track)]
        if not able:
            ways = ", or ".join(" and ".join(reading.needs) for reading in self.readings if not reading.source)
            return NotAssessed(self.card.name, f"needs {ways}")
        found: list[Judgement] = []
        silent = False
        for reading in able:
            if silent and not self.later_may_speak and not reading.source:
                continue
            judgement = reading.judge(track)
            if judgement is not None:
                found.append(judgement)
            else:
                silent = True
        if not found:
            return None
        best = max(found, key=lambda judgement: judgement.confidence)
        evidence = tuple(
            dict.fromkeys(one for judgement in found for one in judgement.evidence)
        )  # two readings may see the same
        since = min((one.window[0] for one in best.evidence), default=track.step) if best.since is None else best.since
        return Finding(
            name=self.card.name,
            axis=self.axis,
            verdict=best.verdict or self.verdict,
            severity=best.severity,
            confidence=best.confidence,
            since=since,
            step=track.step,
            evidence=evidence,
            words=best.words,
            remedies=best.remedies if best.remedies is not None else self.remedies,
        )
