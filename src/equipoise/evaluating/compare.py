"""Is one side better than the other? Evaluations of runs, several seeds a side, and the effect with its interval.

What is not measured alike is not compared: another encoder, protocol, number of samples or split is refused.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equipoise import plain_json
from equipoise.clinic.intervals import student
from equipoise.errors import RunError, SettingError
from equipoise.evaluating.told import aligned, number, result_of, short
from equipoise.history import History
from equipoise.metrics.metric import Result
from equipoise.run_folder import RunFolder

KEPT = "metrics.jsonl"  # in a run folder: each evaluation, one line


@dataclass(frozen=True)
class Measured:
    """One evaluation of one run."""

    name: str
    against: str
    split: str
    results: dict[str, Result]


@dataclass(frozen=True)
class Effect:
    """The difference of the means, other side minus this one; an interval needs two runs a side."""

    metric: str
    here: float
    there: float
    difference: float
    low: float | None
    high: float | None
    better: str  # 'first', 'second', or 'not told apart'


def read(path: str) -> Measured:
    """The newest evaluation of a run, or of a file that `equipoise evaluate --json` wrote."""
    place = Path(path)
    try:
        if place.is_dir():
            lines = list(History(RunFolder.open(place).path / KEPT).read())
            if not lines:
                raise RunError(f"{path}: was not evaluated yet; run: equipoise evaluate {path}")
            found: dict[str, Any] = lines[-1]
        else:
            found = plain_json.loads(place.read_bytes())
        results = {result.name: result for result in map(result_of, found["results"])}
        return Measured(str(found["what"]), str(found["against"]), str(found["split"]), results)
    except OSError as error:
        raise RunError(f"{path}: can't be read ({error.strerror or error})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunError(f"{path}: is no evaluation; write one with: equipoise evaluate RUN --json > FILE") from None


def alike(every: Sequence[Measured]) -> None:
    """SettingError where two evaluations were not made alike, saying in what."""
    first = every[0]
    for other in every[1:]:
        for what, a, b in (("data", first.against, other.against), ("split", first.split, other.split)):
            if a != b:
                raise SettingError("", f"{first.name} and {other.name} were measured against other {what}: {a} and {b}")
        kinds = [{(r.encoder, r.protocol, r.n_fake, r.n_real, r.dtype) for r in one.results.values()} for one in (first, other)]
        if kinds[0] == kinds[1]:
            continue
        names = ("encoder", "protocol", "number of fakes", "number of reals", "dtype")
        pair = [next(iter(kind), ("nothing",) * 5) for kind in kinds]
        what, a, b = next(((n, a, b) for n, a, b in zip(names, *pair, strict=True) if a != b), ("metrics", "some", "others"))
        raise SettingError("", f"{first.name} and {other.name} were measured with another {what} ({a} and {b}): no comparison")


def effects(here: Sequence[Measured], there: Sequence[Measured]) -> list[Effect]:
    """One for each metric that all have, in order."""
    alike([*here, *there])
    shared = [name for name in here[0].results if all(name in one.results for one in (*here, *there))]
    if not shared:
        raise SettingError("", "these evaluations have no metric in common")
    return [effect(name, [one.results[name] for one in here], [one.results[name] for one in there]) for name in shared]


def effect(name: str, here: Sequence[Result], there: Sequence[Result]) -> Effect:
    a, b = ([result.value.value for result in side] for side in (here, there))
    difference = statistics.fmean(b) - statistics.fmean(a)
    low, high = welch(a, b) if min(len(a), len(b)) > 1 else (None, None)
    return Effect(name, statistics.fmean(a), statistics.fmean(b), difference, low, high, told(here[0], low, high))


def told(result: Result, low: float | None, high: float | None) -> str:
    if low is None or high is None or low <= 0 <= high or result.value.better == "neither":
        return "not told apart"
    return "second" if (low > 0) == (result.value.better == "higher") else "first"


def welch(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of mean(b) - mean(a), variances not taken to be equal (Welch 1947)."""
    va, vb = (statistics.variance(x) / len(x) for x in (a, b))
    difference, spread = statistics.fmean(b) - statistics.fmean(a), math.sqrt(va + vb)
    if spread == 0:
        return difference, difference
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = student(0.975, max(1, math.floor(freedom))) * spread
    return difference - half, difference + half


def table(here: Sequence[Measured], there: Sequence[Measured], found: Sequence[Effect]) -> str:
    one = next(iter(here[0].results.values()))
    lines = [
        f"first:  {', '.join(m.name for m in here)}",
        f"second: {', '.join(m.name for m in there)}",
        f"  against {here[0].against} ({here[0].split}); {one.n_fake:,} fakes; encoder {one.encoder}, protocol {one.protocol}",
        "",
    ]
    head = ("metric", "first", "second", "second - first", "95 % interval", "better")
    rows = [
        (
            short(e.metric), number(e.here), number(e.there), number(e.difference),
            "" if e.low is None or e.high is None else f"{number(e.low)} to {number(e.high)}", e.better,
        )
        for e in found
    ]  # fmt: skip
    lines += [f"  {line}" for line in aligned([head, *rows])]
    if min(len(here), len(there)) < 2:
        lines += ["", "  one run a side: what another seed would change is not known, so nothing is told apart"]
    return "\n".join(lines)


def remember(run: Path, document: dict[str, Any], say: Callable[[str], None]) -> None:
    """Append an evaluation to the run's own record; a run that can't be written to stays as it is."""
    try:
        history = History(run / KEPT)
        history.append(document)
        history.close()
    except OSError as error:
        say(f"not written into {run} ({error.strerror or error})")
