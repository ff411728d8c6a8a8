"""actions.jsonl as a story: what was tried, what it changed, what came of it."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from action_lines import decided, treat

from equipoise.actions import now, remarks, treatments
from equipoise.recipe import read, resolve
from equipoise.settings import parse_override


def changed(settings: dict[str, Any], replaced: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The treatment of a change."""
    return treatments([treat(change={"settings": settings, **more}, replaced=replaced)])[0]


def test_a_treatment_and_its_end_are_one() -> None:
    (one,) = treatments([treat(), decided("keep")])
    assert (one["label"], one["step"], one["until"], one["ended"], one["outcome"]) == ("A", 60, 120, 120, "kept")
    assert one["numbers"] == [{"signal": "d_loss", "before": 0.01, "after": 0.6}]
    assert one["words"] == "keeps it: no finding in the 60 steps since"


def test_what_was_undone_is_followed_by_the_next_and_the_last_may_be_on_trial() -> None:
    found = treatments([treat(), decided("undo"), treat(130, "new_d")])
    assert [(one["label"], one["remedy"], one["outcome"], one["ended"]) for one in found] == [
        ("A", "r1", "undone", 120),
        ("B", "new_d", "on trial", None),
    ]


def test_only_settings_that_became_others_are_told() -> None:
    one = changed(
        {"penalties.r1": {"weight": 1.0, "every": 4}, "tricks.cadence": False, "tricks.two_rates": False, "objective": "hinge"},
        {"penalties.r1": None, "tricks.cadence": None, "tricks.two_rates": {"d_rate": 0.01}, "objective": "hinge"},
    )
    assert one["settings"] == [
        {"name": "penalties.r1", "before": "off", "after": "weight 1, every 4"},
        {"name": "tricks.two_rates", "before": "d_rate 0.01", "after": "off"},
    ]


def test_of_a_piece_only_what_differs_is_told() -> None:
    before, after = {"kind": "adam", "lr": 0.01, "beta2": 0.9}, {"kind": "adam", "lr": 0.001, "beta1": 0.5}
    one = changed({"optimizer": after}, {"optimizer": before})
    assert one["settings"] == [
        {"name": "optimizer.lr", "before": "0.01", "after": "0.001"},
        {"name": "optimizer.beta2", "before": "0.9", "after": "default"},
        {"name": "optimizer.beta1", "before": "default", "after": "0.5"},
    ]


def test_nought_is_a_value_and_not_off() -> None:
    assert changed({"optimizer.beta1": 0}, {"optimizer.beta1": None})["settings"] == [
        {"name": "optimizer.beta1", "before": "default", "after": "0"}
    ]
    assert changed({"optimizer.beta1": 0.0}, {"optimizer.beta1": 0.0})["settings"] == []


def test_the_settings_are_what_train_takes() -> None:
    change = {
        "objective": "non_saturating",
        "optimizer": {"kind": "adam", "lr": 2e-5, "beta1": 0.5},
        "penalties.r1": {"weight": 0.1, "every": 1},
        "tricks.two_rates": False,
    }
    one = changed(change, {"objective": "hinge", "tricks.two_rates": {"d_rate": 0.1}})
    overrides = dict(parse_override(word) for word in shlex.split(one["recipe"]))
    assert overrides == change
    mapping = read("ring") | {"tricks": {"two_rates": {"d_rate": 0.1}}}
    assert resolve(mapping, overrides) == resolve(mapping, change)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"fresh": ["G", "D"]}, "G and D start again from new weights"),
        ({"fresh": ["D"]}, "D starts again from new weights"),
        ({"back": True}, "it goes on from the last healthy snapshot"),
        ({"leave_out": ["mine"]}, "left out: mine"),
        ({"rescale": True}, "the data is brought to [-1, 1]"),
    ],
)
def test_changes_that_are_no_settings(more: dict[str, Any], words: str) -> None:
    assert changed({}, {}, **more)["also"] == [words]


def test_what_is_in_force_now() -> None:
    assert now([]) == ""
    assert now([treat()]) == "Add R1 (on trial until step 120)"
    assert now([treat(), decided("undo")]) == ""
    kept = [treat(), decided("keep")]
    assert now(kept) == "Add R1 (kept at step 120)"
    both = [*kept, treat(1300, title="Another"), decided("keep", 1360)]
    assert now(both) == "Another (kept at step 1,360), after 1 more"
    assert now([*kept, treat(1300), decided("undo", 1360)]) == "Add R1 (kept at step 120)"


def test_remarks() -> None:
    advised = {"step": 5, "action": "advise", "finding": "data_range", "words": "nothing here treats data range"}
    assert remarks([treat(), advised]) == [advised]
    stopped = {"step": 9, "action": "stop", "finding": None, "words": "stops"}
    assert remarks([stopped]) == [stopped | {"finding": ""}]


def test_lines_of_the_wrong_kind_hurt_nobody() -> None:
    strange = {
        "step": 7,
        "action": "treat",
        "change": [],
        "replaced": "x",
        "numbers": {"a": "b", "c": float("nan")},
        "until": "?",
    }
    (one,) = treatments([decided("keep"), strange, decided("undo", 9, numbers=None), decided("keep", 11)])
    assert (one["outcome"], one["ended"], one["numbers"], one["settings"], one["until"]) == ("undone", 9, [], [], 7)
    assert len({one["label"] for one in treatments([treat()] * 60)}) == 60
