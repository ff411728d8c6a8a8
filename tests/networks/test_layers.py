"""The layers against numbers worked out by hand and against slow loops."""

import math

import pytest
import torch
from torch import Tensor, nn

from equipoise.networks.layers import Doubling, MinibatchDiscrimination, MinibatchStdDev, ToMap, ToVector


def by_loops(layer: MinibatchDiscrimination, features: Tensor) -> Tensor:
    """Salimans et al. 2016, section 3.2, word for word."""
    n, A = features.shape
    T = layer.T.detach().reshape(A, layer.kernels, layer.dims)
    M = [[sum(features[i, a] * T[a, b] for a in range(A)) for b in range(layer.kernels)] for i in range(n)]
    out = torch.zeros(n, layer.kernels, dtype=features.dtype)
    for i in range(n):
        for b in range(layer.kernels):
            out[i, b] = sum(torch.exp(-(M[i][b] - M[j][b]).abs().sum()) for j in range(n) if j != i)
    return torch.cat([features, out], 1)


def test_minibatch_discrimination_by_hand() -> None:
    layer = MinibatchDiscrimination(2, kernels=2, dims=1)
    layer.T.data = torch.tensor([[1.0, 0.0], [0.0, 2.0]])  # M = (first feature, twice the second)
    features = torch.tensor([[0.0, 0.0], [1.0, 0.0], [3.0, 0.5]])
    e = [math.exp(-k) for k in range(4)]
    wanted = [[e[1] + e[3], 1 + e[1]], [e[1] + e[2], 1 + e[1]], [e[3] + e[2], 2 * e[1]]]
    torch.testing.assert_close(layer(features), torch.cat([features, torch.tensor(wanted)], 1))


@pytest.mark.parametrize(("n", "A", "kernels", "dims"), [(1, 3, 2, 2), (4, 5, 3, 2), (6, 2, 1, 4)])
def test_minibatch_discrimination_against_loops(n: int, A: int, kernels: int, dims: int) -> None:
    torch.manual_seed(n)
    layer = MinibatchDiscrimination(A, kernels, dims)
    features = torch.randn(n, A)
    torch.testing.assert_close(layer(features), by_loops(layer, features), atol=1e-5, rtol=1e-4)


def test_minibatch_discrimination_sees_a_collapsed_batch() -> None:
    layer = MinibatchDiscrimination(20, kernels=8)
    varied, same = torch.randn(16, 20), torch.randn(1, 20).expand(16, 20)
    torch.testing.assert_close(layer(same)[:, 20:], torch.full((16, 8), 15.0))  # all others at distance 0
    assert layer(varied)[:, 20:].mean() < 5
    assert layer(varied)[:, 20:].mean() > 1e-4  # and at its first scale it is not blind


def test_minibatch_discrimination_is_differentiable_twice() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(3, 2, 2).double()
    features = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (features,))
    assert torch.autograd.gradgradcheck(layer, (features,))


def test_minibatch_stddev_by_hand() -> None:
    x = torch.tensor([[0.0, 0.0], [5.0, 1.0], [2.0, 6.0], [5.0, 3.0]])
    # groups of 2: samples 0 and 2, deviations 1 and 3; samples 1 and 3, deviations 0 and 1
    torch.testing.assert_close(MinibatchStdDev(group=2)(x)[:, 2], torch.tensor([2.0, 0.5, 2.0, 0.5]), atol=1e-4, rtol=0)
    torch.testing.assert_close(MinibatchStdDev(group=2)(x)[:, :2], x)


@pytest.mark.parametrize(("n", "group", "members"), [(8, 4, 4), (10, 4, 5), (7, 4, 7), (3, 4, 3), (6, 1, 1), (12, 5, 6)])
def test_minibatch_stddev_against_loops(n: int, group: int, members: int) -> None:
    x = torch.randn(n, 3, 4, 5)
    out = MinibatchStdDev(group)(x)
    assert out.shape == (n, 4, 4, 5)
    for i in range(n):
        of_group = x[i % (n // members) :: n // members]
        assert len(of_group) == members
        wanted = of_group.std(0, correction=0).mean()
        torch.testing.assert_close(out[i, 3], wanted.expand(4, 5), atol=2e-4, rtol=1e-4)


def test_minibatch_stddev_of_a_collapsed_batch_is_nothing_and_has_a_gradient() -> None:
    x = torch.ones(4, 3, requires_grad=True)
    out = MinibatchStdDev()(x)
    assert out[:, 3].max() < 1e-3
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert gradient.isfinite().all()
    varied = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(MinibatchStdDev(2), (varied,))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_doubling_is_the_transposed_convolution(outputs: int, bias: bool) -> None:
    torch.manual_seed(0)
    layer = Doubling(5, outputs, bias=bias).double()
    plain = nn.ConvTranspose2d(5, outputs, 4, 2, 1, bias=bias).double()
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(2, 5, 6, 7, dtype=torch.float64, requires_grad=True)
    for given in (x, x.contiguous(memory_format=torch.channels_last)):
        torch.testing.assert_close(layer(given), plain(given))
    weights = torch.randn(2, outputs, 12, 14, dtype=torch.float64)
    ours = torch.autograd.grad((layer(x) * weights).sum(), (x, layer.weight))
    theirs = torch.autograd.grad((plain(x) * weights).sum(), (x, plain.weight))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_maps_and_vectors_are_views_of_each_other() -> None:
    vector = torch.arange(2 * 3 * 3 * 4.0).reshape(2, 36)
    maps = ToMap(4, 3)(vector)
    assert maps.shape == (2, 4, 3, 3)
    assert maps.is_contiguous(memory_format=torch.channels_last)
    assert maps[1, 2, 0, 1] == vector[1, 1 * 4 + 2]
    assert ToVector()(maps).data_ptr() == vector.data_ptr()
    assert torch.equal(ToVector()(maps), vector)
    assert torch.equal(ToVector()(maps.contiguous()), vector)  # whatever the layout
