"""Where a story comes from: a run folder, a watched loop's folder, a log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from equipoise import diagnosing, logs, plain_json
from equipoise.diagnosis.track import Facts, Track
from equipoise.errors import RunError
from equipoise.history import History
from equipoise.logs import convert
from equipoise.pages import episodes
from equipoise.pages.story import Material
from equipoise.run_folder import RunFolder


def of_folder(run: RunFolder, facts: Facts) -> Material:
    """What a run folder holds. Files that are missing or damaged are left out, and said so."""
    notes: list[str] = []
    records = read(run.signals, notes)
    findings = read(run.findings, notes)
    return Material(
        name=run.path.resolve().name,
        track=Track.of(records, facts),
        course=Track.of(records, replace(facts, origin=0.0)) if facts.origin else None,
        actions=read(run.actions, notes),
        said=episodes.recorded(findings) if run.findings.is_file() else None,
        evaluations=read(run.evaluations, notes),
        samples=run.samples,
        recipe=text(run.recipe),
        data=mapping(run.data, notes),
        environment=mapping(run.environment, notes),
        equilibrium=mapping(run.path / "equilibrium.json", notes) or None,
        notes=notes,
    )


def of_log(path: Path) -> Material:
    """Of a log, or of a folder that holds one: curves and findings are all that there is."""
    found = diagnosing.report(path)
    source = diagnosing.inside(path) if path.is_dir() else path
    log = logs.read(source)
    game = next(game for game in log.games if game.tag == found.pair)
    return Material(name=path.name, track=convert.track(game, log.notes), diagnosis=found.diagnosis, evaluations=[])


def read(path: Path, notes: list[str]) -> list[dict[str, Any]]:
    """The records that have a step."""
    history = History(path)
    records = list(history.read("step"))
    if history.damaged:
        notes.append(f"{history.damaged} damaged lines of {path.name} were left out")
    return records


def mapping(path: Path, notes: list[str]) -> dict[str, Any]:
    """A JSON object; {} where there is no such file, or nothing that can be read."""
    if not path.is_file():
        return {}
    try:
        found = plain_json.loads(path.read_bytes())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        notes.append(f"{path.name} can't be read and was left out")
        return {}
    return found


def text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise RunError(f"{path}: can't be read ({error.strerror or error})") from None
