"""What a watched loop leaves on disk: a run folder without a recipe, since the loop is somebody else's.

runs/watch-NAME/  watch.json  environment.json  signals.jsonl  findings.jsonl  actions.jsonl  lock
"""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from equipoise import disk, environment
from equipoise.diagnosis.doctor import Change
from equipoise.diagnosis.track import Facts
from equipoise.history import History
from equipoise.run_folder import RunFolder, indented


class Notes:
    """The files of one D's game."""

    def __init__(self, run: RunFolder, facts: Facts) -> None:
        self.run, self.signals, self.findings = run, History(run.signals), History(run.findings)
        self.actions = History(run.actions)
        self.stack = ExitStack()
        self.stack.enter_context(run.locked())
        self.written: Facts | None = None
        self.write(run.environment, environment.describe())
        self.describe(facts)

    @classmethod
    def new(cls, out: str | Path | None, name: str, facts: Facts) -> Notes:
        """In `out`, or in the first free one of runs/NAME, runs/NAME-2, ...; RunError where that is not empty."""
        return cls(RunFolder.new(out, name), facts)

    def add(self, record: dict[str, Any], facts: Facts) -> None:
        self.signals.append(record)
        if facts != self.written:
            self.describe(facts)

    def found(self, change: Change) -> None:
        self.findings.append({"step": change.finding.step, "what": change.what, **change.finding.as_json()})

    def did(self, action: dict[str, Any]) -> None:
        self.actions.append(action)

    def describe(self, facts: Facts) -> None:
        """What is known of the game, as diagnosis.track.Facts."""
        self.write(self.run.watch, asdict(facts))
        self.written = facts

    def write(self, file: Path, content: dict[str, Any]) -> None:
        with suppress(OSError):  # a full disk may have room again; the loop goes on
            disk.atomic_write(file, indented(content).encode())

    def close(self) -> None:
        """Everything is on disk; RunError where that can't be."""
        try:
            self.signals.sync()
            self.findings.sync()
            self.actions.sync()
        finally:
            self.signals.close()
            self.findings.close()
            self.actions.close()
            self.stack.close()


def name_of_script() -> str:
    """'watch-train' for train.py; 'watch-loop' where there is no script."""
    script = Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-", "-c", "-m") else ""
    return f"watch-{'notebook' if 'ipykernel' in script else script or 'loop'}"
