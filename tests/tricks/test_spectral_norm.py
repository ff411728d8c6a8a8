"""Spectral normalisation: the largest singular value is 1, in anybody's module."""

import pytest
import torch
from games import IMAGES, play, sgd, tiny_game
from torch import nn

from equipoise.errors import SettingError
from equipoise.tricks.spectral_norm import LAYERS, SpectralNorm


def largest(layer: nn.Module) -> float:
    weight = layer.weight.detach()
    if isinstance(layer, nn.ConvTranspose2d):
        weight = weight.transpose(0, 1)
    return float(torch.linalg.matrix_norm(weight.flatten(1), ord=2))


def test_a_known_matrix_is_divided_by_its_largest_singular_value() -> None:
    D = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    with torch.no_grad():
        D[0].weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 1.0]]))
    game = tiny_game(SpectralNorm(), discriminator=D, d_optimizer=sgd(0.0))
    play(game, 10)
    assert torch.allclose(D[0].weight, torch.tensor([[1.0, 0.0], [0.0, 1 / 3]]), atol=1e-4)


@pytest.mark.parametrize("player", ["D", "G", "both"])
def test_every_layer_of_the_player_has_norm_1_while_it_learns(player: str) -> None:
    game = tiny_game(SpectralNorm(player), shape=IMAGES)  # type: ignore[arg-type]
    play(game, 20)
    for p in (game.G, game.D):
        norms = [largest(m) for m in p.module.modules() if isinstance(m, LAYERS)]
        assert len(norms) == 3
        if player in (p.name, "both"):
            assert norms == pytest.approx([1.0] * 3, abs=0.1)
        else:
            assert any(abs(n - 1) > 0.1 for n in norms)


def test_the_optimizer_moves_the_weight_behind_the_norm() -> None:
    game = tiny_game(SpectralNorm())
    behind = game.D.module.head.parametrizations.weight.original
    assert any(behind is p for group in game.D.optimizer.param_groups for p in group["params"])
    before = behind.detach().clone()
    play(game, 1)
    assert not torch.equal(before, behind)


def test_what_cannot_be_normalised_is_said() -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.ones(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ self.w

    with pytest.raises(SettingError, match="D has no linear layer or convolution"):
        tiny_game(SpectralNorm(), discriminator=Bare())
    with pytest.raises(SettingError, match=r"^spectral_norm.player: must be one of D, G, both, not 'E'"):
        tiny_game(SpectralNorm("E"))  # type: ignore[arg-type]


def test_it_has_to_be_there_from_the_beginning() -> None:
    game = tiny_game()
    with pytest.raises(SettingError, match="spectral_norm: changes the networks, so it has to be in the recipe"):
        game.add(SpectralNorm())
    assert game.tricks == []
