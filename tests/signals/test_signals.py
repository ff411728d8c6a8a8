"""Each signal against numbers worked out by hand, and what all of them have in common."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from games import play, tiny_game
from torch import Tensor, nn

from equipoise.pieces import Terms
from equipoise.signals import SIGNALS


def terms(**given: Any) -> Terms:
    blank = torch.zeros(2)
    fixed = dict.fromkeys(("real", "fake", "d_real", "d_fake", "d_fake_after"), blank)
    return Terms(**{**fixed, "d_loss": torch.tensor(0.5), "g_loss": torch.tensor(2.0), **given})


def measured(name: str, game: Any, of: Terms) -> dict[str, float]:
    signal = SIGNALS[name]
    return dict(zip(signal.names, map(float, signal.measure(game, of)), strict=True))


def test_losses_are_the_steps_own() -> None:
    assert measured("losses", None, terms()) == {"d_loss": 0.5, "g_loss": 2.0}


def test_scores_are_mean_probabilities_not_the_probability_of_the_mean() -> None:
    found = measured(
        "scores",
        None,
        terms(
            d_real=torch.tensor([math.log(3), math.log(1 / 3), math.log(9), 0.0]),  # 0.75, 0.25, 0.9, 0.5
            d_fake=torch.tensor([-math.log(4), -math.log(4), math.log(1.5), -math.log(9)]),  # 0.2, 0.2, 0.6, 0.1
            d_fake_after=torch.tensor([-math.log(9)] * 4),  # 0.1
        ),
    )
    assert found == pytest.approx(
        {
            "d_real": 0.6,
            "d_fake_before": 0.275,
            "d_fake_after": 0.1,
            "logit_real": math.log(9) / 4,
            "logit_fake": (math.log(1.5) - 2 * math.log(4) - math.log(9)) / 4,
            "accuracy_real": (1 + 0 + 1 + 0.5) / 4,  # a tie is half right
            "accuracy_fake": 0.75,
        },
        rel=1e-6,
    )


def test_scores_take_one_logit_for_a_pack_or_a_patch() -> None:
    found = measured("scores", None, terms(d_real=torch.ones(3, 1, 2, 2), d_fake=-torch.ones(2, 1)))
    assert (found["logit_real"], found["logit_fake"], found["accuracy_fake"]) == (1.0, -1.0, 1.0)


def player(*gradients: Tensor | None) -> Any:
    module = nn.ParameterList([nn.Parameter(torch.zeros(2)) for _ in gradients])
    for parameter, gradient in zip(module, gradients, strict=True):
        parameter.grad = gradient
    return SimpleNamespace(module=module)


def test_gradient_norm_is_over_all_parameters_of_a_player() -> None:
    game = SimpleNamespace(D=player(torch.tensor([3.0, 0.0]), None, torch.tensor([0.0, 4.0])), G=player(None))
    assert measured("gradients", game, terms()) == {"d_grad": 5.0, "g_grad": 0.0}


def test_gradients_of_both_players_are_there_after_a_step() -> None:
    game = tiny_game()
    last = play(game, 2)
    found = measured("gradients", game, last)
    for key, who in (("d_grad", game.D), ("g_grad", game.G)):
        by_hand = math.sqrt(sum(float(p.grad.square().sum()) for p in who.module.parameters() if p.grad is not None))
        assert found[key] == pytest.approx(by_hand, rel=1e-5)
        assert by_hand > 0


def test_names_are_unique_and_each_signal_gives_one_scalar_a_name() -> None:
    game = tiny_game()
    last = play(game, 1)
    names = [name for signal in SIGNALS.values() for name in signal.names]
    assert len(set(names)) == len(names)
    for key, signal in SIGNALS.items():
        assert key == signal.card.name
        values = signal.measure(game, last)
        assert len(values) == len(signal.names)
        assert all(v.dim() == 0 and not v.requires_grad for v in values)
