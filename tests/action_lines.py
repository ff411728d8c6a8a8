"""Lines of actions.jsonl, for tests of what reads them."""

from __future__ import annotations

from typing import Any


def treat(step: int = 60, remedy: str = "r1", finding: str = "discriminator_dominance", **more: Any) -> dict[str, Any]:
    """The beginning of a treatment as actions.jsonl has it."""
    change = {"settings": {"penalties.r1": {"weight": 1.0}}, "fresh": [], "back": False, "leave_out": [], "rescale": False}
    about = {
        "step": step,
        "action": "treat",
        "finding": finding,
        "finding_words": "D wins.",
        "remedy": remedy,
        "title": "Add R1",
    }
    rest = {"words": "treats it", "numbers": {"d_loss": 0.01}, "change": change, "replaced": {"penalties.r1": None}}
    return about | rest | {"until": step + 60, "lost": 0} | more


def decided(action: str, step: int = 120, remedy: str = "r1", **more: Any) -> dict[str, Any]:
    """Its end: 'keep' or 'undo'."""
    words = "keeps it: no finding in the 60 steps since" if action == "keep" else "undoes it: mode collapse after 60 steps"
    return {"step": step, "action": action, "remedy": remedy, "words": words, "numbers": {"d_loss": 0.6}} | more
