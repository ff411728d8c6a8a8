"""Samples as files: each form read back by another reader, with values computed by hand."""

import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from equipoise.data.restore import facts_to_restore
from equipoise.errors import RunError, SettingError
from equipoise.export import older, refuse_used, write

PLAIN: dict[str, Any] = {"name": "mine", "facts": {}}
WINDOWS: dict[str, Any] = {"name": "windows", "facts": facts_to_restore(10.0, 30.0, log=False, units="digits")}
LOG: dict[str, Any] = {"name": "windows", "facts": facts_to_restore(0.0, 2.0, log=True, units="sfu")}


def test_png_is_one_picture_a_sample_from_black_at_minus_one_to_white_at_one(tmp_path: Path) -> None:
    samples = torch.tensor([-1.0, 0.0, 1.0, 5.0]).view(1, 1, 2, 2).repeat(2, 1, 1, 1)
    files = write(samples, tmp_path / "a/b", None, PLAIN)
    assert [f.name for f in files] == ["000000.png", "000001.png"]
    with Image.open(files[1]) as image:
        assert image.size == (2, 2) and image.convert("L").tobytes() in (bytes([0, 127, 255, 255]), bytes([0, 128, 255, 255]))


def test_png_of_three_channels_has_its_colours(tmp_path: Path) -> None:
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    with Image.open(write(red, tmp_path, "png", PLAIN)[0]) as image:
        assert image.convert("RGB").getpixel((1, 2)) == (255, 0, 0)


def test_new_samples_take_the_place_of_older_ones_and_of_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("mine")
    write(torch.zeros(3, 1, 4, 4), tmp_path, "png", PLAIN)
    assert [p.name for p in older(tmp_path)] == ["000000.png", "000001.png", "000002.png"]
    write(torch.zeros(2, 1, 4, 4), tmp_path, "npy", PLAIN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.png", "samples.npy"]
    write(torch.ones(1, 1, 4, 4), tmp_path, "png", PLAIN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000.png", "notes.png"]


def test_a_folder_with_samples_is_refused(tmp_path: Path) -> None:
    refuse_used(tmp_path / "none")
    (tmp_path / "notes.csv").write_text("mine")
    refuse_used(tmp_path)
    write(torch.zeros(2, 2), tmp_path, None, PLAIN)
    with pytest.raises(
        RunError, match=r"holds samples already \(samples.csv\); give another --out, or replace them with --force"
    ):
        refuse_used(tmp_path)
    write(torch.zeros(3, 1, 4, 4), tmp_path, "png", PLAIN)
    with pytest.raises(RunError, match=r"000000.png and 2 more"):
        refuse_used(tmp_path)


def test_npy_is_one_float32_file_without_python_objects(tmp_path: Path) -> None:
    samples = torch.randn(3, 3, 4, 5)
    (file,) = write(samples, tmp_path, "npy", PLAIN)
    found = np.load(file, allow_pickle=False)
    assert found.dtype == np.float32 and np.array_equal(found, samples.numpy())


def test_windows_are_csv_in_the_units_of_the_data(tmp_path: Path) -> None:
    window = torch.tensor([[-1.0, 0.0, 0.5], [1.0, -0.5, 0.25]]).view(1, 1, 2, 3)
    (file,) = write(window, tmp_path, None, WINDOWS)
    assert file.name == "000000.csv"
    assert np.loadtxt(file, delimiter=",").tolist() == [[10, 20, 25], [30, 15, 22.5]]
    (file,) = write(window, tmp_path / "log", "npy", LOG)
    assert np.load(file)[0, 0, :, 0] == pytest.approx([1.0, 100.0], rel=1e-6), "10 ** 0 and 10 ** 2"


def test_points_are_one_csv_of_six_digits(tmp_path: Path) -> None:
    (file,) = write(torch.tensor([[1.0, -2.5], [1e-7, 123456.7]]), tmp_path, None, PLAIN)
    assert file.name == "samples.csv" and file.read_text() == "1,-2.5\n1e-07,123457\n"


@pytest.mark.parametrize(
    ("samples", "form", "message"),
    [
        (torch.zeros(2, 2), "png", "format: points are no pictures; use npy or csv"),
        (torch.zeros(2, 3, 4, 4), "csv", "one channel, these samples have 3; use png or npy"),
    ],
)
def test_a_form_that_can_not_hold_the_samples(samples: torch.Tensor, form: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=message):
        write(samples, tmp_path / "out", form, PLAIN)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(RunError, match=f"{out}: can't write samples there"):
            write(torch.zeros(2, 2), out, None, PLAIN)
    assert (tmp_path / "file").read_text() == "mine"


def test_older_samples_are_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    write(torch.zeros(3, 2), tmp_path, None, PLAIN)
    (tmp_path / "mine.txt").write_text("mine")
    write(torch.ones(1, 2), tmp_path, None, PLAIN)
    assert (tmp_path / "samples.csv").read_text() == "1,1\n"
    assert {p.name for p in tmp_path.iterdir()} == {"samples.csv", "mine.txt"}
    assert stat.S_IMODE((tmp_path / "samples.csv").stat().st_mode) & 0o400
