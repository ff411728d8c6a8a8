"""The step itself: who moves when, on what, and what is left behind."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.objectives import OBJECTIVES
from equipoise.tricks.ema import EMA
from equipoise.tricks.label_smoothing import LabelSmoothing


def sgd(rate: float = 0.1) -> Callable[[Any], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


def toy(**settings: Any) -> Game:
    torch.manual_seed(0)
    D = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
    fixed: dict[str, Any] = {"latent": 3, "shape": (2,), "g_optimizer": sgd(), "d_optimizer": sgd(), **settings}
    return Game(nn.Linear(3, 2), D, OBJECTIVES["non_saturating"], **fixed)


def draw(position: int) -> Tensor:
    return torch.full((4, 2), float(position))


def weights(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_a_step_is_algorithm_1_written_out() -> None:
    game, twin = toy(), toy()
    terms = game.step(draw)

    G, D, at = twin.G.module, twin.D.module, twin.at  # the same step by hand, with the same noise
    at.begin(0)
    real, fake = draw(0), G(at.normal("latent", 4, 3)).detach()
    d_real, d_fake = D(real), D(fake)
    d_loss = -(torch.log(torch.sigmoid(d_real)).mean() + torch.log(1 - torch.sigmoid(d_fake)).mean())
    gradients = torch.autograd.grad(d_loss, list(D.parameters()))
    with torch.no_grad():
        for p, g in zip(D.parameters(), gradients, strict=True):
            p -= 0.1 * g
    d_after = D(G(at.normal("latent", 4, 3)))
    g_loss = -torch.log(torch.sigmoid(d_after)).mean()
    gradients = torch.autograd.grad(g_loss, list(G.parameters()))
    with torch.no_grad():
        for p, g in zip(G.parameters(), gradients, strict=True):
            p -= 0.1 * g

    assert torch.allclose(weights(game.D.module), weights(D), atol=1e-6)
    assert torch.allclose(weights(game.G.module), weights(G), atol=1e-6)
    assert torch.allclose(terms.d_loss, d_loss.detach() / 2, atol=1e-6), "recorded in the mean convention"
    assert torch.allclose(terms.g_loss, g_loss.detach(), atol=1e-6)
    assert torch.allclose(terms.d_fake_after, d_after.detach(), atol=1e-6)


def test_d_and_g_steps_see_fresh_noise_and_d_is_frozen_while_g_moves() -> None:
    game = toy()
    seen: list[Tensor] = []
    trainable: list[bool] = []
    game.G.module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    game.D.module.register_forward_pre_hook(lambda *_: trainable.append(next(game.D.module.parameters()).requires_grad))
    game.step(draw)
    assert len(seen) == 2 and not torch.equal(seen[0], seen[1])
    assert trainable == [True, True, False]
    assert next(game.D.module.parameters()).requires_grad, "thawed afterwards"


def test_simultaneous_moves_use_gradients_at_the_same_point() -> None:
    alternating, simultaneous = toy(), toy(order="simultaneous")
    a, s = alternating.step(draw), simultaneous.step(draw)
    assert torch.equal(weights(alternating.D.module), weights(simultaneous.D.module))
    assert not torch.equal(a.d_fake_after, s.d_fake_after), "G met D before it moved"


def test_the_state_resumes_to_the_same_bits() -> None:
    unbroken, first, second = (toy(tricks=[EMA(0.9), LabelSmoothing()]) for _ in range(3))
    for _ in range(6):
        unbroken.step(draw)
    for _ in range(3):
        first.step(draw)
    first.turn("label_smoothing", real=0.8)
    tensors, facts = first.state()
    second.load({k: v.clone() for k, v in tensors.items()}, facts)
    assert second.trick("label_smoothing").knobs() == {"real": 0.8, "fake": 0.0}, "knobs that were turned are kept"
    second.turn("label_smoothing", real=0.9)
    for _ in range(3):
        second.step(draw)
    expected, found = unbroken.state()[0], second.state()[0]
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[k], found[k]) for k in expected)


def test_turning_a_knob_out_of_range_changes_nothing() -> None:
    game = toy(tricks=[LabelSmoothing()])
    with pytest.raises(SettingError, match=r"real: must be above 0\.5 and at most 1, not 1\.5"):
        game.turn("label_smoothing", real=1.5)
    assert game.trick("label_smoothing").knobs() == {"real": 0.9, "fake": 0.0}
    with pytest.raises(SettingError, match="is not a knob"):
        game.turn("label_smoothing", reel=0.8)


def test_a_trick_that_does_not_fit_is_refused_by_name() -> None:
    game = toy()
    game.objective = OBJECTIVES["wasserstein"]
    with pytest.raises(SettingError, match="label_smoothing: wasserstein has no labels"):
        game.add(LabelSmoothing())
    assert game.tricks == []


def test_a_discriminator_that_gives_probabilities_is_refused() -> None:
    with pytest.raises(SettingError, match="ends in a Sigmoid; it has to give logits"):
        Game(
            nn.Linear(3, 2),
            nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()),
            OBJECTIVES["non_saturating"],
            latent=3,
            shape=(2,),
            g_optimizer=sgd(),
            d_optimizer=sgd(),
        )
