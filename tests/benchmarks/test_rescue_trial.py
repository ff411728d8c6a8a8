"""The trial of rescue: which runs it asks for, and what it counts as rescued."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from equipoise.clinic import play
from equipoise.clinic.trial import Outcome
from equipoise.clinic.wards import WARDS
from equipoise.recipe import resolve

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    found = importlib.util.spec_from_file_location("trial_of_rescue", BENCHMARKS / "rescue.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, found.name, module)
    found.loader.exec_module(module)
    return module


def outcome(ward: str, arm: str, seed: int, healthy: bool, frechet: float, steps: int = 2000, **numbers: float) -> Outcome:
    return Outcome(ward, arm, seed, healthy, False, steps, 1.0, {"found": 8, "energy": 0.01, "frechet": frechet, **numbers})


def test_every_ward_that_a_treatment_could_cure_is_tried(trial: ModuleType) -> None:
    trials = {t.ward: t for t in trial.trials()}
    for name, ward in WARDS.items():
        if ward.data in ("ring", "mnist") and not ward.healthy and ward.name not in trial.LEFT_OUT:
            assert (name in trials) is ward.curable
    for name, one in trials.items():
        assert one.seeds == (5 if WARDS[name].image else 10)
        assert one.arms[0].name == "untreated" and one.arms[-1].treat is True
        assert WARDS[name].healthy or len(one.arms) == 6


def test_arms_are_of_the_wards_own_rates(trial: ModuleType) -> None:
    for name in ("ring/strong-d", "mnist/weak-d", "ring/plain"):
        ward = WARDS[name]
        arms = {arm.name: arm for arm in trial.arms(ward)}
        mapping, _ = play.mapping_of(ward, arms["d-rate/4"], 0, {})
        before, after = resolve({**ward.base, **ward.changes, "name": "x"}), resolve(mapping)
        lr = before.optimizer["lr"]
        d, g = (before.tricks.get("two_rates", {}).get(key, lr) for key in ("d_rate", "g_rate"))
        assert after.tricks["two_rates"] == {"d_rate": d / 4, "g_rate": g}
        shifted, given = play.mapping_of(ward, arms["another-seed"], 3, {})
        assert given["seed"] == 1003 and shifted == play.mapping_of(ward, trial.UNTREATED, 3, {})[0]


def test_rescued_is_healthy_near_the_twin_and_in_time(trial: ModuleType) -> None:
    twins = [outcome("ring/r1", "untreated", s, True, f) for s, f in enumerate((0.1, 0.2, 0.3))]  # median 0.2, most 0.3
    runs = [
        outcome("w", "t", 0, True, 0.2),  # strictly
        outcome("w", "t", 1, True, 0.29),  # within the twin's range, not within 15 % of its median
        outcome("w", "t", 2, True, 0.31),  # too far
        outcome("w", "t", 3, True, 0.1, steps=3001),  # too late
        outcome("w", "t", 4, False, 0.1),  # not well
    ]
    found = trial.score(runs, twins, 2000)
    assert {key: found[key] for key in ("runs", "rescued", "strictly", "well")} == {
        "runs": 5,
        "rescued": 2,
        "strictly": 1,
        "well": 4,
    }
    broken = Outcome("w", "t", 5, False, True, 10, 1.0, {})
    assert trial.score([broken], twins, 2000)["rescued"] == 0


def test_no_harm_compares_the_same_seed(trial: ModuleType) -> None:
    kept = {
        ("ring/r1", "untreated"): [outcome("ring/r1", "untreated", s, True, 0.1 * (s + 1)) for s in (0, 1, 2)],
        ("ring/r1", "treated"): [
            outcome("ring/r1", "treated", 2, True, 0.3, actions=0),
            outcome("ring/r1", "treated", 1, True, 0.4, actions=2),
        ],
    }
    found = trial.harm(kept)
    assert found["runs"] == 2 and found["acted"][0] == 0.5
    assert found["wards"]["ring/r1"]["log ratio of frechet"] == pytest.approx(0.3466, abs=1e-3), "ln 2 / 2: one is twice as far"


def test_the_table_of_what_is_there(trial: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only seeds that fail untreated count."""
    some: list[Any] = [t for t in trial.trials() if t.ward in ("ring/strong-d", "ring/r1")]
    monkeypatch.setattr(trial, "trials", lambda: some)
    for t in some:
        for arm in t.arms:
            for seed in range(3):
                failed = t.ward == "ring/strong-d" and arm.name == "untreated" and seed < 2
                well = outcome(t.ward, arm.name, seed, not failed, 0.1 + 0.01 * seed)
                place = play.folder(tmp_path, (t.ward, arm, (), t.settings), seed)
                (tmp_path / "run").mkdir(exist_ok=True)
                (tmp_path / "run" / "signals.jsonl").write_text("")
                play.keep(place, well, tmp_path / "run")
    found = trial.table(tmp_path)
    ward = found["wards"]["ring/strong-d"]
    assert (ward["seeds"], ward["failing"], ward["treated"]["runs"], ward["treated"]["rescued"]) == (3, 2, 2, 2)
    assert ward["untreated"]["rescued"] == 0
    assert found["rescue"]["all"]["treated"]["runs"] == 2 and found["no harm"]["runs"] == 3
    trial.picture(found, tmp_path / "rescue.png")
    assert (tmp_path / "rescue.png").stat().st_size > 1000
