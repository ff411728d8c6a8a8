"""What is wrong with a run: of a log in any format, of a run folder of ours, or of one of StyleGAN's. No torch.

diagnosis = equipoise.diagnose("train.log")
print(diagnosis.verdict, [finding.words for finding in diagnosis.findings])
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from equipoise import logs, plain_json
from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import SURE
from equipoise.diagnosis.doctor import diagnose as judge
from equipoise.diagnosis.finding import Diagnosis
from equipoise.diagnosis.track import Facts, Track
from equipoise.errors import DataError, RunError
from equipoise.history import History
from equipoise.logs import convert

LEAST = 6  # moments of a log: with fewer, only what is plain is said
SUSPICION = 0.4  # a finding at least this sure, and less than a finding has to be, leaves a log undecided
FILES = ("stats.jsonl", "signals.jsonl", "metrics.csv", "loss_log.txt", "training.log", "train.log", "log.txt")
RECIPE, WATCHED, FACTS, DATA = "recipe.yaml", "watch.json", "facts.json", "data.json"  # one of the first two makes it ours
CROSS_ENTROPY = ("non_saturating", "minimax")
RELABELLING = {"label_noise", "label_flipping"}  # tricks whose labels only they can tell
EVENTS = "events.out.tfevents*"


@dataclass(frozen=True)
class Report:
    """A diagnosis, and what it was made of."""

    diagnosis: Diagnosis
    path: Path
    format: str
    pair: str = ""  # which pair of players, where there are several


def diagnose(path: str | Path) -> Diagnosis:
    """What a log or a run folder tells; DataError where it can't be read or is none of a GAN."""
    return report(path).diagnosis


def report(path: str | Path) -> Report:
    """The diagnosis with what was read; of several pairs of players the one that is worst off."""
    where = Path(path)
    if where.is_dir():
        facts = known(where)
        if facts is not None:
            kind = "run folder of equipoise" if (where / RECIPE).is_file() else "folder of a watched loop"
            return Report(judge(track_of(where, facts), RULES), where, kind)
        several_d = sorted(file.parent for file in where.glob(f"*/{WATCHED}"))
        if several_d:  # a watched loop with a folder for each discriminator
            return max((replace(report(folder), pair=folder.name) for folder in several_d), key=lambda r: trouble(r.diagnosis))
        where = inside(where)
    log = logs.read(where)
    several = len(log.games) > 1
    reports = []
    for game in log.games:
        pair = (f"{len(log.games)} pairs of players; this is {game.tag!r}, the worst off",) if several else ()
        reports.append(Report(of_log(convert.track(game, log.notes + pair)), where, log.format, game.tag))
    return max(reports, key=lambda report: trouble(report.diagnosis))


def of_log(track: Track) -> Diagnosis:
    """What the rules say of a pair of players in a log."""
    return undecided(judge(track, RULES, LEAST))


def trouble(diagnosis: Diagnosis) -> float:
    """How sure the surest finding is; 0 without one."""
    return max((finding.confidence for finding in diagnosis.findings), default=0.0)


def verdict_of_log(tracks: list[Track]) -> str:
    """Of all pairs of players in a log, the verdict on the one that is worst off."""
    return max(map(of_log, tracks), key=trouble).verdict


def undecided(diagnosis: Diagnosis) -> Diagnosis:
    """'healthy' becomes 'unknown' where there is a suspicion that a log can't settle."""
    suspected = any(SUSPICION <= f.confidence < SURE for f in diagnosis.findings)
    return replace(diagnosis, verdict="unknown") if diagnosis.verdict == "healthy" and suspected else diagnosis


def inside(folder: Path) -> Path:
    """The log in a folder: StyleGAN's, Lightning's, CycleGAN's, TensorBoard's."""
    events = sorted(folder.glob(EVENTS), key=lambda file: file.stat().st_size)
    found = [folder / name for name in FILES if (folder / name).is_file()] + events[-1:]
    if not found:
        raise DataError(folder, f"holds no run and no log (one of recipe.yaml, {', '.join(FILES)}, {EVENTS})")
    return found[0]


