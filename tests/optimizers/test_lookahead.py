"""Lookahead: by hand, through a checkpoint, and with its slow weights in the right place."""

import pytest
import torch
from games import IMAGES, play, same, tiny_game
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.optimizers.lookahead import Lookahead


def weights(game: Game) -> list[Tensor]:
    return [p.detach().clone() for p in (*game.G.module.parameters(), *game.D.module.parameters())]


def test_by_hand() -> None:
    game, fast = tiny_game(Lookahead(k=3, alpha=0.25)), tiny_game()
    start = weights(game)
    play(game, 2), play(fast, 2)
    assert all(torch.equal(a, b) for a, b in zip(weights(game), weights(fast), strict=True)), "unchanged in between"
    play(game, 1), play(fast, 1)
    for found, slow, there in zip(weights(game), start, weights(fast), strict=True):
        assert torch.allclose(found, slow + 0.25 * (there - slow), atol=1e-7)
    moved = weights(game)
    kept = game.trick("lookahead").state()
    assert all(torch.equal(a, b) for a, b in zip(kept.values(), moved, strict=True)), "slow and fast are one"
    play(game, 1)
    assert all(torch.equal(a, b) for a, b in zip(kept.values(), moved, strict=True)), "and stay there while these go on"


def test_alpha_1_is_the_plain_game() -> None:
    game, plain = tiny_game(Lookahead(k=2, alpha=1.0)), tiny_game()
    play(game, 4), play(plain, 4)
    assert all(torch.equal(a, b) for a, b in zip(weights(game), weights(plain), strict=True))


def test_resume_between_two_looks_is_exact() -> None:
    def fresh() -> Game:
        return tiny_game(Lookahead(k=4), shape=IMAGES)

    unbroken, first, second = fresh(), fresh(), fresh()
    play(unbroken, 9), play(first, 6)
    tensors, facts = first.state()
    second.load({k: v.contiguous().clone() for k, v in tensors.items()}, facts)
    play(second, 3)
    assert same(unbroken.state()[0], second.state()[0])


@pytest.mark.parametrize(("knobs", "message"), [({"k": 0}, "k: must be 1"), ({"alpha": 0.0}, "alpha: must be above 0")])
def test_knobs_out_of_range(knobs: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Lookahead(**knobs).check()  # type: ignore[arg-type]
