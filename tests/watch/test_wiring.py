"""Wiring bugs of loops: each leaves its signal, and the finding comes; a loop in order has none of them."""

from itertools import islice
from typing import Any

import loops
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import equipoise

WIRING = {"swapped_labels", "missing_detach", "data_range", "stale_noise", "batch_norm_mode"}
STEPS = 24


def loop(
    G: nn.Module,
    D: nn.Module,
    *,
    detach: bool = True,
    clear: bool = True,
    swapped: bool = False,
    low: float = -1.0,
    stale: bool = False,
    evaluating: bool = False,
) -> loops.Own:
    """A DCGAN in order but for what is asked for."""
    opt_g, opt_d = loops.adam(G, 1e-4), loops.adam(D, 1e-4)
    one, zero = torch.ones(loops.BATCH, 1, 1, 1), torch.zeros(loops.BATCH, 1, 1, 1)
    bce = F.binary_cross_entropy_with_logits
    fixed = torch.randn(loops.BATCH, loops.LATENT, 1, 1)
    while True:
        if evaluating:
            G.eval()
        z = fixed if stale else torch.randn(loops.BATCH, loops.LATENT, 1, 1)
        real = torch.rand(loops.BATCH, 1, loops.SIDE, loops.SIDE) * (1 - low) + low
        fake = G(z)
        opt_d.zero_grad()
        if clear:
            opt_g.zero_grad()
        d_loss = bce(D(real), zero if swapped else one) + bce(D(fake.detach() if detach else fake), one if swapped else zero)
        d_loss.backward(retain_graph=not detach)
        opt_d.step()
        if clear:
            opt_g.zero_grad()
        g_loss = bce(D(fake), one)
        g_loss.backward()
        opt_g.step()
        yield {"d_loss": d_loss.item() / 2, "g_loss": g_loss.item()}
        if not clear and detach:
            opt_g.zero_grad()


def signals(steps: int = STEPS, objective: str | None = None, **bugs: Any) -> tuple[dict[str, float], set[str]]:
    """The last record, and the wiring findings that stand."""
    torch.manual_seed(0)
    G, D = loops.dcgan(sigmoid=False)
    with equipoise.watch(G, D, every=2, exam_every=0, out=False, print=False, objective=objective) as watch:
        list(islice(loop(G, D, **bugs), steps))
        assert not watch.trouble
        return watch.signals()[-1], {finding.name for finding in watch.findings} & WIRING


def test_a_loop_in_order() -> None:
    record, found = signals()
    assert record["g_grad_in_d_step"] == record["d_grad_in_g_step"] == record["latent_repeats"] == 0
    assert record["g_eval_mode"] == record["d_eval_mode"] == 0
    assert record["push_real"] == record["push_g"] == 1 and record["push_fake"] == -1
    assert (record["target_real"], record["target_fake"]) == pytest.approx((1, 0), abs=1e-3)
    assert not found


def test_a_missing_detach_that_pushes_g() -> None:
    record, found = signals(detach=False, clear=False)
    assert record["g_grad_in_d_step"] > 0
    assert found == {"missing_detach"}


def test_a_missing_detach_that_is_cleared_does_no_harm() -> None:
    record, found = signals(detach=False, clear=True)
    assert record["g_grad_in_d_step"] == 0
    assert not found


def test_what_a_missing_detach_leaves_is_measured() -> None:
    """Against the gradient itself, taken where G's backward begins."""
    torch.manual_seed(0)
    G, D = loops.mlps()
    opt_g, opt_d = loops.adam(G), loops.adam(D)
    left = []
    with equipoise.watch(G, D, every=1, exam_every=0, out=False, print=False) as watch:
        for _ in range(3):
            fake = G(torch.randn(loops.BATCH, loops.LATENT))
            opt_d.zero_grad()
            (F.softplus(-D(torch.randn(loops.BATCH, 2))).mean() + F.softplus(D(fake)).mean()).backward(retain_graph=True)
            opt_d.step()
            after = F.softplus(-D(fake)).mean()
            left.append(torch.cat([p.grad.flatten() for p in G.parameters() if p.grad is not None]).norm().item())
            after.backward()
            opt_g.step()
            opt_g.zero_grad()
    assert [record["g_grad_in_d_step"] for record in watch.signals()] == pytest.approx(left, rel=1e-5)


