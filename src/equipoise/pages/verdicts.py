"""The verdicts in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equipoise.actions import KEPT
from equipoise.diagnosis.finding import Diagnosis

WORDS = {  # title, and what it means for somebody who never read a GAN's curves
    "healthy": ("Healthy", "Nothing in what was measured speaks of a failure."),
    "discriminator_dominance": (
        "D wins",
        "The discriminator tells fakes from reals with ease, and the generator does not catch up.",
    ),
    "generator_dominance": (
        "D is too weak",
        "The discriminator can't tell fakes from reals, though they differ: the generator learns nothing from it.",
    ),
    "mode_collapse": ("Mode collapse", "The generator makes only a small part of what the data holds."),
    "divergence": ("Diverged", "Numbers grew without bound, or stopped being numbers."),
    "oscillation": ("Oscillating", "The players chase each other instead of settling."),
    "no_learning": ("Not learning", "The players get nowhere."),
    "overfitting": ("Overfitting", "The discriminator learns the training data by heart."),
    "unknown": ("Unknown", "There is too little here to say what is going on."),
}
TONES = {"healthy": "good", "unknown": "quiet"}  # all others are bad
ENOUGH = 0.5  # of the rules; with fewer that could judge, nothing found is not called health


def verdict(
    diagnosis: Diagnosis, rules: int, episodes: Sequence[dict[str, Any]], treatments: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The verdict for a person: `label`, `title`, `words`, `tone`, and `reasons`, the strongest first."""
    kept = [one for one in treatments if one["outcome"] == KEPT]
    title, words = WORDS.get(diagnosis.verdict, (diagnosis.verdict.replace("_", " ").capitalize(), ""))
    tone, silent = TONES.get(diagnosis.verdict, "bad"), len(diagnosis.not_assessed)
    if diagnosis.verdict in TONES:
        reasons = [f"{rules - silent} of {rules} known failures could be looked for; {count(diagnosis)} found."]
        if diagnosis.verdict == "healthy" and rules - silent < ENOUGH * rules:
            title, tone = "No failure found", "quiet"
            words = "Nothing in what was measured speaks of a failure, but most failures need signals that are missing here."
    else:
        speak = [finding for finding in diagnosis.findings if finding.verdict == diagnosis.verdict]
        reasons = [one.words for finding in speak for one in finding.evidence]
        others = [f"{f.name.replace('_', ' ')}" for f in diagnosis.findings if f.verdict != diagnosis.verdict]
        reasons = [*reasons[:3], *([f"Found as well: {', '.join(others)}."] if others else [])]
    standing = {finding.name for finding in diagnosis.findings}
    passed = [str(one["name"]).replace("_", " ") for one in episodes if one["passed"] and one["name"] not in standing]
    if passed:
        if diagnosis.verdict == "healthy" and kept:
            title, tone = "Healthy, after a treatment", "good"
            words = "It failed, was treated while it trained, and nothing that was measured since speaks of a failure."
        elif diagnosis.verdict == "healthy":
            title, tone = "No failure at the end", "warn"
            words = "Nothing in the last part of the run speaks of a failure, but something did before."
        reasons.append(f"Came and passed during the run: {', '.join(dict.fromkeys(passed))}.")
    if treatments:
        tried = ", ".join(f"{one['label']} {one['outcome']}" for one in treatments)
        reasons.append(f"Treated while it trained: {tried}.")
    return {"label": diagnosis.verdict, "title": title, "words": words, "tone": tone, "reasons": reasons}


def count(diagnosis: Diagnosis) -> str:
    n = len(diagnosis.findings)
    return "none was" if n == 0 else "one is suspected, and no alarm was" if n == 1 else f"{n} are suspected, and no alarm was"
