"""docs/pieces.md, findings.md and remedies.md, written from the cards and docstrings: `python docs/make_pieces.py`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from equipoise.data import KINDS
from equipoise.describe import knobs
from equipoise.diagnosis import RULES
from equipoise.diagnosis.advice import ADVICE, Advice
from equipoise.diagnosis.rule import Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.networks import NETWORKS
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.penalties import PENALTIES
from equipoise.pieces import Card, Objective
from equipoise.remedies import REMEDIES
from equipoise.remedies.rank import evidence
from equipoise.remedies.remedy import Change, Patient, Remedy
from equipoise.signals import EXAMINATIONS, SIGNALS
from equipoise.signals.updates import CARD as UPDATES
from equipoise.tricks import TRICKS

INTRO = """\
# Pieces

Everything that a recipe can name, with its settings and their defaults. This page is written by `docs/make_pieces.py` from
the declarations in the code; `equipoise recipes --pieces` prints the same in a terminal."""

SECTIONS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("Objectives", "The pair of losses: `objective: NAME`. `sp` is softplus, `D` gives logits.", OBJECTIVES),
    ("Penalties", "Terms of D's loss: `penalties: {NAME: {SETTING: VALUE}}`, any number of them.", PENALTIES),
    ("Tricks", "Changes of the game: `tricks: {NAME: {SETTING: VALUE}}`, any number of them.", TRICKS),
    ("Optimizers", "How both players move: `optimizer: {kind: NAME, SETTING: VALUE}`.", OPTIMIZERS),
    ("Networks", "Both players: `network: {kind: NAME, SETTING: VALUE}`.", NETWORKS),
    ("Data", "What is learnt: `data: {kind: NAME, SETTING: VALUE}`.", KINDS),
)


def page() -> str:
    """The whole page, Markdown."""
    parts = [INTRO]
    for title, about, registry in SECTIONS:
        parts.append(f"## {title}\n\n{about}")
        if title == "Objectives":
            parts.append(f"Their values at equilibrium:\n\n{equilibria()}")
        parts.extend(entry(name, piece) for name, piece in registry.items())
    return "\n\n".join(parts) + "\n"


FINDINGS = """\
# Findings

What can go wrong, how it is told, and what to do. `equipoise train`, `equipoise.watch`, `equipoise diagnose` and
`equipoise report` all ask the same rules, which see signals and nothing else. This page is written by
`docs/make_pieces.py` from the declarations in the code.

A finding has evidence (a signal, where it was seen, its value, the threshold and where that comes from), a confidence, and
remedies in order. It is raised when two looks in a row see it and passes when three in a row do not. Wiring bugs rank before
causes and causes before outcomes: dominance before the collapse that it brought. A rule without its signals says what it
would need; a log of two losses leaves most of them silent, and that is said too."""


def findings() -> str:
    """The page of rules, remedies, signals and thresholds, Markdown."""
    parts = [FINDINGS, *(rule(piece) for piece in RULES.values())]
    parts.append("## Remedies\n\nIn words, as a setting, as code, and what acts: [remedies.md](remedies.md).")
    parts.append("## Signals\n\nOf every step, or of every few; then those of exams.")
    for names, card in [
        *((s.names, s.card) for s in SIGNALS.values()),
        (("d_update", "g_update"), UPDATES),
        *((e.names, e.card) for e in EXAMINATIONS.values()),
    ]:
        parts.append("\n\n".join([f"### {card.title}", ", ".join(coded(names)), under_its_title(card)]))
    rows = [[f"`{name}`", f"{t.value:g}", t.source] for name, t in THRESHOLDS.items()]
    parts.append(f"## Thresholds\n\n{table(('name', 'value', 'source'), rows)}")
    return "\n\n".join(parts) + "\n"


REMEDIES_PAGE = """\
# Remedies

