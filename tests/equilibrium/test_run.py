"""Verdicts on run folders, from Python and from the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch import nn

import equipoise
from equipoise import api, build
from equipoise.cli import main
from equipoise.equilibrium.evidence import Budget
from equipoise.equilibrium.reals import held_out
from equipoise.equilibrium.run import equilibrium
from equipoise.equilibrium.verdict import Answer
from equipoise.errors import DataError, EquipoiseError, RunError, SettingError
from equipoise.recipe import resolve

SMALL: dict[str, Any] = {
    "name": "ring",
    "data": {"kind": "ring", "length": 2000},
    "network": {"kind": "mlp", "hidden": 16},
    "objective": "non_saturating",
    "tricks": {"ema": {"decay": 0.9}},
    "batch": 64,
    "latent": 2,
    "log_every": 2,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    """Sixty steps with a checkpoint each ten."""
    out = tmp_path_factory.mktemp("runs") / "ring"
    return equipoise.fit(SMALL, steps=60, out=out, overrides={"checkpoints.every_steps": 10, "checkpoints.keep_last": 6})


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is spent is not what is tested here."""
    monkeypatch.setattr(Budget, "of", classmethod(lambda cls, game, quick=False: cls(4, (1.0,), 10, 4, 64)))


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_run_folder_is_judged_and_not_touched(run: api.Run) -> None:
    before = contents(run.path)
    said: list[str] = []
    verdict = equilibrium(run.path, quick=True, say=said.append)
    assert contents(run.path) == before
    assert verdict.step == 60
    for name in ("duality_gap", "proximal_gap", "clusters", "roam", "least_real", "path_angle", "plateau", "drift", "d_loss"):
        assert verdict[name].value is not None, name
    assert verdict["drift_average"].value is not None, "the recipe keeps an average"
    assert "never saw" in said[0] and any("worst-case D" in line for line in said)
    assert {"duality gap", "jacobian", "motion"} <= verdict.seconds.keys()


def test_the_package_can_be_called_as_the_function(run: api.Run) -> None:
    assert equipoise.equilibrium(run.path, quick=True).answer == equilibrium(run, quick=True).answer


def test_a_checkpoint_before_is_judged_by_what_was_known_then(run: api.Run) -> None:
    verdict = equilibrium(run.path, step=30, quick=True)
    assert verdict.step == 30
    assert verdict["plateau"].value is None, "3 evaluations by then"
    first = equilibrium(run.path, step=10, quick=True)
    assert first["path_angle"].standing == first["drift"].standing == "not assessed"
    with pytest.raises(EquipoiseError, match="no checkpoint of step 7"):
        equilibrium(run.path, step=7)


def test_a_damaged_checkpoint_before_is_passed_over(run: api.Run, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    (copy / "checkpoints/step-0000050/state.safetensors").write_bytes(b"no")
    assert equilibrium(copy, quick=True)["path_angle"].value is not None, "the one before that serves"


def test_the_command_prints_words_or_json(run: api.Run, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "equipoise", "equilibrium", str(run.path), "--quick", "--json", "--step", "50"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["step"] == 50 and facts["answer"] in get_args(Answer)
    assert "worst-case D" in done.stderr
    assert main(["equilibrium", str(run.path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("step 60: ") and "duality gap" in said and "proves nothing" in said
    assert main(["equilibrium", "nowhere"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("equipoise: nowhere: ") and error.count("\n") == 1


def test_own_networks_are_judged_from_a_loaded_run(tmp_path: Path) -> None:
    def pair() -> tuple[nn.Module, nn.Module]:
        torch.manual_seed(0)
        return nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))

    G, D = pair()
    own = equipoise.fit(
        {k: v for k, v in SMALL.items() if k != "network"}, steps=10, generator=G, discriminator=D, out=tmp_path / "own"
    )
    assert equilibrium(own, quick=True).step == 10, "with the graphs of its last step still about"
    G, D = pair()
    loaded = api.load(own.path, generator=G, discriminator=D)
    assert equilibrium(loaded, quick=True).step == 10
    with pytest.raises(SettingError):
        equilibrium(own.path)


def test_data_of_another_shape_or_place_is_refused(run: api.Run, tmp_path: Path) -> None:
    grid = build.source(resolve({**SMALL, "steps": 1, "data": {"kind": "grid", "length": 500}}))
    assert equilibrium(run.path, data=grid, quick=True).step == 60, "a Source in the place of the recipe's"
    grid.shape = (3,)
    with pytest.raises(RunError, match=r"shape \[3\].*\[2\]"):
        equilibrium(run.path, data=grid, quick=True)
    with pytest.raises(DataError):
        equilibrium(run.path, data=tmp_path / "nothing")


def test_held_out_reals_are_new_or_kept_apart(tmp_path: Path) -> None:
    recipe = resolve({**SMALL, "steps": 1})
    source = build.source(recipe)
    fresh, index, where = held_out(recipe, source, None, 0)
    assert len(fresh) == 1024 and len(index) == 2000 and where == "reals that the run never saw"
    seen = {tuple(point) for point in source.batch(index).tolist()}
    assert not any(tuple(point) in seen for point in fresh.tolist())
    import numpy as np

    np.save(tmp_path / "points.npy", np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32))
    recipe = resolve({**SMALL, "steps": 1, "data": {"kind": "folder", "path": str(tmp_path / "points.npy")}})
    source = build.source(recipe)
    apart, index, where = held_out(recipe, source, None, 0)
    assert len(apart) == 75 and len(index) == 225 and "training data" in where
    seen = {tuple(point) for point in source.batch(index).tolist()}
    assert not any(tuple(point) in seen for point in apart.tolist())
