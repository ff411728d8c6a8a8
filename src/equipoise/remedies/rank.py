"""Which remedy first: by the share of failing runs that it brought back in the clinic (evidence.json)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

from equipoise import plain_json
from equipoise.remedies import REMEDIES
from equipoise.remedies.remedy import Remedy

Counts = Mapping[str, Mapping[str, tuple[int, int]]]  # finding -> remedy -> (brought back, tried)


@cache
def evidence() -> Counts:
    """What `equipoise clinic evidence` wrote: for each finding and remedy how many runs came back of how many."""
    found = plain_json.loads(files("equipoise.remedies").joinpath("evidence.json").read_bytes())
    return {finding: {name: (k, n) for name, (k, n) in by.items()} for finding, by in found.items()}


def success(remedy: str, finding: str, counts: Counts) -> float:
    """The share of runs brought back, as Laplace's rule estimates it: one half where nothing was tried."""
    k, n = counts.get(finding, {}).get(remedy, (0, 0))
    return (k + 1) / (n + 2)


def ranked(finding: str, only: Collection[str] = (), counts: Counts | None = None) -> list[Remedy]:
    """The remedies for a finding, the most successful first, of equals the one declared first; or `only` these."""
    if only:
        return [REMEDIES[name] for name in only]
    counts = evidence() if counts is None else counts
    fit = [remedy for remedy in REMEDIES.values() if finding in remedy.treats]
    return sorted(fit, key=lambda remedy: -success(remedy.name, finding, counts))
