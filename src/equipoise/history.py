"""Records of a run, one JSON object a line, in a file that only grows.

A record is written in one piece and is complete once its line ends. A process that is killed leaves at most the last
line torn; readers ignore that one. Plain JSON (see plain_json.py for NaN and infinities), read without torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from equipoise import disk, plain_json
from equipoise.errors import RunError

CLOSING = "closing"  # true in a record that a run which went on would not have written


class History:
    """One file of records, such as signals.jsonl; it need not exist.

    `damaged` counts the lines in the middle that the last `read` could not make sense of.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self._file: BinaryIO | None = None
        self._pending: list[bytes] = []  # records that the disk had no room for

    def append(self, record: dict[str, Any]) -> None:
        """Add a record. One that can't be written waits in memory for the next append or sync."""
        self._pending.append(plain_json.dumps(record).encode() + b"\n")
        with suppress(OSError):  # sync says it, if it lasts
            self._write()

    def sync(self) -> None:
        """Return once all records would survive a power cut; RunError where they can't be written."""
        try:
            self._write()
            if self._file is not None:
                disk.sync(self._file)
        except OSError as error:
            raise self._trouble("written", error) from None

    def _write(self) -> None:
        while self._pending:
            if self._file is None:
                self._file = self._open()
            end = self._file.seek(0, 2)
            try:
                disk.put(self._file, self._pending[0])
            except OSError:
                disk.cut(self._file, end)  # half a record must not meet the next one
                raise
            del self._pending[0]

    def _open(self) -> BinaryIO:
        """The file, ready for the next record: a torn last line is cut off."""
        file = self.path.open("ab+", buffering=0)
        file.seek(0)
        data = file.readall()
        if data and not data.endswith(b"\n"):
            whole = data.rfind(b"\n") + 1
            if parsed(data[whole:]) is None:
                disk.cut(file, whole)
            else:  # all there but the end of the line
                disk.put(file, b"\n")
        return file

    def close(self) -> None:
        """Let go of the file; an append opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def read(self, *numbers: str) -> Iterator[dict[str, Any]]:
        """The records so far, in order; with names of `numbers`, those that hold all of these."""
        self.damaged = 0
        unclear = 0  # counted once another record follows: the last line may be torn
        for line in self._lines():
            record = parsed(line)
            if record is None:
                unclear += 1
            else:
                self.damaged += unclear
                unclear = 0
                if all(isinstance(record.get(name), int | float) for name in numbers):
                    yield record
        self.damaged += max(0, unclear - 1)

    def truncate_after(self, step: int) -> None:
        """Forget the records of later steps, those that only the end of a session wrote (`closing`), and whatever is damaged:
        what belongs to the run that resumes will be written again.
        """
        lines = list(self._lines())
        kept = []
        for line in lines:
            record = parsed(line)
            if record is not None and not later(record, step):
                kept.append(line.rstrip(b"\n") + b"\n")
        if kept != lines:
            self.close()
            try:
                disk.atomic_write(self.path, b"".join(kept))
            except OSError as error:
                raise self._trouble("written", error) from None

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._trouble("read", error) from None

    def _trouble(self, done: str, error: OSError) -> RunError:
        return RunError(f"{self.path}: can't be {done} ({error.strerror or error})")


def parsed(line: bytes) -> dict[str, Any] | None:
    """The record of a line, None where it holds none. A torn one holds none: no beginning of a JSON object is one."""
    try:
        record = plain_json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def later(record: dict[str, Any], step: int) -> bool:
    when = record.get("step")
    return record.get(CLOSING) is True or (isinstance(when, int | float) and when > step)
