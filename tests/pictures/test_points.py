"""Scatter pictures."""

import numpy as np
import torch
from PIL import Image, ImageColor

from equipoise.pictures.paper import INK
from equipoise.pictures.points import LEFT, SIDE, TOP, Window, points

CORNERS = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])


def at(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The pixel of a point in a window that spans the corners with 15 % room."""
    column, row = LEFT + SIDE / 2 * (1 + x / 1.15), TOP + SIDE / 2 * (1 - y / 1.15)
    return tuple(np.asarray(image)[round(row), round(column)].tolist())


def test_points_lie_where_they_are_reals_grey_and_fakes_warm() -> None:
    image = points(CORNERS, torch.tensor([[0.5, 0.2]]))
    r, g, b = at(image, 0.5, 0.2)
    assert r - b > 60
    r, g, b = at(image, 1.0, 1.0)
    assert max(r, g, b) - min(r, g, b) < 40
    assert r < 220
    assert at(image, 0.6, -0.7) == (255, 255, 255)


def test_centres_are_marked() -> None:
    image = points(CORNERS, CORNERS, centres=torch.tensor([[0.3, -0.4]]))
    around = np.array(at(image, 0.3, -0.4))
    assert (np.abs(around - ImageColor.getrgb(INK)) < 90).all()


def test_the_window_does_not_move_with_the_fakes() -> None:
    near, far = points(CORNERS, torch.zeros(1, 2)), points(CORNERS, torch.cat([torch.zeros(1, 2), torch.full((1, 2), 1e9)]))
    assert np.array_equal(np.asarray(near)[TOP:], np.asarray(far)[TOP:])
    assert not np.array_equal(np.asarray(near)[:TOP], np.asarray(far)[:TOP])  # the legend counts it


def test_numbers_that_are_none_and_empty_samples_can_be_drawn() -> None:
    bad = torch.full((3, 2), float("nan"))
    size = points(CORNERS, bad).size
    assert points(bad, bad).size == size
    assert points(torch.empty(0, 2), torch.zeros(1, 2)).size == size
    assert Window.around(np.ones((4, 2))).reach > 0  # all reals at one place
