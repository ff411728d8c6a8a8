"""The trial of the live diagnosis: what its judge counts, and a tiny ward from training to judgement."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from equipoise import plain_json
from equipoise.clinic.outcome import energy
from equipoise.diagnosis import RULES

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    found = importlib.util.spec_from_file_location("trial_of_the_diagnosis", BENCHMARKS / "diagnosis.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)  # `import diagnosis` would find the tests of that name
    monkeypatch.setitem(sys.modules, found.name, module)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def wards(trial: ModuleType) -> ModuleType:
    return importlib.import_module("equipoise.clinic.wards")


def test_wilson(trial: ModuleType) -> None:
    assert trial.wilson(0, 10) == (0.0, 0.0, pytest.approx(1.96**2 / (10 + 1.96**2), abs=1e-4))
    assert trial.wilson(10, 10)[2] == 1.0
    assert trial.wilson(5, 10) == (0.5, pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))  # Wilson 1927
    assert trial.wilson(0, 0)[1:] == (0.0, 1.0)


def test_energy() -> None:
    y = torch.tensor([[1.0], [-1.0]])
    assert energy(y, y) == 0
    assert energy(torch.zeros(3, 1), y) == pytest.approx(1.0)  # 2 * 1 - 0 - 1, over 1
    assert energy(torch.full((3, 1), math.nan), y) == math.inf


def test_samples_are_bad_from_the_step_after_which_they_stay_bad(trial: ModuleType) -> None:
    limits = {10: 1.0, 20: 1.0, 30: 1.0, 40: 1.0}
    assert trial.bad_from({"distances": {10: 2.0, 20: 0.5, 30: 3.0, 40: 2.0}}, limits) == 30
    assert trial.bad_from({"distances": {10: 2.0, 20: 2.0, 30: 2.0, 40: 0.9}}, limits) is None
    assert trial.bad_from({"distances": {10: 0.5, 20: math.nan}}, limits) == 20


def test_what_is_due_is_the_end_of_healthy_runs_from_when_they_keep_it(trial: ModuleType) -> None:
    runs = [{"distances": {10: 5.0, 20: 1.1, 30: 1.0}}, {"distances": {10: 1.0, 20: 1.0, 30: 0.5}}]
    assert trial.due(runs) == {20: 1.2, 30: 1.2}
    assert trial.worst(runs) == {10: 6.0, 20: pytest.approx(1.32), 30: 1.2}
    assert trial.due([]) == {}


def test_every_ward_says_which_findings_are_right(wards: ModuleType) -> None:
    for data in ("ring", "mnist"):
        of = [ward for ward in wards.WARDS.values() if ward.data == data]
        assert sum(not ward.healthy for ward in of) >= 8
        assert sum(ward.healthy for ward in of) >= 5
    for ward in wards.WARDS.values():
        assert (ward.right | ward.beside) <= set(RULES), f"{ward.name} waits for findings that no rule makes"
        assert not (ward.healthy and ward.beside)


def test_harm_is_what_the_samples_say(trial: ModuleType) -> None:
    fine = {"ward": "ring/weak-d", "diverged": False, "found": 8, "energy": 0.01}
    assert not trial.harmed(fine)
    assert trial.harmed({**fine, "found": 5})
    assert trial.harmed({**fine, "energy": 1.0})
    assert trial.harmed({**fine, "diverged": True})


SHORT: dict[str, Any] = {"steps": 150, "batch": 32, "checkpoints": {"every_steps": 30, "keep_last": 1}}
NAMES = ("ring/swapped-labels", "ring/r1")


def test_a_tiny_ward_from_training_to_judgement(
    trial: ModuleType, wards: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in NAMES:
        ward = wards.WARDS[name]
        monkeypatch.setitem(wards.WARDS, name, replace(ward, changes={**ward.changes, **SHORT}))
    monkeypatch.setattr(trial, "KEPT", (*trial.KEPT, "findings.jsonl"))

    for name in NAMES:
        assert name in trial.trace(name, 0, tmp_path)
        assert trial.trace(name, 0, tmp_path) == "", "what is done is not done again"

    live = {}
    for line in (tmp_path / NAMES[0] / "seed-0" / "findings.jsonl").read_text().splitlines():
        record = plain_json.loads(line)
        if record["what"] == "raised":
            live.setdefault(record["finding"]["name"], record["step"])
    swapped = trial.judged(tmp_path / NAMES[0] / "seed-0")
    assert live, "this ward has to be found out, or the comparison says nothing"
    assert swapped["raised"] == live, "replayed, a trace says what training said"

    found = trial.judge(tmp_path)
    assert (found["runs"], found["failing"]) == (2, 1)
    right = bool(wards.WARDS[NAMES[0]].right & set(live))
    assert found["recall"][0] == float(right)
    assert found["missed"] == ([] if right else [f"{NAMES[0]} seed 0"])
