"""How well `equipoise diagnose` judges published logs: docs/results/logs.json.

python benchmarks/logs.py          # reads EQUIPOISE_DATA/logs, or ../shared/data/logs

Three things are measured: the score (by the data's own score.py), the tutorials' rule beside it, and how much of the score
is owed to thresholds that were chosen on the same logs: they are chosen again on halves, and without each repository.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import record

from equipoise import logs
from equipoise.diagnosing import report, verdict_of_log
from equipoise.diagnosis.curves import late
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track
from equipoise.errors import DataError
from equipoise.logs import convert

ROOT = Path(__file__).resolve().parent.parent
GRID = {  # the thresholds that were chosen on these logs, and what they could have been
    "d_loss_won": (0.05, 0.07, 0.1, 0.13, 0.16, 0.2),
    "critic_growth": (1.5, 2.0, 3.0, 5.0),
    "g_loss_swing": (6.0, 12.0, 25.0),
}
SPLITS = 200


def folder() -> Path:
    return (
        Path(os.environ["EQUIPOISE_DATA"]) / "logs"
        if "EQUIPOISE_DATA" in os.environ
        else ROOT.parent / "shared" / "data" / "logs"
    )


def main() -> None:
    data = folder()
    truth = [json.loads(line) for line in (data / "manifest.jsonl").read_text("utf-8").splitlines() if line.strip()]
    tracks = {one["id"]: read(data / one["file"]) for one in truth}
    answers = {one["id"]: answer(data / one["file"]) for one in truth}
    tutorials = {name: tutorial(found) for name, found in tracks.items()}
    found = {
        "logs": len(truth),
        "equipoise": score(data, answers),
        "tutorials_rule": {
            "rule": "D's mean loss, last two fifths, our convention: under 0.1 is discriminator_dominance (the name that scores"
            " best for it), over 0.9 generator_dominance, else healthy; critics are healthy",
            **score(data, tutorials),
        },
        "thresholds_chosen_again": chosen_again(truth, tracks),
        "answers": {
            one["id"]: {"said": answers[one["id"]], "label": one["label"], "accepted": one["acceptable_labels"]}
            for one in truth
        },
    }
    record.write("logs", found, "python benchmarks/logs.py")


def read(path: Path) -> list[Track]:
    """The tracks of a log; none of what must be refused."""
    try:
        return [convert.track(game) for game in logs.read(path).games]
    except DataError:
        return []


def answer(path: Path) -> list[str] | str:
    """The verdict, then the other findings' verdicts; 'refuse' for what is no log of a GAN."""
    try:
        found = report(path).diagnosis
    except DataError:
        return "refuse"
    return list(dict.fromkeys([found.verdict, *(finding.verdict for finding in found.findings)]))


def tutorial(tracks: list[Track]) -> str:
    """What tutorials say of a D loss in the mean convention, in the names that serve them best."""
    if not tracks:
        return "refuse"
    if tracks[0].facts.objective == "wasserstein":
        return "healthy"
    loss = late(tracks[0]["d_loss"]).median
    return "discriminator_dominance" if loss < 0.1 else "generator_dominance" if loss > 0.9 else "healthy"


def score(data: Path, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What score.py prints, and its figures by name."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "predictions.json"
        file.write_text(json.dumps(answers))
        command = [sys.executable, str(data / "score.py"), str(file), "--errors"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = {}
    for name, words in (
        ("accuracy", "accuracy, accepting acceptable_labels"),
        ("exact", "accuracy, exact label"),
        ("false_alarms", "false alarms on healthy logs"),
        ("misses", "misses on failed logs"),
        ("misses_firm", "of them firmly failed"),
        ("refusals", "non-GAN / no-loss logs refused"),
    ):
        line = next(line for line in said.splitlines() if words in line)
        right, of = map(int, re.findall(r"\((\d+)/(\d+);", line)[0])
        figures[name] = {"share": round(right / of, 4), "count": [right, of]}
    return {**figures, "printed": said.splitlines()}


# ------------------------------------------------------------------------------- thresholds chosen on other logs


@contextmanager
def thresholds(values: Mapping[str, float]) -> Iterator[None]:
    """Within the context the table has these values."""
    before = {name: THRESHOLDS[name] for name in values}
    THRESHOLDS.update({name: replace(before[name], value=value) for name, value in values.items()})
    try:
        yield
    finally:
        THRESHOLDS.update(before)


def chosen_again(truth: list[dict[str, Any]], tracks: dict[str, list[Track]]) -> dict[str, Any]:
    """Mean score on logs that had no part in the choice of the thresholds, ties broken at random."""
    choices = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    right: list[dict[str, tuple[bool, bool, bool]]] = []
    for values in choices:
        with thresholds(values):
            right.append({one["id"]: judged(one, tracks[one["id"]]) for one in truth})
    draw = random.Random(0)
    halves = []
    for _ in range(SPLITS):
        order = draw.sample(truth, len(truth))
        chosen, held = order[: len(order) // 2], order[len(order) // 2 :]
        halves.append(rates(held, right[best(chosen, right, draw)]))
    owner = {one["id"]: one["source"].split("/")[0].lower() for one in truth}
    alone = []
    for name in sorted(set(owner.values())):
        held = [one for one in truth if owner[one["id"]] == name]
        rest = [one for one in truth if owner[one["id"]] != name]
        table = right[best(rest, right, draw)]
        alone += [(one, table) for one in held]
    return {
        "grid": GRID,
        "halves": {"splits": SPLITS, **mean(halves)},
        "without_each_repository": together([table[one["id"]] for one, table in alone], [one for one, _ in alone]),
    }


def judged(one: dict[str, Any], tracks: list[Track]) -> tuple[bool, bool, bool]:
    """Right, a false alarm, a miss."""
    said = verdict_of_log(tracks) if tracks else "unknown"
    gan, label = one.get("kind", "gan") == "gan", one["label"]
    accepted = {*one["acceptable_labels"], *(() if gan else ("unknown",))}
    failed = gan and label not in ("healthy", "unknown")
    return said in accepted, gan and label == "healthy" and said not in ("healthy", "unknown"), failed and said == "healthy"


def best(chosen: list[dict[str, Any]], right: list[dict[str, tuple[bool, bool, bool]]], draw: random.Random) -> int:
    """Of all choices, one with the most right answers, then the fewest false alarms and misses."""
    worth = [(sum(t[o["id"]][0] for o in chosen), -sum(t[o["id"]][1] + t[o["id"]][2] for o in chosen)) for t in right]
    return draw.choice([place for place, value in enumerate(worth) if value == max(worth)])


def rates(held: list[dict[str, Any]], table: dict[str, tuple[bool, bool, bool]]) -> dict[str, float]:
    return together([table[one["id"]] for one in held], held)


def together(results: list[tuple[bool, bool, bool]], of: list[dict[str, Any]]) -> dict[str, float]:
    gans = [one for one in of if one.get("kind", "gan") == "gan"]
    healthy = sum(one["label"] == "healthy" for one in gans)
    failed = sum(one["label"] not in ("healthy", "unknown") for one in gans)
    return {
        "accuracy": round(sum(r[0] for r in results) / len(results), 4),
        "false_alarms": round(sum(r[1] for r in results) / max(healthy, 1), 4),
        "misses": round(sum(r[2] for r in results) / max(failed, 1), 4),
    }


def mean(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(sum(one[name] for one in found) / len(found), 4) for name in found[0]}


if __name__ == "__main__":
    main()
