"""Minibatch discrimination and standard deviation: D sees that a batch has no variety."""

import pytest
import torch
from games import IMAGES, draws, play, tiny_game
from torch import nn

from equipoise.errors import SettingError
from equipoise.networks.features import FeatureTap
from equipoise.pieces import Trick
from equipoise.tricks.minibatch_discrimination import MinibatchDiscrimination
from equipoise.tricks.minibatch_stddev import MinibatchStdDev


def features(trick: Trick, x: torch.Tensor) -> tuple[torch.Tensor, int]:
    """What D's last layer sees with the trick, and how many of these features D had without it."""
    plain, game = tiny_game(), tiny_game(trick)
    tap = FeatureTap(game.D.module)
    game.D.module(x)
    return tap.take().detach(), plain.D.module.head.in_features


def test_discrimination_measures_how_near_samples_are() -> None:
    alike, n = features(MinibatchDiscrimination(kernels=4), torch.ones(8, 2))
    assert alike.shape == (8, n + 4)
    assert torch.allclose(alike[:, n:], torch.full((8, 4), 7.0)), "exp(0) for each of the 7 others"
    apart, _ = features(MinibatchDiscrimination(kernels=4), 1000 * torch.randn(8, 2))
    assert apart[:, n:].max() < 0.5
    twins, _ = features(MinibatchDiscrimination(kernels=4), 1000 * torch.randn(4, 2).repeat(2, 1))
    assert torch.allclose(twins[:, n:], torch.ones(8, 4), atol=0.01), "each has one twin"


def test_stddev_measures_the_spread_of_a_group() -> None:
    alike, n = features(MinibatchStdDev(group=4), torch.ones(8, 2))
    assert alike.shape == (8, n + 1)
    assert torch.allclose(alike[:, n], torch.full((8,), 1e-4), atol=1e-6), "the root of the 1e-8 under it"
    x = torch.randn(8, 2)
    seen, _ = features(MinibatchStdDev(group=8), x)
    assert torch.allclose(seen[:, n], seen[:, :n].std(0, correction=0).mean().expand(8), atol=1e-4)


@pytest.mark.parametrize("trick", [MinibatchDiscrimination(), MinibatchStdDev()])
def test_d_judges_a_sample_by_its_company(trick: Trick) -> None:
    plain, game = tiny_game(), tiny_game(trick)
    x = draws(game)(0)
    company = torch.cat([x[:1], x[:1].expand(7, 2)])
    assert torch.allclose(plain.D.module(x)[0], plain.D.module(company)[0])
    assert not torch.allclose(game.D.module(x)[0], game.D.module(company)[0], atol=1e-4)


def test_the_weights_of_both_learn() -> None:
    game = tiny_game(MinibatchDiscrimination(kernels=3), shape=IMAGES)
    (layer,) = (m for m in game.D.module.modules() if hasattr(m, "T"))
    before = layer.T.detach().clone()
    head = game.D.module.head[-1]
    assert isinstance(head, nn.Linear) and head.in_features == 96 + 3
    columns = head.weight[:, -3:].detach().clone()
    play(game, 1)
    assert not torch.equal(before, layer.T) and not torch.equal(columns, head.weight[:, -3:])


def test_the_group_is_live() -> None:
    game = tiny_game(MinibatchStdDev(group=2))
    x = draws(game)(0)
    tap = FeatureTap(game.D.module)
    game.D.module(x)
    pairs = tap.take()[:, -1].detach()
    game.turn("minibatch_stddev", group=8)
    game.D.module(x)
    all_alike = tap.take()[:, -1].detach()
    assert len(pairs.unique()) == 4 and len(all_alike.unique()) == 1


OUT_OF_RANGE = [
    (MinibatchDiscrimination(kernels=0), "kernels"),
    (MinibatchDiscrimination(dims=0), "dims"),
    (MinibatchStdDev(1), "group"),
]


@pytest.mark.parametrize(("trick", "key"), OUT_OF_RANGE)
def test_knobs_out_of_range_are_named(trick: Trick, key: str) -> None:
    with pytest.raises(SettingError, match=f"^{trick.card.name}.{key}: must be"):
        tiny_game(trick)