def track_of(folder: Path, facts: Facts) -> Track:
    """The signals of a run folder of ours, with what is known of its game."""
    history = History(folder / "signals.jsonl")
    if not history.path.is_file():
        raise RunError(f"{folder}: has no signals.jsonl yet")
    track = Track.of(history.read("step"), facts)
    if history.damaged:
        track.facts = replace(
            track.facts, notes=(*track.facts.notes, f"{history.damaged} damaged lines of signals.jsonl were left out")
        )
    return track


def known(folder: Path) -> Facts | None:
    """What is known of the game of a folder of ours; None for any other folder."""
    if (folder / WATCHED).is_file():
        return kept(folder / WATCHED)
    if not (folder / RECIPE).is_file():
        return None
    return kept(folder / FACTS) if (folder / FACTS).is_file() else facts_of(folder / RECIPE)


def kept(file: Path) -> Facts:
    """What a run, or a watched loop, wrote of its game."""
    try:
        about = plain_json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(f"{file}: can't be read ({error})") from None
    if not isinstance(about, dict):
        raise RunError(f"{file}: is not what equipoise writes")
    found = {name: value for name, value in about.items() if name in Facts.__dataclass_fields__}
    notes = found.get("notes")
    return Facts(**{**found, "notes": tuple(map(str, notes)) if isinstance(notes, list) else ()})


def labels(tricks: Mapping[str, Any]) -> tuple[float, float] | None:
    """What a recipe asks D to say of reals and of fakes: 1 and 0, or what label smoothing makes of them; None where other
    tricks change them, or they can't be read.
    """
    if RELABELLING & tricks.keys():
        return None
    smoothing = tricks.get("label_smoothing")
    wanted = [smoothing.get("real", 0.9), smoothing.get("fake", 0.0)] if isinstance(smoothing, dict) else [1.0, 0.0]
    real, fake = (float(label) if type(label) in (int, float) else math.nan for label in wanted)
    return (real, fake) if 0 <= fake < real <= 1 else None


def levels(objective: str, real: float, fake: float) -> tuple[float | None, float | None, float | None]:
    """D's loss at equilibrium (mean convention), a perfect D's, and G's at equilibrium (FAILURES.md, convention table)."""
    middle = (real + fake) / 2
    if objective in CROSS_ENTROPY:
        g = -math.log(middle) if objective == "non_saturating" else math.log(1 - middle)
        return entropy(middle), (entropy(real) + entropy(fake)) / 2, g
    if objective == "least_squares":
        return ((real - fake) / 2) ** 2, 0.0, (middle - 1) ** 2
    if objective.startswith("relativistic"):
        return math.log(2), 0.0, math.log(2)
    return {"hinge": (2.0, 0.0, None), "wasserstein": (0.0, None, None)}.get(objective, (None, None, None))


def entropy(p: float) -> float:
    """Of a coin that falls on its head with probability p, in nats."""
    return sum(-q * math.log(q) for q in (p, 1 - p) if q > 0)


def facts_of(recipe: Path) -> Facts:
    """What the recipe of a run that wrote no facts says of its game; plain YAML, since building a recipe needs torch."""
    try:
        settings = yaml.safe_load(recipe.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunError(f"{recipe}: can't be read ({error})") from None
    settings = settings if isinstance(settings, dict) else {"objective": None}
    objective = settings.get("objective", "non_saturating")  # a recipe leaves out what is at its default
    objective = objective.get("kind") if isinstance(objective, dict) else objective
    name = objective if isinstance(objective, str) else ""
    tricks = settings.get("tricks")
    asked = labels(tricks if isinstance(tricks, dict) else {})
    d, floor, g = levels(name, *asked) if asked is not None else (None, None, None)
    untold = () if d is not None else (f"the levels of {name or 'an unknown objective'} with these tricks are not known",)
    batch, steps = settings.get("batch"), settings.get("steps")
    return Facts(
        objective=name,
        convention="mean",
        d_equilibrium=d,
        g_equilibrium=g,
        d_floor=floor,
        logits=name in CROSS_ENTROPY,
        batch=batch if isinstance(batch, int) else None,
        samples=length(recipe.with_name(DATA)),
        steps_planned=steps if isinstance(steps, int) else None,
        notes=untold,
    )


def length(data: Path) -> int | None:
    """How many samples a run was trained on."""
    try:
        about = plain_json.loads(data.read_bytes())
    except (OSError, ValueError):
        return None
    found = about.get("length") if isinstance(about, dict) else None
    return found if isinstance(found, int) else None
