"""The picture of samples beside their nearest training samples, read back."""

import numpy as np
import pytest
import torch

from equipoise.errors import SettingError
from equipoise.pictures.neighbours import GAP, LINE, MARGIN, neighbours
from equipoise.pictures.paper import ORANGE

SHADES = torch.linspace(-1, 1, 12)


def picture(near: float | None = None, columns: int = 1) -> np.ndarray:
    """Three samples of one shade each, and three neighbours each of other shades."""
    shades = SHADES.view(3, 4, 1, 1, 1).expand(3, 4, 1, 28, 28)
    distances = torch.tensor([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
    return np.asarray(neighbours(shades[:, 0], shades[:, 1:], distances, near, columns).convert("RGB"))


def shade(pixels: np.ndarray, row: int, place: int, left: int = 0) -> int:
    x = left + MARGIN + place * (56 + GAP) + (MARGIN if place else 0) + 28
    return int(pixels[LINE + GAP + row * (56 + LINE + GAP) + 28, x, 0])


def orange(pixels: np.ndarray) -> int:
    return int((np.abs(pixels.astype(int) - [int(ORANGE[i : i + 2], 16) for i in (1, 3, 5)]).sum(2) < 30).sum())


def test_each_sample_is_followed_by_its_neighbours() -> None:
    pixels = picture()
    found = [shade(pixels, row, place) for row in range(3) for place in range(4)]
    assert found == pytest.approx([(float(s) + 1) * 127.5 for s in SHADES], abs=1)


def test_rows_go_down_and_then_to_the_next_column() -> None:
    pixels = picture(columns=2)
    width = pixels.shape[1] // 2
    assert shade(pixels, 1, 2) == pytest.approx((float(SHADES[6]) + 1) * 127.5, abs=1)
    assert shade(pixels, 0, 3, left=width) == pytest.approx((float(SHADES[11]) + 1) * 127.5, abs=1)


def test_near_ones_are_framed() -> None:
    assert orange(picture()) == 0
    one, three = orange(picture(near=0.5)), orange(picture(near=1.0))
    assert one > 100
    assert three > 1.8 * one  # 0, 1 and 1


def test_colour() -> None:
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 28, 28)
    pixels = np.asarray(neighbours(red, red[:, None], torch.ones(1, 1)))
    assert pixels[LINE + GAP + 28, MARGIN + 28].tolist() == [255, 0, 0]


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(SettingError, match="neighbours"):
        neighbours(torch.zeros(2, 1, 8, 8), torch.zeros(2, 3, 1, 8, 9), torch.zeros(2, 3))
