"""The story of a run: one JSON document from which the report, the live page and the terminal summary are made. No torch.

Everything in it is data: names, log text and recipes are strings that a page shows as text and never as markup.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import equipoise
from equipoise import actions
from equipoise.diagnosis import RULES, doctor
from equipoise.diagnosis.finding import Diagnosis
from equipoise.diagnosis.rule import Rule
from equipoise.diagnosis.track import Track
from equipoise.pages import episodes, grids, thin
from equipoise.pages.anchors import anchors
from equipoise.pages.charts import charts
from equipoise.pages.checklist import checklist
from equipoise.pages.verdicts import verdict

FORMAT = 1


@dataclass
class Material:
    """What there is to tell of. A bare log has a name and a track."""

    name: str
    track: Track
    diagnosis: Diagnosis | None = None  # where somebody has judged already
    said: list[dict[str, Any]] | None = None  # findings that the run wrote down, as `episodes.recorded` gives them
    course: Track | None = None  # where the game was treated: all that was recorded, of the games before as well
    actions: list[dict[str, Any]] = field(default_factory=list)  # the lines of actions.jsonl
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    samples: Path | None = None  # the folder of the grids
    recipe: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    equilibrium: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


def story(material: Material, rules: Mapping[str, Rule] = RULES) -> dict[str, Any]:
    """All that a page shows. Numbers that are not finite are None or, in text, spelled out."""
    track, course = material.track, material.course or material.track
    diagnosis = material.diagnosis if material.diagnosis is not None else doctor.diagnose(track, rules)
    said = material.said if material.said is not None else episodes.replayed(track, rules)
    done = actions.treatments(material.actions)
    found = episodes.episodes(episodes.with_treatments(said, done), diagnosis)
    shown = with_evaluations(course, material.evaluations)
    every = grids.moments(material.samples) if material.samples is not None else []
    treated = [treatment(one, found, every, rules) for one in done]
    moments = [one[key] for one in found for key in ("since", "raised")]
    moments += [one[key] for one in treated for key in ("grid_before", "grid_after") if one[key] is not None]
    return {
        "format": FORMAT,
        "equipoise": equipoise.__version__,
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "name": material.name,
        "facts": asdict(track.facts),
        "verdict": verdict(diagnosis, len(rules), found, done),
        "records": course.points,
        "last_step": course.step,
        "planned": track.facts.steps_planned and track.facts.origin + track.facts.steps_planned,
        "anchors": anchors(track.facts),
        "signals": thin.columns(shown),
        "charts": charts(shown),
        "findings": [titled(finding, rules) for finding in found],
        "replayed": material.said is None,
        "treatments": treated,
        "remarks": [titled_finding(one, rules) for one in actions.remarks(material.actions)],
        "not_assessed": [titled({"name": one.name, "needs": one.needs}, rules) for one in diagnosis.not_assessed],
        "checklist": checklist(track, material.evaluations),
        "equilibrium": material.equilibrium,
        "grids": pictures(material.samples, every, moments),
        "evaluations": material.evaluations,
        "recipe": material.recipe,
        "data": material.data,
        "environment": material.environment,
        "notes": [*track.facts.notes, *material.notes],
    }


def titled(finding: dict[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    rule = rules.get(finding["name"])
    title = rule.card.title if rule else finding["name"].replace("_", " ")
    cause = rules.get(finding.get("caused_by") or "")
    return finding | {"title": title, "caused_by_title": cause.card.title if cause else finding.get("caused_by")}


def with_evaluations(track: Track, evaluations: Sequence[Mapping[str, Any]]) -> Track:
    """The track with what was measured at checkpoints as further signals."""
    if not evaluations:
        return track
    both = track.until(float("inf"))
    for record in evaluations:
        both.add({name: value for name, value in record.items() if name not in ("epoch", "seconds", "n", "of")})
    return both


def titled_finding(one: dict[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    rule = rules.get(one["finding"])
    return one | {"finding_title": rule.card.title if rule else actions.spoken(one["finding"])}


def treatment(
    one: dict[str, Any], found: Sequence[Mapping[str, Any]], every: Sequence[grids.Moment], rules: Mapping[str, Rule]
) -> dict[str, Any]:
    """With the number of the finding that it was for, and the steps of the grids before it and at its end."""
    step, ended = one["step"], one["ended"]
    known = (i for i, finding in enumerate(found, 1) if finding["name"] == one["finding"] and finding["cleared"] == step)
    last = {actions.KEPT: ended, actions.UNDONE: ended and ended - 1}.get(one["outcome"])  # what is undone is gone from then on
    after = grids.latest(every, last)
    before = grids.latest(every, step - 1)  # a grid of that very step shows what became of it
    return titled_finding(one, rules) | {
        "number": next(known, None),
        "grid_before": before,
        "grid_after": after if after is not None and after >= step else None,
    }


def pictures(samples: Path | None, everything: Sequence[grids.Moment], near: Sequence[float]) -> dict[str, Any]:
    """The grids that are shown, as addresses, oldest first; how many there are; and the picture of reals."""
    shown = grids.chosen(everything, near, grids.affordable(everything))
    real = samples / "real.png" if samples is not None else None
    return {
        "moments": [
            {"step": moment.step, "pictures": {name: grids.uri(path) for name, path in moment.pictures.items()}}
            for moment in shown
        ],
        "of": len(everything),
        "real": grids.uri(real) if real is not None and real.is_file() else None,
    }
