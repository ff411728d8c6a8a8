"""A verdict for the terminal."""

from __future__ import annotations

from equipoise.equilibrium.indicators import Indicator
from equipoise.equilibrium.verdict import Verdict


def text(verdict: Verdict) -> str:
    """The verdict for a terminal."""
    rows = [f"step {verdict.step:,}: {verdict.answer}", *(f"  - {reason}" for reason in verdict.reasons)]
    rows.append(f"local Nash equilibrium: {verdict.local_nash} ({verdict.local_nash_words})")
    rows.append("")
    width = max(len(row.title) for row in verdict.indicators)
    for row in verdict.indicators:
        expected = f"expected {row.expected}" if row.expected else ""
        rows.append(f"  {row.title:{width}}  {number(row):>26}  {expected}")
        rows.append(f"      {row.standing}: {row.words}")
    took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in verdict.seconds.items())
    return "\n".join([*rows, "", f"took {sum(verdict.seconds.values()):.0f} s: {took}"])


def number(row: Indicator) -> str:
    if row.value is None:
        return "-"
    interval = "" if row.low is None else f" [{row.low:.3g}, {row.high:.3g}]"
    return f"{row.value:.3g}{interval}"
