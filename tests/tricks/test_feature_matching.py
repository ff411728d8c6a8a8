"""Feature matching on a linear D, by hand."""

import pytest
import torch
from games import play, sgd, tiny_game
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.tricks.feature_matching import FeatureMatching
from equipoise.tricks.unrolled import Unrolled

A = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])


def linear_game(*tricks: FeatureMatching | Unrolled, **settings: object) -> Game:
    """D's features are A x, and D does not move; G(z) = z + b descends at rate 1."""
    torch.manual_seed(0)
    D, G = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Linear(3, 1)), nn.Linear(2, 2)
    with torch.no_grad():
        D[0].weight.copy_(A)
        G.weight.copy_(torch.eye(2))
    fixed = {"generator": G, "discriminator": D, "latent": 2, "g_optimizer": sgd(1.0), "d_optimizer": sgd(0.0)}
    return tiny_game(*tricks, **{**fixed, **settings})  # type: ignore[arg-type]


def gap(game: Game) -> Tensor:
    return game.seen_by_d.real.mean(0) - game.seen_by_g.fake.detach().mean(0)


@pytest.mark.parametrize("objective", ["non_saturating", "relativistic_paired"])
def test_it_is_the_squared_distance_of_the_mean_features(objective: str) -> None:
    game = linear_game(FeatureMatching(weight=0.5), objective=objective)
    terms = play(game, 1)
    assert torch.allclose(terms.extra["g/feature_matching"], 0.5 * (A @ gap(game)).square().sum())


def test_alone_it_takes_the_place_of_the_adversarial_loss() -> None:
    game = linear_game(FeatureMatching(weight=0.1, alone=True))
    before = game.G.module.bias.detach().clone()
    terms = play(game, 1)
    by_hand = 2 * 0.1 * A.T @ A @ gap(game)  # minus the gradient of 0.1 * ||A gap||^2 in b, since gap falls by b
    assert torch.allclose(game.G.module.bias.detach() - before, by_hand, atol=1e-5)
    whole = terms.g_loss + terms.extra["g/feature_matching"]
    assert torch.allclose(whole, 0.1 * (A @ gap(game)).square().sum(), atol=1e-5)


def test_with_unrolling_both_means_are_taken_in_the_same_d() -> None:
    game = linear_game(FeatureMatching(weight=1.0), Unrolled(steps=2, rate=0.5))
    terms = play(game, 1)
    assert torch.allclose(terms.extra["g/feature_matching"], (A @ gap(game)).square().sum(), rtol=1e-5)


def test_means_are_compared_not_samples() -> None:
    """Fakes spread about the mean of the data cost next to nothing; all fakes on one other point cost a lot."""
    game = linear_game(FeatureMatching(weight=1.0))
    terms = play(game, 1, batch=20_000)
    assert terms.fake.std() > 0.9
    game.G.module.bias.data.fill_(0.0)
    near = play(game, 1, batch=20_000).extra["g/feature_matching"]
    assert near < 0.01


def test_weight_zero_asks_for_nothing_and_alone_needs_a_weight() -> None:
    game = linear_game(FeatureMatching(weight=0.0))
    assert "g/feature_matching" not in play(game, 1).extra
    for knobs in ({"weight": -1.0}, {"weight": 0.0, "alone": True}):
        with pytest.raises(SettingError, match=r"^feature_matching.weight: must be"):
            linear_game(FeatureMatching(**knobs))  # type: ignore[arg-type]
