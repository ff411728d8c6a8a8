"""`equipoise report RUN`: one HTML file that opens offline, and the same in a screenful of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from equipoise import diagnosing, disk
from equipoise.errors import RunError
from equipoise.pages import material
from equipoise.pages.page import page
from equipoise.pages.story import story
from equipoise.run_folder import RunFolder


def report(run: str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a run and return its path: `out`, or report.html in the run folder (beside a log, LOG.html).

    `run` is a run folder, that of a watched loop, or a log in any format that `diagnose` reads. The file needs no network:
    signals (thinned to what a screen can show), findings, sample grids, recipe and environment are in it. Raises RunError or
    DataError for what is no run, or can't be written.
    """
    return write(tell(run), out if out is not None else beside(Path(run)))


def tell(run: str | Path) -> dict[str, Any]:
    """The story of a run as data (see story.py)."""
    folder = RunFolder(run)
    facts = diagnosing.known(folder.path)
    if facts is not None:
        return story(material.of_folder(folder, facts))
    if not folder.path.exists():
        RunFolder.open(run)  # which says what is near
    pairs = len(list(folder.path.glob(f"*/{folder.watch.name}")))
    if pairs:  # a watched loop with a folder for each discriminator
        worst = diagnosing.report(folder.path).path
        told = tell(worst)
        note = f"{pairs} discriminators were watched; this is {worst.name!r}, the worst off"
        return {**told, "name": f"{folder.path.resolve().name}: {worst.name}", "notes": [note, *told["notes"]]}
    return story(material.of_log(folder.path))


def beside(run: Path) -> Path:
    return run / "report.html" if run.is_dir() else run.with_name(f"{run.name}.html")


def write(told: dict[str, Any], out: str | Path) -> Path:
    path = Path(out)
    try:
        disk.atomic_write(path, page(told).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise RunError(f"{path}: can't be written ({error.strerror or error})") from None
    return path
