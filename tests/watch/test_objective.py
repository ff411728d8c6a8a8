"""The game is told from the gradient at D's output; here from gradients by autograd, of losses as people write them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from equipoise.watching.objective import Guess, Said, choose, fits, g_scale, saturating

Loss = Callable[[Tensor, Tensor], Tensor]


def bce(real: Tensor, fake: Tensor, one: float = 1.0, zero: float = 0.0) -> Tensor:
    loss = F.binary_cross_entropy_with_logits
    return loss(real, torch.full_like(real, one)) + loss(fake, torch.full_like(fake, zero))


LOSSES: dict[str, Loss] = {
    "non_saturating": bce,
    "least_squares": lambda r, f: ((r - 1) ** 2).mean() + (f**2).mean(),
    "hinge": lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(),
    "wasserstein": lambda r, f: f.mean() - r.mean(),
    "relativistic_paired": lambda r, f: F.softplus(f - r).mean(),
    "relativistic_average": lambda r, f: bce(r - f.mean(), f - r.mean()),
}


def said(loss: Loss, n: int = 32, m: int = 32, scale: float = 1.0, spread: float = 2.0, seed: int = 0) -> tuple[Said, Said]:
    rng = torch.Generator().manual_seed(seed)
    real = (torch.randn(n, generator=rng) * spread + 0.5).requires_grad_()
    fake = (torch.randn(m, generator=rng) * spread - 0.5).requires_grad_()
    grads = torch.autograd.grad(scale * loss(real, fake), (real, fake))
    found = [Said(x.detach().double().numpy(), g.double().numpy(), False) for x, g in zip((real, fake), grads, strict=True)]
    return found[0], found[1]


def guessed(loss: Loss, penalised: bool = False, **how: float) -> Guess:
    return choose([fits(*said(loss, seed=seed, **how)) for seed in range(3)], penalised)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("scale", "convention"), [(1.0, "sum"), (0.5, "mean"), (1000.0, "")])
def test_each_objective_is_told_with_its_convention(name: str, scale: float, convention: str) -> None:
    found = guessed(LOSSES[name], scale=scale)
    assert (found.name, found.convention) == (name, convention)
    assert found.certainty > 0.9
    assert found.scale == pytest.approx(scale, rel=1e-3)


@given(st.floats(0.6, 1.2), st.floats(0.0, 0.4))
@settings(max_examples=30, deadline=None)
def test_targets_are_read_off(real: float, fake: float) -> None:
    found = guessed(lambda r, f: bce(r, f, real, fake))
    assert found.name == "non_saturating"
    assert (found.real, found.fake) == pytest.approx((real, fake), abs=2e-3)


def test_swapped_labels_show_as_targets() -> None:
    found = guessed(lambda r, f: bce(r, f, 0.0, 1.0))
    assert (found.name, found.real, found.fake) == ("non_saturating", pytest.approx(0, abs=1e-3), pytest.approx(1, abs=1e-3))


def test_a_batch_with_more_fakes_than_reals() -> None:
    found = guessed(bce, n=16, m=48)
    assert (found.name, found.convention) == ("non_saturating", "sum")


def test_a_critic_that_stays_within_the_margin_is_told_by_its_penalty() -> None:
    calm = {"spread": 0.1}
    assert guessed(LOSSES["wasserstein"], penalised=True, **calm).name == "wasserstein"
    unsure = guessed(LOSSES["wasserstein"], penalised=False, **calm)
    assert unsure.name == "hinge" and unsure.certainty <= 0.5, "the two are the same function there"
    assert guessed(LOSSES["wasserstein"], penalised=False).name == "wasserstein"


def test_outputs_near_zero_where_a_sigmoid_is_a_line() -> None:
    """There only the scale tells: cross-entropy would fit with four times the loss that anybody has."""
    for name in ("least_squares", "non_saturating"):
        assert guessed(LOSSES[name], spread=1e-3).name == name


def test_probabilities_are_taken_back_to_logits() -> None:
    logits = torch.linspace(-4, 4, 20, dtype=torch.float64)
    p = torch.sigmoid(logits).requires_grad_()
    loss = F.binary_cross_entropy(p[:10], torch.ones(10).double()) + F.binary_cross_entropy(p[10:], torch.zeros(10).double())
    (slope,) = torch.autograd.grad(loss, p)
    out = p.detach().numpy()
    real, fake = Said(out[:10], slope[:10].numpy(), True), Said(out[10:], slope[10:].numpy(), True)
    assert real.logit == pytest.approx(logits[:10].numpy())
    found = choose([fits(real, fake)], False)
    assert (found.name, found.convention) == ("non_saturating", "sum")


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("non_saturating", lambda f: F.softplus(-f).mean()),
        ("minimax", lambda f: -F.softplus(f).mean()),
        ("least_squares", lambda f: ((f - 1) ** 2).mean()),
        ("wasserstein", lambda f: -f.mean()),
    ],
)
def test_the_scale_of_g_s_loss(name: str, loss: Callable[[Tensor], Tensor]) -> None:
    fake = torch.linspace(-3, 2, 11).requires_grad_()
    (slope,) = torch.autograd.grad(64 * loss(fake), fake)
    seen = Said(fake.detach().double().numpy(), slope.double().numpy(), False)
    assert g_scale(name, seen) == pytest.approx(64, rel=1e-4)
    if name in ("non_saturating", "minimax"):
        assert saturating(seen) == (name == "minimax")


def test_nothing_is_told_of_nothing() -> None:
    none = Said(np.zeros(4), np.zeros(4), False)
    assert fits(none, none) == {}
    assert choose([], False) == choose([{}], False) == Guess()
    broken = Said(np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), False)
    assert choose([fits(broken, broken)], False).name == ""
