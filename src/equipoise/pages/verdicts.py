"""The verdicts in words."""

from __future__ import annotations

from typing import Any

from equipoise.diagnosis.finding import Diagnosis

WORDS = {  # title, and what it means for somebody who never read a GAN's curves
    "healthy": ("Healthy", "Nothing in what was measured speaks of a failure."),
    "discriminator_dominance": (
        "D wins",
        "The discriminator tells fakes from reals with ease, and the generator does not catch up.",
    ),
    "generator_dominance": (
        "D is too weak",
        "The discriminator can't tell fakes from reals, though they differ: G learns nothing from it.",
    ),
    "mode_collapse": ("Mode collapse", "The generator makes only a small part of what the data holds."),
    "divergence": ("Diverged", "Numbers grew without bound or stopped being numbers."),
    "oscillation": ("Oscillating", "The players chase each other instead of settling."),
    "no_learning": ("Not learning", "The players do not get anywhere."),
    "overfitting": ("Overfitting", "The discriminator learns the training data by heart."),
    "unknown": ("Unknown", "There is too little here to say anything."),
}
TONES = {"healthy": "good", "unknown": "quiet"}  # all others are bad


def verdict(diagnosis: Diagnosis, rules: int) -> dict[str, Any]:
    """The verdict for a person: `label`, `title`, `words`, `tone`, and `reasons` from the strongest down."""
    title, words = WORDS.get(diagnosis.verdict, (diagnosis.verdict.replace("_", " ").capitalize(), ""))
    judged = rules - len(diagnosis.not_assessed)
    reasons = [finding.words for finding in diagnosis.findings if finding.verdict == diagnosis.verdict][:3]
    if diagnosis.verdict == "healthy":
        reasons = [f"{judged} of {rules} known failures could be looked for, and none was found."]
        if diagnosis.not_assessed:
            reasons.append(f"{len(diagnosis.not_assessed)} could not: their signals are missing (listed below).")
    tone = TONES.get(diagnosis.verdict, "bad")
    return {"label": diagnosis.verdict, "title": title, "words": words, "tone": tone, "reasons": reasons}
