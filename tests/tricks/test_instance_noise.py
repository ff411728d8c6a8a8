"""Instance noise: how much, on whom, and until when."""

import pytest
import torch
from games import tiny_game

from equipoise.errors import SettingError
from equipoise.seeds import Moment
from equipoise.tricks.instance_noise import InstanceNoise


def noise(trick: InstanceNoise, step: int, *, real: bool) -> torch.Tensor:
    at = Moment(0)
    at.begin(step)
    return trick.view(torch.zeros(64, 100), at, real=real)


def test_real_and_fake_get_fresh_noise_of_the_stated_deviation() -> None:
    at, x = Moment(0), torch.full((64, 100), 3.0)
    trick = InstanceNoise(std=0.2)
    real, fake = trick.view(x, at, real=True), trick.view(x, at, real=False)
    for seen in (real, fake):
        assert abs(float(seen.mean()) - 3) < 0.01 and abs(float(seen.std()) - 0.2) < 0.01
    assert not torch.equal(real, fake)


def test_the_deviation_falls_linearly_to_nothing() -> None:
    trick = InstanceNoise(std=0.4, decay_steps=100)
    assert [trick.now(s) for s in (0, 25, 50, 100, 1000)] == pytest.approx([0.4, 0.3, 0.2, 0.0, 0.0])
    assert abs(float(noise(trick, 50, real=False).std()) - 0.2) < 0.01
    assert torch.equal(noise(trick, 100, real=True), torch.zeros(64, 100)), "then D sees the data itself"
    assert InstanceNoise(std=0.4).now(10**9) == 0.4, "no decay"


def test_on_reals_only_is_offered_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="noise means real"):
        game = tiny_game(InstanceNoise(on="real"))
    trick = game.find(InstanceNoise)
    assert trick is not None
    assert torch.equal(noise(trick, 0, real=False), torch.zeros(64, 100))
    assert noise(trick, 0, real=True).std() > 0.05


def test_it_is_differentiable_for_g_and_keeps_the_memory_format() -> None:
    x = torch.zeros(2, 3, 4, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
    y = InstanceNoise().view(x, Moment(0), real=False)
    assert y.is_contiguous(memory_format=torch.channels_last)
    y.sum().backward()
    assert x.grad is not None and torch.equal(x.grad, torch.ones_like(x))


@pytest.mark.parametrize("knobs", [{"std": -0.1}, {"decay_steps": -1}, {"on": "fake"}])
def test_knobs_out_of_range_are_named(knobs: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=f"^instance_noise.{next(iter(knobs))}: must be"):
        tiny_game(InstanceNoise(**knobs))  # type: ignore[arg-type]
