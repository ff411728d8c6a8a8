"""DiffAugment: what each part does to a picture, against slow twins, and that gradients pass."""

import pytest
import torch
from games import IMAGES, play, tiny_game
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.seeds import Moment
from equipoise.tricks.diff_augment import DiffAugment, band, cut, recolour, shift, whole

COLOUR = (64, 3, 16, 12)  # taller than wide, so that a swap of the sides shows


def pictures(*shape: int) -> Tensor:
    return torch.rand(*(shape or COLOUR), generator=torch.Generator().manual_seed(1)) * 2 - 1


def moment() -> Moment:
    at = Moment(0)
    at.begin(0)
    return at


def test_an_empty_policy_is_the_identity() -> None:
    x = pictures()
    assert DiffAugment(policy="").view(x, moment(), real=True) is x


def test_real_and_fake_take_the_same_path_with_numbers_of_their_own() -> None:
    x, trick = pictures(), DiffAugment()
    at, again = moment(), moment()
    real, fake = trick.view(x, at, real=True), trick.view(x, at, real=False)
    assert torch.equal(real, trick.view(x, again, real=False)), "the draw depends on the order of calls, not on the side"
    assert not torch.equal(real, fake)


def test_brightness_moves_the_mean_by_the_drawn_amount() -> None:
    x = pictures()
    u = torch.rand(3, len(x))
    u[1:] = 0.5  # saturation and contrast times 1
    moved = recolour(x, u)
    assert torch.allclose(moved - x, (u[0] - 0.5).view(-1, 1, 1, 1).expand_as(x), atol=1e-6)


def test_saturation_and_contrast_keep_what_they_should_and_scale_the_rest() -> None:
    x = pictures()
    u = torch.full((3, len(x)), 0.5)
    u[1] = torch.rand(len(x))
    grey, moved = x.mean(1, keepdim=True), recolour(x, u)
    assert torch.allclose(moved.mean(1, keepdim=True), grey, atol=1e-6)
    assert torch.allclose(moved - grey, (x - grey) * 2 * u[1].view(-1, 1, 1, 1), atol=1e-6)
    u[1], u[2] = 0.5, torch.rand(len(x))
    mean, moved = x.mean((1, 2, 3), keepdim=True), recolour(x, u)
    assert torch.allclose(moved - mean, (x - mean) * (u[2] + 0.5).view(-1, 1, 1, 1), atol=1e-5)
    assert torch.allclose(moved.mean((1, 2, 3), keepdim=True), mean, atol=1e-6)


def test_a_single_channel_has_no_saturation_to_lose() -> None:
    x = pictures(8, 1, 6, 6)
    u = torch.full((3, 8), 0.5)
    u[1] = 0.0
    assert torch.allclose(recolour(x, u), x, atol=1e-6)


def test_translation_is_a_pure_shift() -> None:
    x = pictures(40, 2, 7, 5)
    down, right = torch.arange(40) % 9 - 4, torch.arange(40) % 13 - 6  # beyond the picture, too
    found = shift(x, down, right)
    for i in range(40):
        dy, dx = int(down[i]), int(right[i])
        expected = torch.zeros(2, 7, 5)
        for row in range(7):
            for column in range(5):
                if 0 <= row - dy < 7 and 0 <= column - dx < 5:
                    expected[:, row, column] = x[i, :, row - dy, column - dx]
        assert torch.equal(found[i], expected)


def test_the_edge_may_come_in_from_outside() -> None:
    x = torch.arange(12.0).view(1, 1, 3, 4)
    found = shift(x, torch.tensor([1]), torch.tensor([-2]), edge=True)
    assert found[0, 0].tolist() == [[2.0, 3.0, 3.0, 3.0], [2.0, 3.0, 3.0, 3.0], [6.0, 7.0, 7.0, 7.0]]
    frames = DiffAugment(policy="translation", outside="edge").view(torch.full((64, 1, 8, 8), -0.7), moment(), real=True)
    assert torch.equal(frames, torch.full((64, 1, 8, 8), -0.7)), "a flat picture shows no frame"


