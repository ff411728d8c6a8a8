"""One study while it is going on: what the page is told, and what becomes of its answers. Knows no HTTP.

The page is told names of pictures and nothing about them. What is right is said in the tutorial alone, after the answer.
"""

from __future__ import annotations

import math
import threading
from typing import Any

from equipoise.errors import EquipoiseError
from equipoise.judge import items
from equipoise.judge.answers import Answers, Rater
from equipoise.judge.items import Pixels
from equipoise.judge.plan import Plan
from equipoise.judge.schedule import KEYS, keys
from equipoise.judge.staircase import RULES

LONGEST = 86_400_000.0  # milliseconds that an answer can take: a day
PAINT = 384  # pixels on the screen that a small picture is enlarged to, by a whole factor


class RefusedError(EquipoiseError):
    """A request that can't be answered, with HTTP's status for it."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class Study:
    """A plan, its pictures and its answers; for many threads."""

    def __init__(self, plan: Plan, pixels: Pixels, answers: Answers) -> None:
        self.plan, self.answers = plan, answers
        self._pixels, self._row = pixels, {item.id: row for row, item in enumerate(plan.items)}
        self._lock = threading.Lock()

    def picture(self, name: str) -> bytes:
        """The PNG of an opaque name; RefusedError for any other."""
        row = self._row.get(name)
        if row is None:
            raise RefusedError(404, "there is no such picture")
        return items.png(self._pixels[row])

    def about(self) -> dict[str, Any]:
        """What a page needs before anybody takes part."""
        plan, (height, width, _) = self.plan, self.plan.shape
        zoom = max(1, PAINT // max(height, width))
        return {
            "study": plan.digest,
            "mode": plan.mode,
            "question": plan.question,
            "trials": plan.n + plan.catch + plan.mirrored,
            "tutorial": plan.tutorial,
            "width": width * zoom,
            "height": height * zoom,
            "enlarged": zoom > 1,
            "masks": plan.pool(-1, "mask"),
            "feedback": plan.real is not None,
        }

    def join(self, token: object) -> dict[str, Any]:
        """Begin (None), or go on with the token of before: where this rater stands. RefusedError for an unknown token."""
        with self._lock:
            if token is None:
                token, rater = self.answers.join()
            else:
                rater = self._rater(token)
            return {"token": token, **self.about(), **self._standing(rater), **self._session(rater)}

    def answer(self, token: object, given: dict[str, Any]) -> dict[str, Any]:
        """Note an answer; where the rater stands then, and in the tutorial whether it was right.

        The same answer sent again (its reply was lost) changes nothing. RefusedError (409) for one that is out of turn.
        """
        with self._lock:
            rater = self._rater(token)
            number, key, record = checked(given)
            if number == len(rater.answers) - 1 and rater.answers[-1]["key"] == key:
                self.answers.sync()
            elif number != len(rater.answers) or rater.finished:
                raise RefusedError(409, "this was answered already, perhaps in another window; reload the page")
            else:
                trial = rater.trials[number]
                said = keys(self.plan, rater.number)[key]
                right = said == trial.truth if trial.truth else None
                asked_ms = self._exposure(rater)
                timed = {} if asked_ms is None else {"asked_ms": asked_ms}
                about = {**trial.as_json(), "key": key, "answer": said, "right": right}
                self.answers.add(rater, {**about, **timed, **record})
            last = rater.answers[-1]
            feedback = {"right": last["right"], "truth": last["truth"]} if last["kind"] == "tutorial" else None
            return {**self._standing(rater), "feedback": feedback}

    # ------------------------------------------------------------------------------------------------------ inside

    def _rater(self, token: object) -> Rater:
        rater = self.answers.find(token) if isinstance(token, str) else None
        if rater is None:
            raise RefusedError(404, "nobody takes part under this token")
        return rater

    def _standing(self, rater: Rater) -> dict[str, Any]:
        score = [answer["right"] for answer in rater.answers if answer["kind"] == "test" and answer["right"] is not None]
        ended = {"right": sum(score), "of": len(score)} if rater.finished and score else {}
        return {"done": len(rater.answers), "exposure": self._exposure(rater), "finished": rater.finished, **ended}

    def _session(self, rater: Rater) -> dict[str, Any]:
        shown: list[dict[str, Any]] = []
        for at, trial in enumerate(rater.trials):
            tutorial, before = trial.kind == "tutorial", rater.trials[at - 1] if at else trial
            pause = not tutorial and (before.kind == "tutorial" or before.block != trial.block)
            shown.append({"items": trial.items, "tutorial": tutorial, "pause": pause})
        return {"keys": keys(self.plan, rater.number), "list": shown}

    def _exposure(self, rater: Rater) -> int | None:
        """Milliseconds for the next picture; None where it stays until the answer."""
        if not self.plan.staircase or rater.finished:
            return None
        staircase, trial = RULES[self.plan.staircase], rater.trials[len(rater.answers)]
        if trial.kind == "tutorial":
            return staircase.start
        block = [a["right"] for a in rater.answers if a["kind"] == "test" and a["block"] == trial.block]
        return staircase.following(block)


def checked(given: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
    """(trial, key, what is measured) of an answer as the page sends it; RefusedError (400) for anything else."""
    number, key = given.get("trial"), given.get("key")
    if type(number) is not int or key not in KEYS:
        raise RefusedError(400, f"an answer needs a trial's number and a key, {' or '.join(KEYS)}")
    record: dict[str, Any] = {}
    for name in ("rt_ms", "shown_ms"):
        value = given.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LONGEST or math.isnan(value):
            raise RefusedError(400, f"{name} must be milliseconds from 0 to {LONGEST:.0f}")
        record[name] = round(float(value), 1)
    blurs = given.get("blurs")
    if type(blurs) is not int or not 0 <= blurs <= 10_000 or not isinstance(given.get("reloaded"), bool):
        raise RefusedError(400, "blurs must be a count and reloaded true or false")
    return number, str(key), {**record, "blurs": blurs, "reloaded": given["reloaded"]}
