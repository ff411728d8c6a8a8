"""EMA against three moves by hand."""

import pytest
import torch
from games import IMAGES, play, tiny_game

from equipoise.errors import SettingError
from equipoise.tricks.cadence import FixedCadence
from equipoise.tricks.ema import EMA


def test_three_moves_by_hand() -> None:
    game = tiny_game(EMA(0.25))
    ema = game.find(EMA)
    assert ema is not None and ema.generator is not None
    average = [p.detach().clone() for p in game.G.module.parameters()]
    assert all(torch.equal(a, p) for a, p in zip(average, ema.generator.parameters(), strict=True))
    for decay in (2 / 11, 3 / 12, 0.25):  # (1 + t) / (10 + t) until it is above the knob
        play(game, 1)
        average = [decay * a + (1 - decay) * p.detach() for a, p in zip(average, game.G.module.parameters(), strict=True)]
        assert all(torch.allclose(a, p, atol=1e-6) for a, p in zip(average, ema.generator.parameters(), strict=True))


def test_statistics_follow_too_and_the_average_is_ready_to_sample() -> None:
    game = tiny_game(EMA(0.0), shape=IMAGES)
    play(game, 2)
    ema = game.find(EMA)
    assert ema is not None and ema.generator is not None
    mine, theirs = ema.generator.state_dict(), game.G.module.state_dict()
    assert all(torch.equal(mine[k], theirs[k]) for k in theirs), "with decay 0 the average is G itself"
    assert not ema.generator.training and not any(p.requires_grad for p in ema.generator.parameters())
    assert game.G.module.training


def test_only_moves_of_g_count_and_each_of_them() -> None:
    game = tiny_game(FixedCadence(d_steps=3, g_steps=2), EMA())
    play(game, 2)
    assert game.find(EMA).moves == 4  # type: ignore[union-attr]


def test_it_does_not_change_training() -> None:
    plain, averaged = tiny_game(), tiny_game(EMA())
    assert torch.equal(play(plain, 3).d_fake_after, play(averaged, 3).d_fake_after)


def test_a_state_that_was_taken_is_not_changed_by_loading_it() -> None:
    game, other = tiny_game(EMA()), tiny_game(EMA())
    play(game, 2)
    tensors, facts = game.state()
    kept = {k: v.clone() for k, v in tensors.items()}
    other.load(tensors, facts)
    play(other, 2)
    assert all(torch.equal(tensors[k], kept[k]) for k in kept)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_decay_out_of_range(decay: float) -> None:
    with pytest.raises(SettingError, match=r"^ema.decay: must be at least 0 and below 1"):
        tiny_game(EMA(decay))
