"""The lines of actions.jsonl as a story: each treatment with what it was for, what it changed, and what came of it. No torch.

A treatment is several lines (its beginning, and later 'keep' or 'undo'); here it is one mapping, plain enough for JSON.
Lines come from files that anybody may have written: what is not of the expected kind is left out.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping
from string import ascii_uppercase
from typing import Any

import yaml

Action = Mapping[str, Any]
ON_TRIAL, KEPT, UNDONE = "on trial", "kept", "undone"
OUTCOMES = {"keep": KEPT, "undo": UNDONE}
REMARKS = ("advise", "stop")
PIECES = ("tricks.", "penalties.")  # that are not there until they are named


def treatments(actions: Iterable[Action]) -> list[dict[str, Any]]:
    """Each remedy that was tried, oldest first: `label` ('A', 'B', ...), `step`, `finding`, `finding_words`, `remedy`, `title`,
    `settings` ({name, before, after}), `also` (changes that are no settings, in words), `recipe` (the settings as `equipoise
    train` takes them), `numbers` ({signal, before, after}), `until` (the last step of the trial as planned), `outcome`
    ('on trial', 'kept', 'undone'), and where it was decided `ended` (a step) and `words` (why).
    """
    found: list[dict[str, Any]] = []
    for action in actions:
        what = action.get("action")
        if what == "treat":
            found.append(begun(action, len(found)))
        elif what in OUTCOMES and found and found[-1]["outcome"] == ON_TRIAL:
            found[-1] |= ended(action, found[-1])
    return found


def remarks(actions: Iterable[Action]) -> list[dict[str, Any]]:
    """What was said without a change: that nothing treats a finding ('advise'), that the run was given up ('stop')."""
    return [
        {"step": action["step"], "action": action["action"], "finding": text(action, "finding"), "words": text(action, "words")}
        for action in actions
        if action.get("action") in REMARKS
    ]


def now(actions: Iterable[Action]) -> str:
    """What is in force beyond the recipe, in a few words: the remedy on trial, else those that were kept; '' without any."""
    found = treatments(actions)
    if found and found[-1]["outcome"] == ON_TRIAL:
        return f"{found[-1]['title']} (on trial until step {found[-1]['until']:,})"
    kept = [f"{one['title']} (kept at step {one['ended']:,})" for one in found if one["outcome"] == KEPT]
    return kept[-1] + (f", after {len(kept) - 1} more" if len(kept) > 1 else "") if kept else ""


def spoken(name: str) -> str:
    """'mode_collapse' as words."""
    return name.replace("_", " ")


# ------------------------------------------------------------------------------------------------ one treatment


def begun(action: Action, index: int) -> dict[str, Any]:
    change, replaced = mapping(action, "change"), mapping(action, "replaced")
    settings = mapping(change, "settings")
    changed = {key: after for key, after in settings.items() if not same(replaced.get(key), after)}
    rows = [row for key, after in changed.items() for row in differences(key, replaced.get(key), after)]
    recipe = [f"{key}={flow(after)}" for key, after in changed.items()]
    step, until, remedy = action["step"], action.get("until"), text(action, "remedy")
    return {
        "label": ascii_uppercase[index % 26] + (str(index // 26) if index >= 26 else ""),
        "step": step,
        "finding": text(action, "finding"),
        "finding_words": text(action, "finding_words"),
        "remedy": remedy,
        "title": text(action, "title") or spoken(remedy),
        "settings": rows,
        "also": also(change),
        "recipe": shlex.join(recipe),
        "numbers": numbers(mapping(action, "numbers"), {}),
        "until": until if isinstance(until, int | float) else step,
        "outcome": ON_TRIAL,
        "ended": None,
        "words": "",
    }


def ended(action: Action, treatment: Mapping[str, Any]) -> dict[str, Any]:
    before = {one["signal"]: one["before"] for one in treatment["numbers"]}
    return {
        "outcome": OUTCOMES[action["action"]],
        "ended": action["step"],
        "words": text(action, "words"),
        "numbers": numbers(before, mapping(action, "numbers")),
    }


def numbers(before: Action, after: Action) -> list[dict[str, Any]]:
    """Signals before and after, those with a number at all."""
    names = dict.fromkeys((*before, *after))
    pairs = [(name, number(before.get(name)), number(after.get(name))) for name in names]
    return [{"signal": name, "before": b, "after": a} for name, b, a in pairs if b is not None or a is not None]


def number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None


def also(change: Action) -> list[str]:
    """What a change does besides settings."""
    fresh, left_out = ([str(one) for one in change.get(key) or () if isinstance(one, str)] for key in ("fresh", "leave_out"))
    said = {
        f"{' and '.join(fresh)} {'start' if len(fresh) > 1 else 'starts'} again from new weights": bool(fresh),
        "it goes on from the last healthy snapshot": bool(change.get("back")),
        f"left out: {', '.join(left_out)}": bool(left_out),
        "the data is brought to [-1, 1]": bool(change.get("rescale")),
    }
    return [words for words, so in said.items() if so]


def differences(name: str, before: Any, after: Any) -> list[dict[str, str]]:
    """The settings of a piece that became others, a row each."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [key for key in dict.fromkeys((*before, *after)) if not same(before.get(key), after.get(key))]
        return [row for key in keys for row in differences(f"{name}.{key}", before.get(key), after.get(key))]
    piece = name.startswith(PIECES) and name.count(".") == 1
    absent = "off" if piece else "default"
    return [{"name": name, "before": shown(before, absent), "after": shown(after, absent)}]


def off(value: Any) -> bool:
    """Whether a setting is not there, or is taken away; 0 is a value."""
    return value is None or value is False


def same(before: Any, after: Any) -> bool:
    return (off(before) and off(after)) or (off(before) == off(after) and bool(before == after))


def shown(value: Any, absent: str = "off") -> str:
    """A setting for a person: 'off', '0.0002', 'd_rate 0.01, g_rate 0.0002'."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(inner)}" for key, inner in value.items()) or "on"
    return (
        absent
        if value is None
        else "off"
        if value is False
        else "on"
        if value is True
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def flow(value: Any) -> str:
    """A setting as the command line reads it."""
    if off(value):
        return "off"
    return str(yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)).split("\n")[0]


def mapping(record: Action, key: str) -> dict[str, Any]:
    value = record.get(key)
    return {str(name): inner for name, inner in value.items()} if isinstance(value, Mapping) else {}


def text(record: Action, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