What can be done about a finding: advised by default, done with `--treat` ([guide.md](guide.md#treating-what-goes-wrong)). Of
those that fit, the one is tried first that brought back the largest share of failing runs with that finding in the clinic
(`equipoise clinic evidence`; one half where nothing was tried). All are undone alike: the game goes on from the snapshot that
was taken before, weights, moments and settings. This page is written by `docs/make_pieces.py` from the declarations in the
code."""
TYPICAL = Patient(
    objective="non_saturating",
    optimizer={"kind": "adam", "lr": 2e-4, "beta1": 0.5},
    penalties={},
    tricks={},
    network={"kind": "dcgan", "width": 64},
    g_rate=2e-4,
    d_rate=2e-4,
    image=True,
    batch=64,
    samples=60_000,
    steps=5000,
    steps_left=20_000,
    healthy_steps=4000,
    rescalable=True,
    wrong_labels=("yours",),
)


def remedies() -> str:
    """The page of remedies: what acts, with its measured success, and then what only somebody's code can change. Markdown."""
    parts = [REMEDIES_PAGE, *(remedy(piece) for piece in REMEDIES.values())]
    others = [advice for name, advice in ADVICE.items() if name not in REMEDIES]
    parts.append("## What is advised alone\n\nNothing here can do it to a running game.")
    parts.extend(advised(advice) for advice in others)
    return "\n\n".join(parts) + "\n"


def remedy(piece: Remedy) -> str:
    """One remedy: for what, what it changes in a plain game of images at rate 2e-4, and how often it helped."""
    found = evidence()
    tried = [(finding, *found[finding][piece.name]) for finding in piece.treats if piece.name in found.get(finding, {})]
    success = "; ".join(f"{spoken(finding)} {k} of {n}" for finding, k, n in tried) or "not tried yet"
    rows = (
        ("Treats", ", ".join(map(spoken, piece.treats))),
        ("Changes", effect(piece.change(TYPICAL))),
        ("Brought back in the clinic", success),
    )
    listed = "\n".join(f"- {name}: {text}" for name, text in rows)
    return "\n\n".join([advised(piece.advice, piece.name), listed])


def effect(change: Change | None) -> str:
    """What a change does to a plain game, in words and settings."""
    if change is None:
        return "nothing in a plain game of images"
    settings = " ".join(f"`{key}={plain(value)}`" for key, value in change.settings.items())
    both = " and ".join(change.fresh)
    parts = (
        "goes back to the last healthy snapshot" if change.back else "",
        f"{both} start{'' if len(change.fresh) > 1 else 's'} again from new weights" if change.fresh else "",
        "the user's own trick that swaps labels plays no longer" if change.leave_out else "",
        "the data is brought to [-1, 1]" if change.rescale else "",
        "training ends" if change.end else "",
        settings,
    )
    return "; ".join(filter(None, parts)) or "nothing but the new start"


def plain(value: Any) -> str:
    """A setting's value as the command line takes it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {plain(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def spoken(name: str) -> str:
    return name.replace("_", " ")


def advised(advice: Advice, name: str = "") -> str:
    shown = [f"    {line}" for line in (advice.setting, *advice.code.split("\n")) if line]
    head = f"## {advice.title}" if name else f"### {advice.title}"
    return "\n\n".join(filter(None, [head, f"`{name}`" if name else "", sentence(advice.standing), "\n".join(shown)]))


def rule(piece: Rule) -> str:
    card = piece.card
    ways = " or ".join(f"({', '.join(coded(reading.needs))})" for reading in piece.readings)
    about = f"A {piece.axis}; its verdict is `{piece.verdict}`. Needs {ways}."
    cures = "\n".join(f"{n}. {ADVICE[name].title}" for n, name in enumerate(piece.remedies, 1))
    return "\n\n".join([f"## {card.title}", about, under_its_title(card), f"What to do, best first:\n\n{cures}"])


def entry(name: str, piece: Any) -> str:
    card = getattr(piece, "card", None)
    about = on_a_card(card) if isinstance(card, Card) else f"{sentence(piece.about)}"
    settings = [] if isinstance(piece, Objective) else [table(("setting", "values", "default"), map(coded, knobs(piece)))]
    return "\n\n".join([f"### {name}", about, *paragraphs(piece), *settings])


def on_a_card(card: Card) -> str:
    rows = (("From", card.source), ("Helps", card.helps), ("Hurts", card.hurts), ("Costs", card.cost))
    return "\n\n".join([f"{sentence(card.title)}", f"    {card.equation}", "\n".join(f"- {k}: {v}" for k, v in rows)])


def under_its_title(card: Card) -> str:
    return on_a_card(card).partition("\n\n")[2]


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def paragraphs(piece: Any) -> Iterator[str]:
    """The docstring's; lines that begin with the name of a setting become a list."""
    names = set() if isinstance(piece, Objective) else {name for name, _, _ in knobs(piece)}
    for text in (inspect.getdoc(piece) or "").split("\n\n"):
        lines: list[str] = []
        for line in text.split("\n"):
            found = re.match(r"(\w+(?:, \w+)*): (.*)", line)
            if found and set(found[1].split(", ")) <= names:
                lines.append(f"- `{found[1]}`: {found[2]}")
            else:
                lines.append(line.strip() if not lines else f"  {line.strip()}" if lines[0].startswith("- ") else line)
        yield "\n".join(lines)


def coded(row: Iterable[str]) -> list[str]:
    return [f"`{cell}`" for cell in row]


def table(head: tuple[str, ...], rows: Any) -> str:
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    if not escaped:
        return "No settings."
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *escaped))


def equilibria() -> str:
    """What each objective's losses are at equilibrium, with hard labels and with smoothed ones, as a table."""
    rows = []
    for name, objective in OBJECTIVES.items():
        for real, fake in ((1.0, 0.0), (0.9, 0.0), (0.9, 0.1)) if objective.takes_targets else ((1.0, 0.0),):
            at = objective.equilibrium(real, fake)
            descended = None if at.d_loss is None else at.d_loss * objective.d_terms
            labels = f"{real:g} / {fake:g}" if objective.takes_targets else "none"
            rows.append([name, labels, *map(number, (at.d_loss, descended, at.g_loss, at.logit))])
    return table(("objective", "labels real / fake", "D loss, recorded", "D loss, descended", "G loss", "D's logit"), rows)


def number(value: float | None) -> str:
    return "any" if value is None else f"{value + 0:.4f}"
