"""Optimizers from settings, and their state through a checkpoint to the bit."""

from typing import Any

import pytest
import torch
from games import IMAGES, play, same, tiny_game
from torch import nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.optimizers import OPTIMIZERS
from equipoise.optimizers.adam import Adam
from equipoise.optimizers.sgd import SGD
from equipoise.optimizers.state import load_optimizer, optimizer_state
from equipoise.settings import typed


def built(name: str, **settings: Any) -> Game:
    optimizer = typed(OPTIMIZERS[name], settings)
    return tiny_game(shape=IMAGES, g_optimizer=optimizer.build, d_optimizer=optimizer.build)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_resume_is_exact_with_channels_last_weights(name: str) -> None:
    unbroken, first, second = built(name), built(name), built(name)
    assert any(p.is_contiguous(memory_format=torch.channels_last) and p.shape[1] > 1 for p in four_d(first)), "layout matters"
    play(unbroken, 6)
    play(first, 3)
    tensors, facts = first.state()
    second.load({k: v.contiguous().clone() for k, v in tensors.items()}, facts)  # a file knows no layout
    play(second, 3)
    assert same(unbroken.state()[0], second.state()[0])


def four_d(game: Game) -> list[nn.Parameter]:
    return [p for p in game.D.module.parameters() if p.dim() == 4]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_moments_come_back_laid_out_as_their_parameters(name: str) -> None:
    first, second = built(name), built(name)
    play(first, 2)
    tensors, facts = first.state()
    second.load({k: v.contiguous() for k, v in tensors.items()}, facts)
    for p, state in second.D.optimizer.state.items():
        for value in state.values():
            if isinstance(value, torch.Tensor) and value.shape == p.shape:
                assert value.stride() == p.stride()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_moves_every_weight(name: str) -> None:
    game = built(name)
    before = {k: v.clone() for k, v in game.state()[0].items()}
    play(game, 2)
    after = game.state()[0]
    assert all(not torch.equal(before[f"D/{k}"], after[f"D/{k}"]) for k, _ in game.D.module.named_parameters())


def test_a_0_dim_parameter_s_moments_are_not_taken_for_counters() -> None:
    w = nn.Parameter(torch.tensor(1.0))
    first, second = Adam().build([w]), Adam().build([w])
    w.grad = torch.tensor(0.5)
    first.step()
    load_optimizer(second, *optimizer_state(first))
    assert {k: float(v) for k, v in second.state[w].items()} == {k: float(v) for k, v in first.state[w].items()}
    second.state[w]["exp_avg"] += 1
    assert not torch.equal(second.state[w]["exp_avg"], first.state[w]["exp_avg"]), "a copy"


def test_settings_that_were_turned_are_kept() -> None:
    first, second = built("adam", lr=0.001), built("adam", lr=0.001)
    first.G.optimizer.param_groups[0]["lr"] = 0.0005
    second.load(*first.state())
    group = second.G.optimizer.param_groups[0]
    assert group["lr"] == 0.0005 and group["betas"] == (0.5, 0.999) and isinstance(group["betas"], tuple)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_the_fused_adam_is_adam(dtype: torch.dtype) -> None:
    ours, theirs = (nn.Parameter(torch.linspace(-1, 1, 12, dtype=dtype).view(3, 4)) for _ in range(2))
    fused = Adam(lr=0.01).build([ours])
    plain = torch.optim.Adam([theirs], 0.01, (0.5, 0.999), 1e-8, fused=False)
    assert fused.defaults["fused"]
    for n in range(5):
        ours.grad = torch.randn(3, 4, generator=torch.Generator().manual_seed(n)).to(dtype)
        theirs.grad = ours.grad.clone()
        fused.step(), plain.step()
    tolerance = {torch.float32: 1e-6, torch.float64: 1e-12, torch.bfloat16: 2e-2, torch.float16: 2e-3}[dtype]
    assert torch.allclose(ours, theirs, atol=tolerance)


def test_where_there_is_no_fused_kernel_plain_adam_does_it() -> None:
    w = nn.Parameter(torch.zeros(2, dtype=torch.complex64))
    optimizer = Adam().build([w])
    w.grad = torch.ones_like(w)
    optimizer.step()
    assert not optimizer.defaults["fused"] and bool((w != 0).all())


def test_a_network_without_parameters_is_refused() -> None:
    with pytest.raises(SettingError, match="a network without parameters can't be trained"):
        Adam().build(nn.Flatten().parameters())


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("adam", {"lr": -1}, r"optimizer\.lr: must be 0 or more, not -1"),
        ("adam", {"beta1": 1.0}, r"optimizer\.beta1: must be at least 0 and below 1, not 1"),
        ("adam", {"lr": float("nan")}, r"lr: must be a number, not nan"),
        ("extragradient_adam", {"beta2": -0.1}, r"optimizer\.beta2"),
        ("optimistic_adam", {"eps": -1}, r"optimizer\.eps"),
        ("sgd", {"momentum": 1.0}, r"optimizer\.momentum: must be above -1 and below 1"),
        ("rmsprop", {"alpha": 2}, r"optimizer\.alpha"),
        ("extragradient_sgd", {"lr": -0.1}, r"optimizer\.lr"),
    ],
)
def test_settings_out_of_range(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        typed(OPTIMIZERS[name], settings)


def test_momentum_may_be_negative() -> None:
    w = nn.Parameter(torch.tensor([1.0]))
    optimizer = SGD(lr=1.0, momentum=-0.5).build([w])
    for _ in range(2):
        w.grad = torch.tensor([0.1])
        optimizer.step()
    assert w.item() == pytest.approx(1 - 0.1 - (0.1 - 0.05))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_says_what_it_is(name: str) -> None:
    assert OPTIMIZERS[name].about
