"""Sample grids, pixel by pixel."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from equipoise.errors import SettingError
from equipoise.pictures.grid import PAPER, grid, png, write_png
from equipoise.pictures.viridis import VIRIDIS


def test_grey_images_lie_in_reading_order_with_a_border_around_each() -> None:
    images = torch.tensor([-1.0, 0.0, 1.0]).view(3, 1, 1, 1).expand(3, 1, 1, 2)
    pixels = np.asarray(grid(images, columns=2, scale=1, border=1))
    p = PAPER
    assert pixels.tolist() == [
        [p, p, p, p, p, p, p],
        [p, 0, 0, p, 128, 128, p],
        [p, p, p, p, p, p, p],
        [p, 255, 255, p, p, p, p],
        [p, p, p, p, p, p, p],
    ]


def test_colour_channels_stay_in_order() -> None:
    image = torch.tensor([1.0, -1.0, 0.0]).view(1, 3, 1, 1)
    assert np.asarray(grid(image, scale=1, border=0)).tolist() == [[[255, 0, 128]]]


def test_every_byte_survives_the_way_to_minus_one_and_one_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    images = (levels.float() / 127.5 - 1).view(1, 1, 16, 16)
    assert np.array_equal(np.asarray(grid(images, scale=1, border=0)).ravel(), levels.numpy())


def test_enlarging_repeats_pixels() -> None:
    image = torch.tensor([[-1.0, 1.0]]).view(1, 1, 1, 2)
    assert np.asarray(grid(image, scale=2, border=0)).tolist() == [[0, 0, 255, 255]] * 2


@pytest.mark.parametrize(("side", "scale"), [(16, 4), (28, 2), (32, 2), (64, 1), (128, 1)])
def test_small_images_are_enlarged_and_the_grid_is_square(side: int, scale: int) -> None:
    assert grid(torch.zeros(64, 1, side, side), border=0).size == (8 * side * scale, 8 * side * scale)


def test_other_ranges_clipping_and_what_is_no_number() -> None:
    values = torch.tensor([-1.0, 5.0, 10.0, 20.0, float("nan"), float("inf"), float("-inf")]).view(1, 1, 1, 7)
    assert np.asarray(grid(values, scale=1, border=0, range=(0, 10))).tolist() == [[0, 128, 255, 255, 0, 255, 0]]


def test_viridis_runs_from_its_first_to_its_last_colour_and_leaves_the_border_alone() -> None:
    picture = grid(torch.tensor([-1.0, 0.0, 1.0]).view(1, 1, 1, 3), scale=1, border=1, colour="viridis")
    pixels = np.asarray(picture.convert("RGB"))
    assert pixels[1, 1:4].tolist() == [[68, 1, 84], VIRIDIS[127:129].mean(0).round().tolist(), [253, 231, 37]]
    assert (pixels[0] == PAPER).all()


def test_viridis_is_the_published_map() -> None:
    colormaps = pytest.importorskip("matplotlib").colormaps
    assert np.array_equal(VIRIDIS, (np.array(colormaps["viridis"].colors) * 255).round())


@pytest.mark.parametrize("shape", [(0, 1, 4, 4), (3, 2, 4, 4), (1, 4, 4)])
def test_what_is_no_images_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SettingError, match="images"):
        grid(torch.zeros(shape))


def test_an_unknown_colour_is_refused() -> None:
    with pytest.raises(SettingError, match="colour: must be grey or viridis, not 'jet'"):
        grid(torch.zeros(1, 1, 4, 4), colour="jet")


def test_the_file_holds_the_pixels_and_always_the_same_bytes(tmp_path: Path) -> None:
    images = torch.rand(5, 3, 9, 7) * 2 - 1
    write_png(grid(images), tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    assert data == png(grid(images))
    with Image.open(io.BytesIO(data)) as picture:
        assert np.array_equal(np.asarray(picture), np.asarray(grid(images)))


def test_the_source_is_left_alone() -> None:
    images = torch.tensor([0.25, float("nan")]).view(1, 1, 1, 2)
    before = images.clone()
    grid(images)
    assert torch.allclose(images, before, rtol=0, atol=0, equal_nan=True)


def test_a_large_grid_is_quick() -> None:
    images = torch.rand(64, 1, 128, 128) * 2 - 1
    begun = time.process_time()
    png(grid(images))
    assert time.process_time() - begun < 0.2  # about 0.04 s; torchvision's save_image takes 0.34 s
