"""A run says what is wrong with it, without touching it, and says the same when it was interrupted."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

import equipoise
from equipoise import describe
from equipoise.history import History
from equipoise.pieces import Card, Trick
from equipoise.train import DivergedError

# G stands still and D does not: it wins, and nothing comes of G
LOST: dict[str, Any] = {
    "data": {"kind": "ring", "length": 2000},
    "network": {"kind": "mlp", "hidden": 16, "layers": 1},
    "optimizer": {"kind": "adam", "lr": 1e-2},
    "tricks": {"two_rates": {"g_rate": 1e-7, "d_rate": 1e-2}},
    "batch": 32,
    "steps": 420,
    "log_every": 7,
    "exams": {"every_steps": 30, "samples": 64},
}


class Heard:
    """Somebody who is told, and writes it down."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def start(self, plan: Any) -> None: ...

    def update(self, record: Any) -> None: ...

    def finish(self, summary: Any) -> None: ...

    def message(self, text: str) -> None:
        self.messages.append(text)


def records(run: Path, name: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in r.items() if k != "seconds"} for r in History(run / name).read("step")]


def test_a_lost_game_is_found_out_told_once_and_written_down(tmp_path: Path) -> None:
    heard = Heard()
    run = equipoise.fit(LOST, out=tmp_path / "run", progress=heard)
    raised = [f["finding"]["name"] for f in run.findings() if f["what"] == "raised"]
    assert raised
    told = [text for text in heard.messages if text.startswith("finding: ")]
    assert len(told) == len(raised)
    assert equipoise.load(tmp_path / "run").findings() == run.findings()
    standing = [name for name in raised if name not in [f["finding"]["name"] for f in run.findings() if f["what"] == "cleared"]]
    if standing:
        assert "found" in describe.result(run)


@pytest.mark.parametrize("stops", [(49, 131), (30, 200, 203)])
def test_an_interrupted_run_has_the_records_and_findings_of_one_that_was_not(tmp_path: Path, stops: tuple[int, ...]) -> None:
    whole = {**LOST, "steps": 210}
    equipoise.fit(whole, out=tmp_path / "whole")
    equipoise.fit({**whole, "steps": stops[0]}, out=tmp_path / "parts")
    for stop in (*stops[1:], 210):
        equipoise.resume(tmp_path / "parts", steps=stop)
    for name in ("signals.jsonl", "findings.jsonl"):
        assert records(tmp_path / "parts", name) == records(tmp_path / "whole", name)


def test_exams_and_the_doctor_change_nothing(tmp_path: Path) -> None:
    watched = equipoise.fit({**LOST, "steps": 90}, out=tmp_path / "watched")
    alone = equipoise.fit({**LOST, "steps": 90, "exams": {"every_steps": 0}}, out=tmp_path / "alone")
    examined = [[r["step"] for r in records(run.path, "signals.jsonl") if r.get("exam")] for run in (watched, alone)]
    assert examined == [[30, 60, 90], []]
    one, other = watched.game.state()[0], alone.game.state()[0]
    assert [k for k in one if not torch.equal(one[k], other[k])] == []


@dataclass
class Poison(Trick):
    """Makes one bias of D infinite at step 20."""

    card = Card("poison", "A weight that bursts", "b = inf", "a test", "nothing", "everything", "none")

    def after(self, game: Any, terms: Any) -> None:
        if game.steps == 20:
            with torch.no_grad():
                list(game.D.module.parameters())[-1].fill_(math.inf)


def test_the_first_tensor_that_is_no_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match=r"the first tensor that is no number: D\."):
        equipoise.fit({**LOST, "steps": 60}, out=tmp_path / "run", tricks=[Poison()])
    (found,) = [r["finding"] for r in records(tmp_path / "run", "findings.jsonl") if r["finding"]["name"] == "divergence"]
    D = equipoise.fit({**LOST, "steps": 1}, out=tmp_path / "one").game.D.module
    assert f"D.{[name for name, _ in D.named_parameters()][-1]}" in found["words"]
