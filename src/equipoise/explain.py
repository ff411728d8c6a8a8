"""A diagnosis as a screenful of text: what was read, the verdict, each finding with its evidence and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from equipoise.diagnosing import Report
from equipoise.diagnosis.advice import ADVICE
from equipoise.diagnosis.doctor import alarming
from equipoise.diagnosis.finding import Diagnosis, Evidence, Finding

WIDTH = 100
REMEDIES = 3  # of the first finding, and one of each other; --json has them all
SAID = {
    "healthy": "nothing in here speaks of a failure",
    "unknown": "the log can't tell",
}
HONEST = (
    "Losses measure each player against the other, not the samples: mode collapse, blurred samples and slow cycles can"
    " hide behind"
    " ordinary curves. Look at a grid of samples of the same noise over time; 'equipoise.watch(G, D)' measures what a log"
    " lacks."
)
OBJECTIVES = {
    "non_saturating": "the standard game (cross-entropy, G non-saturating)",
    "minimax": "the standard game (cross-entropy, G saturating)",
    "least_squares": "least squares (LSGAN)",
    "wasserstein": "Wasserstein (a critic)",
    "hinge": "hinge",
    "relativistic": "relativistic",
}


def text(report: Report) -> str:
    """All of it, without colour."""
    return "\n".join(lines(report))


def lines(report: Report) -> Iterator[str]:
    found = report.diagnosis
    yield f"{report.path}: {report.format}, {found.points} moments"
    for note in found.notes:
        yield from wrapped(note, "  ")
    yield from wrapped(f"objective: {objective(found)}", "  ")
    yield ""
    yield f"{found.verdict.replace('_', ' ').upper()}" + (f": {SAID[found.verdict]}" if found.verdict in SAID else "")
    for place, finding in enumerate(found.findings):
        yield ""
        yield from about(finding, REMEDIES if place == 0 else 1)
    yield ""
    if found.not_assessed:
        named = ", ".join(silent.name.replace("_", " ") for silent in found.not_assessed)
        yield from wrapped(f"Not assessed, for want of signals: {named}.", "")
    yield from wrapped(HONEST, "")


def objective(found: Diagnosis) -> str:
    """What was inferred, and how surely."""
    if not found.objective:
        return "not told"
    name = OBJECTIVES.get(found.objective, found.objective)
    convention = "" if found.convention in ("", "as written") else f", D's loss written as {found.convention}"
    return f"{name}{convention}" + (f"; {found.certainty:.0%} sure" if found.certainty < 1 else "")


def about(finding: Finding, remedies: int) -> Iterator[str]:
    """A finding: name, severity and confidence, its words, the evidence, and the first remedies."""
    caused = f", caused by {finding.caused_by.replace('_', ' ')}" if finding.caused_by else ""
    weight = "" if alarming(finding) else " - a remark, not an alarm"
    title = finding.name.replace("_", " ")
    yield f"* {title} ({finding.severity}, {finding.confidence:.0%} sure, since {finding.since:g}{caused}){weight}"
    yield from wrapped(finding.words, "  ")
    for evidence in finding.evidence:
        yield from wrapped(proof(evidence), "    ", "  - ")
    known = [ADVICE[name] for name in finding.remedies if name in ADVICE]
    for number, advice in enumerate(known[:remedies], 1):
        setting = f" [{advice.setting}]" if advice.setting else ""
        yield from wrapped(f"{advice.title}{setting}: {advice.standing}", "     ", f"  {number}. ")


def proof(evidence: Evidence) -> str:
    first, last = evidence.window
    value, limit = f"{evidence.value:.3g}", f"{evidence.threshold:.3g}"
    return f"{evidence.signal} over {first:g} to {last:g}: {value} {evidence.sign} {limit} ({evidence.source})"


def wrapped(words: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent)
