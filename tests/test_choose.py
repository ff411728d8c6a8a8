"""A recipe for somebody's data: what is recognised, and what is chosen for its size and number."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from equipoise import recipe
from equipoise.api import find_recipe
from equipoise.choose import choose
from equipoise.cli import main
from equipoise.errors import DataError


def images(folder: Path, n: int, size: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(n):
        Image.fromarray(rng.integers(0, 256, (size, size), dtype=np.uint8)).save(folder / f"{i}.png")
    return folder


def test_little_data_gets_augmentation_and_a_small_batch(tmp_path: Path) -> None:
    mapping, said = choose(images(tmp_path / "scans", 40, 32))
    chosen = recipe.resolve(mapping)
    assert (chosen.name, chosen.data["kind"], chosen.batch) == ("scans", "folder", 16)
    assert "diff_augment" in chosen.tricks
    assert "40 images of shape 1x32x32" in said and "little data" in said


def test_fewer_samples_than_the_batch_get_a_batch_of_all(tmp_path: Path) -> None:
    assert recipe.resolve(choose(images(tmp_path / "few", 5, 32))[0]).batch == 5


def test_much_data_gets_the_recipe_of_fashion_mnist(tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.random.default_rng(0).integers(0, 256, (6000, 28, 28), dtype=np.uint8))
    chosen = recipe.resolve(choose(tmp_path / "many.npy")[0])
    assert chosen.batch == 64 and "diff_augment" not in chosen.tricks
    assert 46_000 < chosen.epochs * -(-6000 // 64) < 48_000, "about the steps of 50 epochs of Fashion-MNIST"


def test_points_get_an_mlp(tmp_path: Path) -> None:
    np.save(tmp_path / "points.npy", np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32))
    assert recipe.resolve(choose(tmp_path / "points.npy")[0]).network["kind"] == "mlp"


def test_a_tree_of_csv_windows_trains_from_its_path_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for kind in ("type_2", "type_3"):
        (tmp_path / "windows" / kind).mkdir(parents=True)
        for i in range(8):
            np.savetxt(tmp_path / "windows" / kind / f"{i}.csv", rng.normal(size=(16, 16)), delimiter=",")
    arguments = ["train", str(tmp_path / "windows"), "network.width=4", "--steps", "2", "--out", str(tmp_path / "run")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "16 images of shape 1x16x16 (windows)" in printed
    assert main(["sample", str(tmp_path / "run"), "-n", "2", "--out", str(tmp_path / "samples")]) == 0
    assert len(list((tmp_path / "samples").glob("*.csv"))) == 2, "windows come back as CSV, in their own units"


def test_what_is_no_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DataError, match="notes"):
        find_recipe(tmp_path / "notes.txt")


def test_real_data_takes_the_place_of_what_a_recipe_makes(tmp_path: Path) -> None:
    for i in range(4):
        folder = tmp_path / "windows" / "type_3"
        folder.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / f"{i}.csv", np.random.default_rng(i).normal(size=(16, 16)), delimiter=",")
    found, _ = find_recipe("bursts", {"data.classes": ["type_3"]}, tmp_path / "windows")
    assert found.data == {"kind": "windows", "path": str(tmp_path / "windows"), "classes": ["type_3"]}
    assert found.network == recipe.resolve(recipe.read("bursts")).network
    kept, _ = find_recipe("mnist", {}, tmp_path)
    assert kept.data == {"kind": "mnist", "path": str(tmp_path)}, "a recipe that reads its data keeps its kind"
