"""A study from the command line: made, or found where it was left; then served, or reported."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path

from equipoise.errors import RunError, SettingError
from equipoise.judge import plan as plans
from equipoise.judge.answers import Answers
from equipoise.judge.plan import Design
from equipoise.judge.server import Server
from equipoise.judge.session import Study
from equipoise.run_folder import RunFolder
from equipoise.sides import Wanted, is_run, parted, sides

FOLDER = "judge"  # in the run's own
PORT = 8420
Say = Callable[[str], None]


def prepare(wanted: Wanted, design: Design, out: Path | None, say: Say) -> Path:
    """The folder of the study: that of an earlier one of the same request, or one made now.

    A study's own folder may be given in the place of a run. RunError where the folder holds another study.
    """
    first = Path(wanted.what[0])
    if plans.is_plan(first):
        if len(wanted.what) > 1 or out is not None or wanted.against is not None:
            raise SettingError("", f"{first}: is a study already; to go on with it, give it alone")
        return first
    folder = out if out is not None else beside(wanted)
    if plans.is_plan(folder):
        plan, _ = plans.read(folder)
        if plan.asked != plans.asked(design, wanted):
            raise RunError(
                f"{folder}: holds another study ({plan.mode}); give another --out, or go on with: equipoise judge {folder}"
            )
        return folder
    plans.check(design)
    found = sides(wanted, plans.needs_reals(design.mode, len(wanted.what)), say)
    plan, pixels = plans.make(found, design, wanted, say)
    plans.write(folder, plan, pixels)
    for source in plan.sources:
        split = f", {source.about['split']}" if "split" in source.about else ""
        say(f"{source.name}: {source.about['pictures']} pictures of {source.about['path']}{split}")
    return folder


def beside(wanted: Wanted) -> Path:
    """RUN/judge for a run; for anything else, whose folder is not ours to write in, ./judge."""
    what = wanted.what[0]
    return Path(parted(what)[0]) / FOLDER if is_run(what) else Path(FOLDER)


def serve(folder: Path, host: str, port: int, say: Say, browse: bool = False) -> None:
    """Serve a study until Ctrl-C; RunError where another process does so already."""
    plan, pixels = plans.read(folder)
    with RunFolder(folder).locked():
        answers = Answers(folder, plan)
        if answers.foreign:
            say(f"warning: {folder}: {answers.foreign} answers do not belong to this plan and do not count")
        with Server(Study(plan, pixels, answers), host, port) as server:
            say(f"{plan.mode}: {server.url}\nend with Ctrl-C; then: equipoise judge report {folder}")
            if browse:
                webbrowser.open(server.url)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                done = sum(rater.finished for rater in answers.everyone())
                say(f"\n{folder}: {len(answers.everyone())} took part, {done} of them to the end")
            finally:
                answers.close()
