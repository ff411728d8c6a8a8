"""From a run, folders and arrays to a study on the command line: which pictures, of which split, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import equipoise
from equipoise.cli import main
from equipoise.errors import DataError, SettingError
from equipoise.judge import plan as plans
from equipoise.sides import Wanted, sides


def pictures(folder: Path, n: int, size: int = 16, channels: int = 1, seed: int = 0) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for i in range(n):
        pixels = rng.integers(0, 256, (size, size, channels), dtype=np.uint8)
        Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(folder / f"{i:03d}.png")
    return folder


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on grey pictures of 16 x 16, of which a third is held out."""
    root = tmp_path_factory.mktemp("made")
    data = pictures(root / "data", 90, 16)
    equipoise.fit(
        {"data": {"kind": "folder", "path": str(data), "size": 16, "holdout": 0.4}, "network": {"kind": "dcgan", "width": 4}},
        batch=8, latent=6, steps=2, out=root / "run", overrides={"checkpoints.every_steps": 1},
    )  # fmt: skip
    return root / "run"


def test_a_run_against_what_it_never_saw(run: Path) -> None:
    real, fake = sides(Wanted((str(run),)), True, quiet)
    assert real.real and real.about["split"] == "held out" and real.most == 36
    assert (fake.name, fake.about["step"], fake.shape) == ("run@2", 2, (1, 16, 16))
    assert np.array_equal(fake.take(3).numpy(), equipoise.load(run).sample(3, 0).numpy()), "the samples of `equipoise sample`"
    (early,) = sides(Wanted((f"{run}@1",)), False, quiet)
    assert early.name == "run@1"


def test_a_study_from_the_command_line_and_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["judge", str(run), "-n", "8", "--raters", "2", "--plan-only"]
    assert main(command) == 0
    assert capsys.readouterr().out.strip() == str(run / "judge")
    plan, _ = plans.read(run / "judge")
    assert (plan.mode, plan.n, plan.raters, [s.name for s in plan.sources]) == ("real-or-fake", 8, 2, ["real", "run@2"])
    before = (run / "judge/plan.json").read_bytes()
    assert main(command) == 0 and (run / "judge/plan.json").read_bytes() == before, "the same request goes on"
    assert main([*command, "--seed", "1"]) == 2 and "holds another study" in capsys.readouterr().err
    assert main(["judge", "report", str(run / "judge"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["all"] is None and (run / "judge/report.html").is_file()


def test_folders_and_arrays_of_one_size(tmp_path: Path) -> None:
    """Without a run both sides become as small as the smaller one."""
    large, small = pictures(tmp_path / "large", 12, 64, 3), pictures(tmp_path / "small", 12, 32, 3)
    np.save(tmp_path / "made.npy", np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8))
    real, fake = sides(Wanted((str(large),), against=str(small)), True, quiet)
    assert real.shape == fake.shape == (3, 32, 32) and real.about["split"] == "all of it"
    real, fake = sides(Wanted((str(tmp_path / "made.npy"),), against=str(small)), True, quiet)
    assert (fake.name, fake.most) == ("made", 9) and fake.take(9).unique(dim=0).shape[0] == 9
    one, other = sides(Wanted((str(small), str(small))), False, quiet)
    assert (one.name, other.name) == ("small", "small (2)")


def test_what_can_not_be_compared_is_said(tmp_path: Path) -> None:
    grey = pictures(tmp_path / "grey", 12, 32, 1)
    np.save(tmp_path / "points.npy", np.random.default_rng(0).normal(size=(50, 2)))
    with pytest.raises(SettingError, match="against: is needed"):
        sides(Wanted((str(grey),)), True, quiet)
    with pytest.raises(DataError, match="only pictures can be judged"):
        sides(Wanted((str(tmp_path / "points.npy"),)), False, quiet)
    with pytest.raises(DataError, match="is not there"):
        sides(Wanted((str(tmp_path / "nowhere"),), against=str(grey)), True, quiet)
    assert main(["judge", str(tmp_path / "nowhere"), "--against", str(grey)]) == 2
    assert main(["judge", str(grey), "--mode", "yes-no", "--against", str(grey)]) == 2
    assert main(["judge", "report", str(tmp_path)]) == 2
