"""Reading logs of GAN training, whoever wrote them. To add a format: its file, its line here, its test. No torch in here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from equipoise.errors import DataError
from equipoise.logs import csv_file, json_file, json_lines, notebook, reader, stylegan, tensorboard
from equipoise.logs.columns import Columns
from equipoise.logs.game import Game, games, separate
from equipoise.logs.source import Source, segments

FORMATS: tuple[ModuleType, ...] = (tensorboard, stylegan, notebook, json_lines, json_file, csv_file)  # the first that matches


@dataclass(frozen=True)
class Log:
    """What a file holds: the pairs of players of its longest adversarial run, and what a person should know of the reading."""

    path: Path
    format: str
    games: tuple[Game, ...]
    notes: tuple[str, ...] = ()


def read(path: str | Path) -> Log:
    """A log in any of the formats, compressed or not; DataError for what can't be read or holds no losses of D and G."""
    source = Source(Path(path))
    form = next((form for form in FORMATS if form.matches(source)), None)
    if form is None:
        source.refuse_binary()
        name, found = "text", [reader.read(segments(source.lines()))]
    else:
        name, found = form.NAME, form.read(source)
    runs = [pairs for columns in found for run in separate(columns) if (pairs := games(run))]
    if not runs:
        raise refusal(source, found)
    best = max(runs, key=lambda pairs: max(game.points for game in pairs))
    notes = [f"{len(runs)} runs in this file; the longest one is judged"] if len(runs) > 1 else []
    if source.damage:
        notes.append(source.damage)
    return Log(source.path, name, tuple(best), tuple(notes))


def refusal(source: Source, found: list[Columns]) -> DataError:
    """Why there is nothing to judge, with the names that were found."""
    names = sorted({(-len(run[name]), name) for run in found for name in run if len(run[name]) > 1})
    seen = ", ".join(repr(name) for _, name in names[:4])
    return DataError(
        source.path,
        "no log of a GAN: it needs a loss of a discriminator and one of a generator; "
        + (f"the numbers in it are named {seen}" if seen else "there are no named numbers in it")
        + (f" ({source.damage})" if source.damage else ""),
    )
