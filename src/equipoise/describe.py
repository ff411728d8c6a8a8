"""Words for the terminal: recipes, pieces with their cards, the plan of a run and its result."""

from __future__ import annotations

import dataclasses
import math
import resource
import sys
import textwrap
import time
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import torch
import yaml

from equipoise import build
from equipoise import recipe as recipe_module
from equipoise.api import Run
from equipoise.data import KINDS
from equipoise.data.source import Order
from equipoise.diagnosis import RULES
from equipoise.metrics.quality import USUAL
from equipoise.networks import NETWORKS
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.penalties import PENALTIES
from equipoise.recipe import Recipe
from equipoise.remedies import REMEDIES
from equipoise.tricks import TRICKS

TIMED_STEPS = 5


def recipes() -> str:
    """The named recipes, a line each."""
    rows = [(name, recipe_module.read(name).get("about", "")) for name in recipe_module.names()]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {about}" for name, about in rows)


def pieces() -> str:
    """Every piece with its card and its settings."""
    lines: list[str] = []
    for section, registry in (("data.kind", KINDS), ("network.kind", NETWORKS), ("optimizer.kind", OPTIMIZERS)):
        lines.append(f"\n{section}")
        for name, piece in sorted(registry.items()):
            lines.append(f"  {name}: {getattr(piece, 'about', '')}")
            lines.extend(settings(piece))
    lines.append("\nobjective")
    for objective in OBJECTIVES.values():
        lines.extend(card(objective))
    carded: tuple[tuple[str, Mapping[str, Any]], ...] = (("tricks", TRICKS), ("penalties", PENALTIES))
    for section, found in carded:
        lines.append(f"\n{section}")
        for piece in found.values():
            lines.extend([*card(piece), *settings(piece)])
    lines.append("\nremedies: what --treat may do, and treat=[NAME,...] alone")
    lines.extend(f"  {name}: {remedy.advice.title}" for name, remedy in REMEDIES.items())
    return "\n".join(lines).strip()


def card(piece: Any) -> list[str]:
    c = piece.card
    rows = [("", c.equation), ("from", c.source), ("helps", c.helps), ("hurts", c.hurts), ("cost", c.cost)]
    wrapped = [
        textwrap.fill(f"{k}: {v}" if k else v, 110, initial_indent="      ", subsequent_indent="        ") for k, v in rows
    ]
    return [f"  {c.name}: {c.title}", *wrapped]


def settings(piece: Any) -> list[str]:
    return [f"      {name}: {kind} = {default}" for name, kind, default in knobs(piece)]


def knobs(piece: Any) -> list[tuple[str, str, str]]:
    """(name, type, default) of each setting of a piece, as a recipe would spell them."""
    hints = get_type_hints(piece)
    found = []
    for f in dataclasses.fields(piece):
        if f.init:
            default = f.default if f.default_factory is dataclasses.MISSING else f.default_factory()
            found.append((f.name, spelled(hints[f.name]), yaml.safe_dump(default, default_flow_style=True).split("\n")[0]))
    return found


def spelled(hint: Any) -> str:
    """A type as a recipe would spell its values: 'int | auto', 'float | null'."""
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(map(spelled, get_args(hint)))
    if hint is NoneType:
        return "null"
    return str(hint) if get_origin(hint) else str(hint.__name__)


# ------------------------------------------------------------------------------------------------ before a run


@build.tuned()
def plan(recipe: Recipe, said: str = "") -> str:
    """The resolved recipe, parameter counts, and an estimate of memory and time from a few real steps."""
    source = build.source(recipe)
    game = build.game(recipe, source)
    order = Order(len(source), recipe.batch, recipe.seed, game.at.device)
    for _ in range(2):
        game.step(lambda position: source.batch(order.index(position)))
    started = time.perf_counter()
    for _ in range(TIMED_STEPS):
        terms = game.step(lambda position: source.batch(order.index(position)))
    terms.g_loss.item()  # wait for the device
    seconds = (time.perf_counter() - started) / TIMED_STEPS
    pace = game.drawn / game.steps
    steps = recipe.steps or math.ceil((recipe.epochs or 1) * order.batches / pace)
    counts = {p.name: sum(w.numel() for w in p.module.parameters()) for p in (game.G, game.D)}
    lines = [
        *([f"# {said}"] if said else []),
        recipe.to_yaml().rstrip(),
        "",
        f"data        {len(source):,} samples of shape {'x'.join(map(str, source.shape))}; {order.batches} batches an epoch",
        f"parameters  G {counts['G']:,}   D {counts['D']:,}",
        f"memory      about {peak_memory(game.at.device) / 2**20:,.0f} MiB in all, data included",
        f"time        {1e3 * seconds:.0f} ms a step x {steps:,} steps = {duration(seconds * steps)} on {where(game.at.device)}",
    ]
    return "\n".join(lines)


def peak_memory(device: torch.device) -> int:
    """Bytes: of the GPU where there is one, else of this process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def where(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"


def duration(seconds: float) -> str:
    """'42 s', '12 min', '1 h 23 min'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


# ------------------------------------------------------------------------------------------------- after a run


def result(run: Run) -> str:
    """What was done, how it ended, and where everything is."""
    records, evaluations = run.signals(), run.evaluations()
    lines = [f"trained {run.recipe.name}: {run.game.steps:,} steps"]
    if records:
        last = [r for r in records if r["epoch"] > records[-1]["epoch"] - 1]
        goal = run.game.equilibrium()
        for name, key, value in (("D loss", "d_loss", goal.d_loss), ("G loss", "g_loss", goal.g_loss)):
            mean = sum(r[key] for r in last) / len(last)
            lines.append(
                f"  {name}  {mean:.4f} over the last epoch" + (f" (equilibrium {value:.4f})" if value is not None else "")
            )
    if evaluations:
        by: str = run.recipe.checkpoints.best_by
        measured = [record for record in evaluations if by in record] or evaluations
        by = by if by in measured[-1] else USUAL
        best, end = min(measured, key=lambda r: float(r[by])), evaluations[-1]
        lines.append(f"  distance to the data  {measured[-1][by]:.4f}")
        lines[-1] += f" (best {best[by]:.4f} at step {best['step']}){'' if by == USUAL else f', {by} in a random encoder'}"
        if "modes" in end:
            lines.append(f"  modes  {end['modes']} of {end['of']}, {100 * end['high_quality']:.1f} % of the samples on one")
    lines += [f"  found  {title}, since step {since:,.0f}" for title, since in standing(run)]
    rows = (
        ("samples", run.path / "samples"),
        ("curves", run.path / "curves.png"),
        ("run folder", run.path),
        ("more samples", f"equipoise sample {run.path} -n 64 --out samples"),
        ("train on", f"equipoise resume {run.path} --{'epochs' if run.recipe.epochs else 'steps'} N"),
    )
    return "\n".join([*lines, *(f"  {name:13} {value}" for name, value in rows)])


def standing(run: Run) -> list[tuple[str, float]]:
    """What was found and has not passed: titles, and since when."""
    found: dict[str, float] = {}
    for record in run.findings():
        finding = record["finding"]
        if record["what"] == "raised":
            found[finding["name"]] = finding["since"]
        else:
            found.pop(finding["name"], None)
    return [(RULES[name].card.title if name in RULES else name, since) for name, since in found.items()]
