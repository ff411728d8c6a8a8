"""PacGAN's packing: shapes, and a D that is at first what it was."""

import pytest
import torch
from games import IMAGES, POINTS, draws, play, tiny_game

from equipoise.errors import SettingError
from equipoise.seeds import Moment
from equipoise.tricks.packing import Packing


def test_neighbours_of_a_batch_lie_side_by_side() -> None:
    points = torch.arange(12.0).reshape(6, 2)
    assert torch.equal(Packing(3).view(points, Moment(0), real=True), torch.arange(12.0).reshape(2, 6))
    images = torch.randn(6, 2, 4, 4).contiguous(memory_format=torch.channels_last)
    packed = Packing(3).view(images, Moment(0), real=False)
    assert packed.shape == (2, 6, 4, 4) and packed.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(packed[1], torch.cat([images[3], images[4], images[5]]))


@pytest.mark.parametrize("shape", [POINTS, IMAGES])
def test_d_of_a_sample_packed_with_itself_is_what_d_was(shape: tuple[int, ...]) -> None:
    plain, game = tiny_game(shape=shape), tiny_game(Packing(3), shape=shape)
    x = draws(game)(0)
    packed = game.view(x.repeat_interleave(3, dim=0), real=True)
    assert torch.allclose(game.discriminate(packed), plain.discriminate(x), atol=1e-5)


def test_logits_targets_and_losses_follow() -> None:
    game = tiny_game(Packing(4))
    terms = play(game, 2)
    assert terms.d_real.shape == terms.d_fake.shape == terms.d_fake_after.shape == (2,)
    assert terms.real.shape == terms.fake.shape == (8, 2), "what the step leaves is not packed"


def test_a_batch_that_is_not_divisible_is_refused_with_both_numbers() -> None:
    game = tiny_game(Packing(3))
    with pytest.raises(SettingError, match=r"packing.size: 3 does not divide the batch of 8"):
        play(game, 1)


def test_the_size_is_two_or_more_and_stays() -> None:
    with pytest.raises(SettingError, match=r"^packing.size: must be 2 or more, not 1"):
        tiny_game(Packing(1))
    game = tiny_game(Packing(2))
    with pytest.raises(SettingError, match="built into the network as 2"):
        game.turn("packing", size=4)
    assert game.trick("packing").knobs() == {"size": 2}
