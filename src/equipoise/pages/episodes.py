"""The findings of a run over time: what was found when, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from equipoise.actions import UNDONE
from equipoise.diagnosis.doctor import Doctor
from equipoise.diagnosis.finding import Diagnosis
from equipoise.diagnosis.rule import Rule
from equipoise.diagnosis.track import Track

LOOKS = 60  # at a run that kept no findings
ANEW = "anew"  # in place of 'raised' and 'cleared': a remedy was applied, or undone


def replayed(track: Track, rules: Mapping[str, Rule], looks: int = LOOKS) -> list[dict[str, Any]]:
    """What a doctor would have said who looked so many times, evenly over the run's steps."""
    steps = np.unique(np.concatenate([track[name].steps for name in track])) if track.points else np.empty(0)
    doctor, said = Doctor(rules), []
    for part in np.array_split(steps, min(looks, len(steps))) if len(steps) else ():
        for change in doctor.look(track.until(part[-1])):
            said.append({"step": float(part[-1]), "what": change.what, "finding": change.finding.as_json()})
    return said


def recorded(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of findings.jsonl in the shape of `replayed`; what is none of ours is left out."""
    said = []
    for record in records:
        inner = record.get("finding")
        finding = inner if isinstance(inner, dict) else {k: v for k, v in record.items() if k not in ("what",)}
        step = record.get("step", finding.get("step"))
        if isinstance(finding.get("name"), str) and isinstance(step, int | float):
            said.append({"step": step, "what": str(record.get("what", "raised")), "finding": finding})
    return said


def with_treatments(said: Iterable[dict[str, Any]], treatments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was said, and where the game became another one: what was found before says nothing of it."""
    anew = [{"step": one["step"], "what": ANEW, "by": one["label"]} for one in treatments]
    anew += [{"step": one["ended"], "what": ANEW, "by": one["label"]} for one in treatments if one["outcome"] == UNDONE]
    return sorted([*said, *anew], key=lambda change: (change["step"], change["what"] == ANEW))


def episodes(said: Iterable[Mapping[str, Any]], diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """Findings with `raised` and `cleared` steps (None while it stands): those of the diagnosis first, in its order.

    A finding of the diagnosis that was never raised stands since its own evidence; one that was raised and that the whole
    run no longer shows is an episode that has `passed`. One that stood when the game was changed ended there, and
    `ended_by` is the label of that treatment.
    """
    open_: dict[str, dict[str, Any]] = {}
    closed: list[dict[str, Any]] = []
    for change in said:
        if change["what"] == ANEW:
            closed += [finding | {"cleared": change["step"], "ended_by": change["by"]} for finding in open_.values()]
            open_.clear()
            continue
        name = change["finding"]["name"]
        if change["what"] == "cleared":
            if name in open_:
                closed.append(open_.pop(name) | {"cleared": change["step"]})
        elif name not in open_:
            open_[name] = {**change["finding"], "raised": change["step"], "cleared": None}
    found = []
    for finding in diagnosis.findings:
        old = open_.pop(finding.name, {})
        since = min(finding.since, old.get("since", finding.since))
        found.append(
            finding.as_json() | {"since": since, "raised": old.get("raised", finding.step), "cleared": None, "passed": False}
        )
    passed = [episode | {"passed": True} for episode in (*open_.values(), *closed)]
    return found + sorted(passed, key=lambda episode: float(episode["raised"]))
