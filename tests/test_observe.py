"""What a run needs to be examined, what it says where it lacks it, and what it leaves behind."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import equipoise
from equipoise import build, recipe
from equipoise.cli import main
from equipoise.data.source import Source
from equipoise.diagnosing import diagnose
from equipoise.history import History
from equipoise.observe import cadence, samples
from equipoise.run_folder import RunFolder

RING: dict[str, Any] = {
    "data": {"kind": "ring", "length": 500},
    "network": {"kind": "mlp", "hidden": 8, "layers": 1},
    "batch": 16,
    "steps": 80,
    "log_every": 10,
    "exams": {"every_steps": 40, "samples": 64},
}


def exams(run: Path) -> list[dict[str, Any]]:
    return [record for record in History(RunFolder(run).signals).read("step") if record.get("exam")]


def test_facts_are_what_rules_may_know(tmp_path: Path) -> None:
    smoothed = {**RING, "tricks": {"label_smoothing": {}}}
    facts = json.loads(RunFolder(equipoise.fit(smoothed, out=tmp_path / "run").path).facts.read_text())
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert facts["d_floor"] == pytest.approx(entropy / 2, abs=0.002)
    assert facts["d_equilibrium"] == pytest.approx(-(0.45 * math.log(0.45) + 0.55 * math.log(0.55)))
    assert (facts["objective"], facts["convention"], facts["logits"]) == ("non_saturating", "mean", True)
    assert (facts["batch"], facts["samples"], facts["steps_planned"]) == (16, 500, 80)


@pytest.mark.parametrize(
    ("objective", "d_floor", "logits"), [("wasserstein", None, False), ("hinge", 0.0, False), ("least_squares", 0.0, False)]
)
def test_facts_of_other_objectives(tmp_path: Path, objective: str, d_floor: float | None, logits: bool) -> None:
    run = equipoise.fit({**RING, "objective": objective, "steps": 1}, out=tmp_path / "run")
    facts = json.loads(RunFolder(run.path).facts.read_text())
    assert facts["d_floor"] == (None if d_floor is None else pytest.approx(d_floor, abs=1e-6))
    if objective != "least_squares":  # whose logits are fixed, though they are no probabilities
        assert facts["logits"] is logits


def test_made_data_holds_out_other_samples_of_the_same_ring() -> None:
    found = recipe.resolve({"name": "x", **RING})
    source, held = build.source(found), build.heldout(found)
    assert held is not None
    train, other = (s.batch(torch.arange(len(s))) for s in (source, held))
    assert not {tuple(x) for x in train.tolist()} & {tuple(x) for x in other.tolist()}, "none of them is trained on"
    assert train.norm(dim=1).mean() == pytest.approx(float(other.norm(dim=1).mean()), rel=0.05)


def test_held_out_reals_are_examined_and_no_others(tmp_path: Path) -> None:
    (first, second) = exams(equipoise.fit(RING, out=tmp_path / "run").path)
    assert {"r_v", "accuracy_heldout", "memorised", "certificate_jsd", "certificate_tv"} <= first.keys() & second.keys()
    assert {"drift", "coverage", "coverage_least", "rank_ratio"} <= second.keys()
    assert "drift" not in first


def test_a_folder_of_pictures_trains_without_held_out_reals_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for i in range(24):
        Image.fromarray(rng.integers(0, 256, (16, 16), np.uint8)).save(tmp_path / "pictures" / f"{i}.png")
    settings = {
        **RING,
        "data": {"kind": "folder", "path": str(tmp_path / "pictures")},
        "network": {"kind": "dcgan", "width": 3},
        "batch": 8,
        "steps": 20,
        "exams": {"every_steps": 10, "samples": 24},
    }
    run = equipoise.fit(settings, out=tmp_path / "run")
    assert all("coverage" in exam and "r_v" not in exam for exam in exams(run.path))
    unassessed = [entry for entry in diagnose(run.path).as_json()["not_assessed"] if "overfitting" in json.dumps(entry)]
    assert len(unassessed) == 1
    assert "r_v" in json.dumps(unassessed)


def test_a_finding_says_when_what_and_which_and_quiet_keeps_it_to_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """G can't move."""
    settings = ["ring", "tricks.two_rates.g_rate=1e-9", "tricks.two_rates.d_rate=1e-2", "steps=400", "log_every=10"]
    settings += [
        "network.hidden=16",
        "network.layers=1",
        "exams.every_steps=40",
        "exams.samples=64",
        "batch=32",
        "grids.samples=4",
    ]
    assert main(["train", *settings, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    records = list(History(tmp_path / "run" / "findings.jsonl").read("step"))
    assert "raised" in {record["what"] for record in records}
    for record in records:
        assert record["what"] in ("raised", "cleared")
        assert {"name", "severity", "words"} <= record["finding"].keys()


@pytest.mark.parametrize(
    ("batch", "length", "expected"), [(64, 5000, 256), (16, 5000, 128), (1, 5000, 64), (3, 5000, 66), (64, 150, 128)]
)
def test_an_exam_takes_whole_batches_and_not_too_few_samples(batch: int, length: int, expected: int) -> None:
    found = recipe.resolve({"name": "x", **RING, "batch": batch, "exams": {}})
    source = Source("x", (2,), length, torch.rand(length, 2))
    assert samples(found, source) == expected


def test_exams_are_rarer_the_longer_the_run_and_never_too_near() -> None:
    source = Source("x", (2,), 5000, torch.rand(5000, 2))

    def every(steps: int, **exams: int) -> int:
        return cadence(recipe.resolve({"name": "x", **RING, "batch": 64, "exams": exams}), source, steps)

    assert [every(steps) for steps in (100, 4000, 100_000)] == [80, 200, 500]
    assert every(100_000, every_steps=7) == 7
    assert every(100_000, every_steps=0) == 0
