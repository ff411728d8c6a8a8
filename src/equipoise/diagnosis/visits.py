"""When the doctor looks: after each exam, and every so many steps in between; live, and the same when records are replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from equipoise.diagnosis.doctor import Change, Doctor, rank
from equipoise.diagnosis.finding import Finding
from equipoise.diagnosis.rule import Rule
from equipoise.diagnosis.track import Facts, Track

EXAM = "exam"  # what a record of an exam holds: true
BROKEN = "first_bad"  # what a record holds where a number is none any more: the name of the first such tensor


@dataclass
class Visits:
    """A track that grows record by record, and a doctor who looks at it.

    `every` steps lie between two looks at records of steps; a record of an exam, or with a NaN,
    is looked at as it comes.
    """

    rules: Mapping[str, Rule]
    facts: Facts
    every: int = 100
    track: Track = field(init=False)
    doctor: Doctor = field(init=False)
    looked: float = 0.0  # the step of the last look

    def __post_init__(self) -> None:
        self.track, self.doctor = Track(self.facts), Doctor(self.rules)

    @property
    def standing(self) -> tuple[Finding, ...]:
        """What was raised and has not cleared, causes before what they caused."""
        return rank(list(self.doctor.standing.values()), self.rules)

    def take(self, record: Mapping[str, Any]) -> list[Change]:
        """One record of signals.jsonl; what has changed, where the doctor looked."""
        self.track.add(record)
        step = float(record["step"])
        if not (record.get(EXAM) or record.get(BROKEN)) and step < self.looked + self.every:
            return []
        if step <= self.facts.origin:
            return []
        self.looked = step
        return self.doctor.look(self.track)

    def replay(self, records: Iterable[Mapping[str, Any]]) -> list[tuple[float, Change]]:
        """All changes of a history, each with the step at which it was found."""
        return [(float(record["step"]), change) for record in records for change in self.take(record)]