def test_translation_reaches_an_eighth_of_each_side_and_no_further() -> None:
    x = torch.zeros(2000, 1, 16, 32)
    x[:, :, 8, 16] = 1
    found = DiffAugment(policy="translation").view(x, moment(), real=True).nonzero()[:, 2:] - torch.tensor([8, 16])
    assert (found.amin(0).tolist(), found.amax(0).tolist()) == ([-2, -4], [2, 4])
    counts = torch.bincount(found[:, 0] + 2).float() / 2000
    assert (counts - 1 / 5).abs().max() < 0.04, "all shifts equally likely"


def test_cutout_sets_the_stated_share_to_zero() -> None:
    x = torch.ones(500, 2, 16, 12)
    found = DiffAugment(policy="cutout", cutout=0.5).view(x, moment(), real=True)
    holes = found == 0
    assert torch.equal(holes[:, 0], holes[:, 1]), "the same place in every channel"
    area = holes[:, 0].sum((1, 2))
    assert area.max() == 8 * 6 and area.min() == 4 * 3, "a quarter, or a part of it where the centre lies in a corner"
    rows, columns = holes[:, 0].any(2), holes[:, 0].any(1)
    assert torch.equal(area, rows.sum(1) * columns.sum(1)), "a rectangle"


@pytest.mark.parametrize(("size", "length"), [(8, 4), (8, 3), (7, 4), (5, 5), (6, 0)])
def test_a_hole_centres_on_every_place(size: int, length: int) -> None:
    """As the published code: first = centre - length // 2, centre from 0 to size - 1, or to size where length is even."""
    centres = size + 1 - length % 2
    u = (torch.arange(centres) + 0.5) / centres
    for centre, found in enumerate(band(u, size, length)):
        first = centre - length // 2
        assert found.tolist() == [first <= place < first + length for place in range(size)]


def test_whole_numbers_stay_in_range_at_the_edges() -> None:
    u = torch.tensor([0.0, 1 - 2**-24])
    for high in (0, 1, 2, 27, 28, 100):
        assert whole(u, -high, high).tolist() == [-high, high]


def test_gradients_flow_to_every_pixel_that_is_still_seen() -> None:
    x = pictures(4, 3, 8, 8).double().requires_grad_(True)
    u = torch.rand(2, 4, dtype=torch.double)
    colour = torch.rand(3, 4, dtype=torch.double)

    def all_of_it(x: Tensor) -> Tensor:
        return cut(shift(recolour(x, colour), torch.tensor([0, 1, -1, 2]), torch.tensor([2, 0, 1, -2])), u, 3, 3)

    assert torch.autograd.gradcheck(all_of_it, (x,))


def test_g_learns_through_it() -> None:
    game = tiny_game(DiffAugment(), shape=IMAGES)
    before = [p.clone() for p in game.G.module.parameters()]
    play(game, 1)
    moved = [not torch.equal(a, b) for a, b in zip(before, game.G.module.parameters(), strict=True)]
    assert all(moved)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_layout_in_memory_changes_nothing(layout: torch.memory_format) -> None:
    x, trick = pictures(), DiffAugment()
    assert torch.allclose(
        trick.view(x.contiguous(memory_format=layout), moment(), real=True), trick.view(x, moment(), real=True), atol=1e-6
    )


def test_bad_knobs() -> None:
    with pytest.raises(SettingError, match=r"policy: 'colour' is unknown \(did you mean 'color'\?\)"):
        DiffAugment(policy="colour,cutout").check()
    with pytest.raises(SettingError, match="cutout: must be between 0 and 1"):
        DiffAugment(cutout=1.5).check()
    with pytest.raises(SettingError, match="diff_augment: changes images"):
        tiny_game(DiffAugment())
