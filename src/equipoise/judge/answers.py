"""What was answered, in two files that only grow: who takes part and what they are to see, and each answer as it came.

raters.jsonl: a rater's number, the SHA-256 of the token that the browser keeps, and the trials. No name, no address.
answers.jsonl: one line an answer. A torn last line is the answer of a server that was killed; it is asked again.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from equipoise.history import History
from equipoise.judge.plan import Plan
from equipoise.judge.schedule import Trial, trials

RATERS, ANSWERS = "raters.jsonl", "answers.jsonl"


@dataclass
class Rater:
    """One person who takes part."""

    number: int
    trials: list[Trial]
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return len(self.answers) == len(self.trials)


class Answers:
    """The answers of a folder, and whose they are. For one process at a time."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        self._raters, self._answers = History(folder / RATERS), History(folder / ANSWERS)
        self.raters: dict[str, Rater] = {}  # by the token's digest
        self.foreign = 0  # lines of another plan, or of nobody
        numbers: dict[int, Rater] = {}
        for record in self._raters.read("rater"):
            if record.get("plan") == plan.digest:
                rater = Rater(int(record["rater"]), [Trial.of_json(one) for one in record["trials"]])
                self.raters[record["token_sha256"]] = numbers[rater.number] = rater
        for record in self._answers.read("rater", "trial"):
            found = numbers.get(int(record["rater"]))
            if found is None or record.get("plan") != plan.digest or record["trial"] != len(found.answers):
                self.foreign += 1
            else:
                found.answers.append(record)

    def everyone(self) -> list[Rater]:
        """In the order in which they came."""
        return sorted(self.raters.values(), key=lambda rater: rater.number)

    def join(self) -> tuple[str, Rater]:
        """Somebody new, and the token that alone finds them again."""
        token = secrets.token_urlsafe(18)
        rater = Rater(len(self.raters), trials(self.plan, len(self.raters)))
        self._raters.append(
            {
                "rater": rater.number,
                "token_sha256": digest(token),
                "plan": self.plan.digest,
                "at": now(),
                "trials": [trial.as_json() for trial in rater.trials],
            }
        )
        self.raters[digest(token)] = rater
        self._raters.sync()
        return token, rater

    def find(self, token: str) -> Rater | None:
        return self.raters.get(digest(token))

    def add(self, rater: Rater, record: dict[str, Any]) -> None:
        """Keep an answer; RunError where the disk can't, in which case it is written with the next one, or by `sync`."""
        record = {"rater": rater.number, "trial": len(rater.answers), **record, "at": now(), "plan": self.plan.digest}
        self._answers.append(record)
        rater.answers.append(record)
        self._answers.sync()

    def sync(self) -> None:
        """Return once all is on the disk."""
        self._raters.sync()
        self._answers.sync()

    def close(self) -> None:
        self._raters.close()
        self._answers.close()


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
