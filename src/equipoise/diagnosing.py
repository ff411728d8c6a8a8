"""What is wrong with a run: of a log in any format, of a run folder of ours, or of one of StyleGAN's. No torch.

diagnosis = equipoise.diagnose("train.log")
print(diagnosis.verdict, [finding.words for finding in diagnosis.findings])
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from equipoise import logs
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
        if (where / "recipe.yaml").is_file():
            return Report(judge(of_run(where), RULES), where, "run folder of equipoise")
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


def of_run(folder: Path) -> Track:
    """The track of a run folder of ours: its signals, and what its recipe says of the game."""
    history = History(folder / "signals.jsonl")
    if not history.path.is_file():
        raise RunError(f"{folder}: has no signals.jsonl yet")
    track = Track.of(history.read("step"), facts_of(folder / "recipe.yaml"))
    if history.damaged:
        track.facts = replace(
            track.facts, notes=(*track.facts.notes, f"{history.damaged} damaged lines of signals.jsonl were left out")
        )
    return track


LEVELS = {  # D's loss at equilibrium in the mean convention, and perfect D's; G's (the table of FAILURES.md, section 2)
    "non_saturating": (0.6931471805599453, 0.0, 0.6931471805599453),
    "minimax": (0.6931471805599453, 0.0, -0.6931471805599453),
    "relativistic": (0.6931471805599453, 0.0, 0.6931471805599453),
    "least_squares": (0.25, 0.0, 0.25),
    "hinge": (2.0, 0.0, None),
    "wasserstein": (0.0, None, None),
}


def facts_of(recipe: Path) -> Facts:
    """What a recipe says of the game that matters to rules; read as plain YAML, since building a recipe needs torch."""
    try:
        settings = yaml.safe_load(recipe.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunError(f"{recipe}: can't be read ({error})") from None
    settings = settings if isinstance(settings, dict) else {}
    objective = settings.get("objective")
    objective = objective.get("kind") if isinstance(objective, dict) else objective
    name = objective if isinstance(objective, str) else ""
    d, floor, g = LEVELS.get(name, (None, None, None))
    batch, steps = settings.get("batch"), settings.get("steps")
    return Facts(
        objective=name,
        convention="mean",
        d_equilibrium=d,
        g_equilibrium=g,
        d_floor=floor,
        batch=batch if isinstance(batch, int) else None,
        steps_planned=steps if isinstance(steps, int) else None,
    )