def test_gradients_of_g_that_d_keeps() -> None:
    """D's zero_grad forgotten: G's backward is still there when D's own begins."""
    torch.manual_seed(0)
    G, D = loops.mlps()
    opt_g, opt_d = loops.adam(G), loops.adam(D)
    with equipoise.watch(G, D, every=1, exam_every=0, out=False, print=False) as watch:
        for _ in range(3):
            fake = G(torch.randn(loops.BATCH, loops.LATENT))
            (F.softplus(-D(torch.randn(loops.BATCH, 2))).mean() + F.softplus(D(fake.detach())).mean()).backward()
            opt_d.step()
            opt_g.zero_grad()
            F.softplus(-D(fake)).mean().backward()
            opt_g.step()
    first, *later = [record["d_grad_in_g_step"] for record in watch.signals()]
    assert first == 0 and min(later) > 0


def test_swapped_labels() -> None:
    record, found = signals(swapped=True)
    assert record["push_real"] == -1 and record["push_g"] == 1
    assert (record["target_real"], record["target_fake"]) == pytest.approx((0, 1), abs=1e-3)
    assert found == {"swapped_labels"}


def test_data_that_a_tanh_never_gives() -> None:
    record, found = signals(low=0.0)
    assert record["real_min"] == pytest.approx(0, abs=0.02) and record["real_max"] == pytest.approx(1, abs=0.02)
    assert record["fake_min"] < -0.3
    assert found <= {"data_range"}


def test_stale_noise() -> None:
    record, found = signals(stale=True)
    assert record["latent_repeats"] == 1
    assert found == {"stale_noise"}


def test_noise_drawn_into_one_buffer_is_not_stale() -> None:
    buffer = torch.empty(loops.BATCH, loops.LATENT)

    class Refilled(nn.Module):
        def __init__(self, net: nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, z: Tensor) -> Tensor:
            return self.net(z)

    G, D = loops.mlps()
    G = Refilled(G)
    opt_g, opt_d = loops.adam(G), loops.adam(D)
    with equipoise.watch(G, D, every=1, exam_every=0, out=False, print=False) as watch:
        for _ in range(4):
            fake = G(buffer.normal_())
            opt_d.zero_grad()
            (F.softplus(-D(torch.randn(loops.BATCH, 2))).mean() + F.softplus(D(fake.detach())).mean()).backward()
            opt_d.step()
            opt_g.zero_grad()
            F.softplus(-D(fake)).mean().backward()
            opt_g.step()
    assert [record.get("latent_repeats") for record in watch.signals()] == [None, 0, 0, 0]


def test_g_left_in_evaluation_mode() -> None:
    record, found = signals(evaluating=True)
    assert record["g_eval_mode"] == 1 and record["d_eval_mode"] == 0
    assert found == {"batch_norm_mode"}


def test_what_reaches_a_fake_is_of_a_sample_s_own_loss() -> None:
    """Against autograd, whatever the batch's size and the loss's scale."""
    for n, scale in ((4, 1.0), (16, 1.0), (16, 1024.0)):
        torch.manual_seed(0)
        G, D = loops.mlps()
        opt_g, opt_d = loops.adam(G), loops.adam(D)
        with equipoise.watch(G, D, every=1, exam_every=0, out=False, print=False) as watch:
            for _ in range(3):
                real, fake = torch.randn(n, 2) + 3, G(torch.randn(n, loops.LATENT))
                opt_d.zero_grad()
                (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()).backward()
                opt_d.step()
                own = fake.detach().requires_grad_()
                (slope,) = torch.autograd.grad(F.softplus(-D(own)).sum(), own)
                opt_g.zero_grad()
                (scale * F.softplus(-D(fake)).mean()).backward()
                opt_g.step()
        assert watch.signals()[-1]["fake_grad"] == pytest.approx(slope.norm(dim=1).mean().item(), rel=1e-4)
