"""The report in a screenful of text: 24 lines of 100 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from equipoise.actions import KEPT, ON_TRIAL

WIDTH, LINES = 100, 24
BARS = "▁▂▃▄▅▆▇█"
COLOURS = {"good": "32", "bad": "31", "quiet": "2", "bold": "1", "faint": "2"}
TICKS = {True: "✓", False: "✗", None: "–"}
NUMBERS = (("d_loss", "D loss"), ("g_loss", "G loss"), ("d_real", "D(x)"), ("d_fake_before", "D(G(z))"))
Paint = Callable[[str, str], str]


def summary(told: dict[str, Any], where: str = "", colour: bool = False) -> str:
    """The verdict with its reasons, the newest values beside those at equilibrium, findings, and the checklist."""
    paint: Paint = (lambda text, tone: f"\x1b[{COLOURS[tone]}m{text}\x1b[0m") if colour else (lambda text, tone: text)
    ends = [f"report: {where}"] if where else []
    checks = list(checklist(told))
    top = [head(told, paint), *numbers(told, paint), ""]
    room = LINES - len(top) - len(checks) - len(ends)
    middle = [*treatments(told, paint), *findings(told, paint)]
    if len(middle) > room:
        middle = [*middle[: room - 1], paint("  ... more in the report", "faint")]
    apart = [""] if len(middle) + 1 < room else []
    return "\n".join([*top, *middle, *apart, *checks, *ends])


def plain(text: object) -> str:
    """Without what would move a terminal's cursor: names come from folders and logs."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def head(told: dict[str, Any], paint: Paint) -> str:
    verdict = told["verdict"]
    words = textwrap.shorten(f"{plain(told['name'])}: step {told['last_step']:,.0f}", 48, placeholder="...")
    return f"{words}   {paint(verdict['title'].upper(), verdict['tone'])}  {paint(verdict['label'], 'faint')}"


def numbers(told: dict[str, Any], paint: Paint) -> Iterator[str]:
    """Each signal: its newest value, the one at equilibrium, and its course."""
    for signal, name in NUMBERS:
        values = [v for v in told["signals"]["series"].get(signal, {}).get("mean", []) if v is not None]
        if values:
            newest = values[-max(1, round(len(values) / 50)) :]
            at = told["anchors"].get(signal, {}).get("equilibrium")
            beside = f"equilibrium {number(at)}" if at is not None else ""
            yield f"  {name:8} {number(sum(newest) / len(newest)):>8}  {paint(f'{beside:20}', 'faint')} {sparkline(values, 56)}"
    distances = [e for e in told["evaluations"] if isinstance(e.get("sliced_wasserstein"), int | float)]
    if distances:
        best = min(distances, key=lambda e: float(e["sliced_wasserstein"]))
        course = sparkline([e["sliced_wasserstein"] for e in distances], 56)
        words = f"best {number(best['sliced_wasserstein'])}"
        yield f"  {'distance':8} {number(distances[-1]['sliced_wasserstein']):>8}  {paint(f'{words:20}', 'faint')} {course}"


def treatments(told: dict[str, Any], paint: Paint) -> Iterator[str]:
    """What was done about what was found, a line each."""
    for one in told["treatments"]:
        fate = f"on trial until {one['until']:,.0f}" if one["ended"] is None else f"{one['outcome']} at {one['ended']:,.0f}"
        words = f"{one['label']} treated at {one['step']:,.0f} with {plain(one['remedy'])}, for {plain(one['finding'])}"
        tone = {KEPT: "good", ON_TRIAL: "bold"}.get(one["outcome"], "quiet")
        yield f"  {textwrap.shorten(words, WIDTH - 6 - len(fate), placeholder='...')}: {paint(fate, tone)}"
    for one in told["remarks"]:
        words = f"at {one['step']:,.0f} {'the autopilot ' if one['action'] == 'stop' else ''}{plain(one['words'])}"
        yield "  " + textwrap.shorten(words, WIDTH - 2, placeholder="...")


def findings(told: dict[str, Any], paint: Paint) -> Iterator[str]:
    found = told["findings"]
    if not found:
        for reason in told["verdict"]["reasons"]:
            yield from textwrap.wrap(plain(reason), WIDTH - 2, initial_indent="  ", subsequent_indent="  ")
    for finding in found:
        since = f"since {finding['since']:,.0f}" + (f" until {finding['cleared']:,.0f}" if finding["cleared"] else "")
        sure = f"{finding['severity']}, {finding['confidence']:.0%} sure, {since}" + (", passed" if finding["passed"] else "")
        tone = "quiet" if finding["passed"] else "bad"
        title = textwrap.shorten(plain(finding["title"]), WIDTH - 4 - len(sure), placeholder="...")
        yield f"  {paint(title, tone)}  {paint(sure, 'faint')}"
        remedies = [remedy for remedy in finding["remedies"] if isinstance(remedy, dict)]
        if remedies and not finding["passed"]:
            first = remedies[0]
            words = ": ".join(plain(first[key]) for key in ("setting", "title") if first.get(key))
            yield "    try " + textwrap.shorten(words, WIDTH - 8, placeholder="...")
    if told["not_assessed"]:
        names = ", ".join(one["name"] for one in told["not_assessed"])
        yield paint("  not assessed: " + textwrap.shorten(plain(names), WIDTH - 16, placeholder="..."), "faint")


def checklist(told: dict[str, Any]) -> Iterator[str]:
    """The tutorials' checklist, two a line; it proves nothing, and says so."""
    yield "the tutorials' checklist (which proves little; the report says why):"
    checks = [f"{TICKS[check['met']]} {check['claim']}" for check in told["checklist"]]
    half = math.ceil(len(checks) / 2)
    for left, right in zip(checks[:half], [*checks[half:], ""], strict=False):
        yield f"  {left:48} {right}".rstrip()


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")


def sparkline(values: list[float], width: int) -> str:
    """The course of a number in `width` characters, from its lowest to its highest."""
    n = min(len(values), width)
    parts = [values[i * len(values) // n : (i + 1) * len(values) // n] for i in range(n)]
    means = [sum(part) / len(part) for part in parts]
    low, high = min(means), max(means)
    return "".join(BARS[min(7, int(8 * (mean - low) / (high - low)))] if high > low else BARS[3] for mean in means)
