"""A run folder: all that a training leaves behind, as plain files that outlive the tool.

    runs/NAME/  recipe.yaml  environment.json  data.json  signals.jsonl  findings.jsonl  actions.jsonl  evaluations.jsonl
                curves.png  samples/  checkpoints/step-0001500/{state.safetensors, state.json}  report.html  lock

A folder is a run once it holds recipe.yaml, which is written last.
"""

from __future__ import annotations

import datetime
import errno
import fcntl
import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from equipoise import disk, environment, plain_json
from equipoise.diagnosis.track import Facts
from equipoise.errors import RunError, did_you_mean

RUNS = Path("runs")  # where runs go that were given no folder
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class RunFolder:
    """The paths of a run, and who may write there. Making one of these touches no disk."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.recipe = self.path / "recipe.yaml"
        self.environment = self.path / "environment.json"
        self.data = self.path / "data.json"
        self.facts = self.path / "facts.json"  # what rules may know of the game: its objective, its values at equilibrium
        self.watch = self.path / "watch.json"  # in place of a recipe, where somebody else's loop was watched
        self.signals = self.path / "signals.jsonl"
        self.findings = self.path / "findings.jsonl"
        self.actions = self.path / "actions.jsonl"
        self.evaluations = self.path / "evaluations.jsonl"
        self.samples = self.path / "samples"
        self.checkpoints = self.path / "checkpoints"
        self.report = self.path / "report.html"
        self.lock = self.path / "lock"
        self._made = False  # the folder itself, by this object

    # ----------------------------------------------------------------------------------------- a new one, an old one

    @classmethod
    def new(cls, out: str | Path | None, name: str) -> RunFolder:
        """An empty folder for a run: `out`, or the first free one of runs/NAME, runs/NAME-2, ...

        Raises RunError where `out` holds a run or anything else, or can't be written.
        """
        if out is not None:
            run = cls(out)
            if not run._make():
                run._refuse_contents()
            return run
        safe = re.sub(r"[^\w.+-]+", "-", name).strip(".-") or "run"
        names = (safe if number == 1 else f"{safe}-{number}" for number in count(1))
        return next(run for run in (cls(RUNS / name) for name in names) if run._make())

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """A run that exists; RunError for anything else."""
        run = cls(path)
        if run.recipe.is_file():
            return run
        if not run.path.exists():
            near = [p.parent.name for p in run.path.parent.glob("*/recipe.yaml")] if run.path.parent.is_dir() else []
            raise RunError(f"{path}: there is no such run folder" + (f" ({did_you_mean(run.path.name, near)})" if near else ""))
        raise RunError(f"{path}: is not a run folder (it has no recipe.yaml)")

    def _make(self) -> bool:
        """Make the folder; False where something has its name already."""
        try:
            disk.make_folder(self.path.parent)
        except OSError as error:
            raise self._trouble(error) from None
        try:
            disk.make(self.path)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._trouble(error) from None
        self._made = True
        return True

    def _refuse_contents(self) -> None:
        """Raise RunError for a folder that holds a run, or anything else that is somebody's."""
        if self.recipe.exists():
            raise RunError(f"{self.path}: holds a run already; go on with: equipoise resume {self.path}, or give another --out")
        try:
            foreign = sorted(p.name for p in self.path.iterdir() if not self._unfinished(p))
        except OSError as error:
            raise self._trouble(error) from None
        if foreign:
            raise RunError(f"{self.path}: is not empty (it holds {foreign[0]}); give another --out")

    def _unfinished(self, path: Path) -> bool:
        """True for what a process leaves that was killed while it created a run here; it begins with the lock."""
        if not self.lock.exists():
            return False
        ours = path in (self.lock, self.environment, self.data, self.facts) or path.name.endswith(disk.PART)
        return ours or (path in (self.samples, self.checkpoints) and path.is_dir() and not any(path.iterdir()))

    @contextmanager
    def created(self, recipe: str, data: dict[str, Any]) -> Iterator[RunFolder]:
        """Fill the new folder. Where that, or what is done within the context, fails, nothing of it stays behind."""
        with self.locked():
            if self.recipe.exists():
                raise RunError(f"{self.path}: holds a run already, begun a moment ago; give another --out")
            try:
                self._write(self.environment, indented(environment.describe()))
                self._write(self.data, indented(data))
                for folder in (self.samples, self.checkpoints):
                    if not folder.is_dir():
                        disk.make(folder)
                self._write(self.recipe, recipe)
                yield self
            except BaseException as error:
                self.unmake()
                if isinstance(error, OSError):
                    raise self._trouble(error) from None
                raise

    def unmake(self) -> None:
        """Remove a run that has not begun, with what `created` has made; a folder that was there before stays, empty."""
        disk.discard(self.recipe)  # first: from here on this is no run
        for path in list(self.path.iterdir()) if self.path.is_dir() else ():
            disk.discard(path)
        if self._made:
            disk.discard(self.path)

    # ------------------------------------------------------------------------------------------------------ the lock

    @contextmanager
    def locked(self) -> Iterator[RunFolder]:
        """Be the only process that writes here; RunError, with the number of the other one, where somebody is.

        The lock belongs to the process, so it ends with it, however it ends. Leftovers of one that was killed are removed.
        """
        try:
            file = self._acquire()
        except OSError as error:
            raise self._trouble(error) from None
        with file:
            for folder in (self.path, self.samples, self.checkpoints):
                disk.remove_leftovers(folder)
            yield self

    def _acquire(self) -> TextIO:
        file = self.lock.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                warnings.warn(f"{self.path}: this file system has no locks; let only one process write here", stacklevel=4)
                return file
            file.close()
            if isinstance(error, BlockingIOError):
                raise RunError(f"{self.path}: is in use by {self.holder()}; wait for it, or end it") from None
            raise
        file.truncate(0)
        started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        file.write(json.dumps({"pid": os.getpid(), "host": os.uname().nodename, "started": started}) + "\n")
        file.flush()
        return file

    def holder(self) -> str:
        """'process 4711 (on HOST, since 2026-01-31T12:00:00+00:00)', as whoever took the lock last wrote it."""
        try:
            about = json.loads(self.lock.read_text("utf-8"))
            return f"process {about['pid']} (on {about['host']}, since {about['started']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    # ----------------------------------------------------------------------------------------------------- its files

    def write_recipe(self, text: str) -> None:
        """Put another recipe in the place of the old one."""
        try:
            self._write(self.recipe, text)
        except OSError as error:
            raise self._trouble(error) from None

    def write_facts(self, facts: Facts) -> None:
        """Keep what rules may know of the game."""
        self._write(self.facts, indented(asdict(facts)))

    def data_facts(self) -> dict[str, Any]:
        """What data.json says."""
        return self._facts(self.data)

    def environment_facts(self) -> dict[str, Any]:
        """What environment.json says."""
        return self._facts(self.environment)

    def _facts(self, file: Path) -> dict[str, Any]:
        try:
            facts = plain_json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise RunError(f"{file}: can't be read ({getattr(error, 'strerror', None) or error})") from None
        if not isinstance(facts, dict):
            raise RunError(f"{file}: is not what equipoise writes")
        return facts

    def _write(self, file: Path, text: str) -> None:
        disk.atomic_write(file, text.encode("utf-8", "backslashreplace"))  # names of files need not be UTF-8

    def _trouble(self, error: OSError) -> RunError:
        return RunError(f"{self.path}: can't be written ({error.strerror or error})")


def indented(facts: dict[str, Any]) -> str:
    return plain_json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
