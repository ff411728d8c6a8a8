"""Findings as lines for a terminal: what, how sure, the numbers, and the first thing to do."""

from __future__ import annotations

from equipoise.diagnosis.advice import ADVICE
from equipoise.diagnosis.doctor import Change
from equipoise.diagnosis.finding import Finding


def told(change: Change, where: str = "") -> str:
    """A finding that was raised, with its evidence and the first remedy's code; or one line for one that was cleared."""
    finding = change.finding
    title = finding.name.replace("_", " ") + where
    if change.what == "cleared":
        return f"equipoise: cleared: {title}"
    lines = [f"equipoise: step {finding.step:,.0f}: {title} ({finding.severity}, {finding.confidence:.0%} sure)"]
    lines += ["  " + finding.words, *evidence(finding), *remedy(finding)]
    return "\n".join(lines)


def evidence(finding: Finding) -> list[str]:
    return [
        f"  {one.signal} = {one.value:.4g} {one.sign} {one.threshold:g}, steps {one.window[0]:,.0f} to {one.window[1]:,.0f}"
        for one in finding.evidence
    ]


def remedy(finding: Finding) -> list[str]:
    known = [ADVICE[name] for name in finding.remedies if name in ADVICE]
    if not known:
        return []
    return [f"  first remedy: {known[0].title}", *("    " + line for line in known[0].code.splitlines())]
