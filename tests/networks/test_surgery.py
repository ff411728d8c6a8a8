"""Edits on our own D and on somebody else's."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from equipoise.errors import SettingError
from equipoise.networks.dcgan import DCGAN
from equipoise.networks.features import FeatureTap
from equipoise.networks.layers import MinibatchDiscrimination, MinibatchStdDev
from equipoise.networks.mlp import MLP
from equipoise.networks.network import Network
from equipoise.networks.resnet import ResNet
from equipoise.networks.surgery import (
    after_activations,
    flatten_head,
    head,
    insert_before_head,
    last_linear,
    replace,
    widen_input,
)


class Foreign(nn.Module):
    """A D as people write it: the head declared first, one activation used twice, logits [B, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(12, 1)
        self.conv1 = nn.Conv2d(1, 4, 3, 2, 1)
        self.conv2 = nn.Conv2d(4, 3, 3, 2, 1)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.conv2(self.act(self.conv1(x))))
        logits: Tensor = self.out(x.flatten(1))
        return logits


def torch_example(channels: int = 1) -> nn.Sequential:
    """The shape of D in torch's DCGAN example, small: a convolution gives the logit."""
    return nn.Sequential(
        nn.Conv2d(channels, 4, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(4, 1, 4, 1, 0, bias=False)
    )


X = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def test_the_head_is_found_by_its_one_output_not_by_its_place() -> None:
    D = Foreign()
    assert last_linear(D) == ("out", D.out)
    assert last_linear(DCGAN(width=2).build(3, (1, 28, 28))[1])[0] == "head"


def test_a_d_without_a_head_is_told_what_would_be_right() -> None:
    with pytest.raises(SettingError, match=r"discriminator: has no .* let it end in nn.Linear\(n, 1\)"):
        head(nn.Sequential(nn.Flatten(), nn.Linear(3, 2)))
    with pytest.raises(SettingError, match=r"by a convolution \(2\); let it end in nn.Flatten\(\) and nn.Linear\(n, 1\)"):
        last_linear(torch_example())
    patches = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 1, 3, padding=1))
    with pytest.raises(SettingError, match="a logit per place"):
        flatten_head(patches)


def test_replace_keeps_mode() -> None:
    D = Foreign().eval()
    replace(D, "act", nn.ReLU())
    assert isinstance(D.act, nn.ReLU)
    assert not D.act.training
    nested = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    replace(nested, "0.1", nn.Tanh())
    assert isinstance(nested[0][1], nn.Tanh)


def test_a_convolution_over_the_whole_map_is_a_linear_layer() -> None:
    D = torch_example()
    before = D(X)
    path, layer = flatten_head(D)
    assert last_linear(D) == (path, layer)
    assert D(X).shape == before.shape == (6, 1, 1, 1)
    torch.testing.assert_close(D(X), before)


@pytest.mark.parametrize("make", [Foreign, torch_example])
def test_inserting_before_the_head_adds_to_what_was_there(make: type[nn.Module]) -> None:
    torch.manual_seed(0)
    D = make()
    before = D(X)
    insert_before_head(D, lambda features: MinibatchDiscrimination(features, kernels=5), 5)
    after = D(X)
    assert after.shape == before.shape
    assert not torch.allclose(after, before)
    _, layer = last_linear(D)
    with torch.no_grad():
        layer.weight[:, -5:] = 0
    torch.testing.assert_close(D(X), before)


def test_inserting_before_our_own_head() -> None:
    D = DCGAN(width=2).build(3, (1, 28, 28))[1]
    insert_before_head(D, lambda _: MinibatchStdDev(), 1)
    tap = FeatureTap(D)
    logits = D(torch.randn(4, 1, 28, 28))
    assert logits.shape == (4,)
    features = tap.take()
    assert features.shape == (4, 49 * 4 + 1)
    assert features[:, -1].unique().numel() == 1  # one group of four


@pytest.mark.parametrize(
    ("kind", "shape"), [(DCGAN(width=2), (1, 28, 28)), (ResNet(width=1), (3, 32, 32)), (MLP(8), (2,)), (MLP(8), (1, 4, 4))]
)
def test_a_sample_packed_with_itself_is_judged_as_before(kind: Network, shape: tuple[int, ...]) -> None:
    D = kind.build(3, shape)[1].eval()
    x = torch.randn(5, *shape)
    before = D(x)
    widen_input(D, 3)
    torch.testing.assert_close(D(torch.cat([x, x, x], 1)), before, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(D(torch.cat([x, -x, x], 1)), before)


def test_widening_a_foreign_d() -> None:
    D = torch_example(channels=2)
    x = torch.randn(3, 2, 8, 8)
    before = D(x)
    widen_input(D, 2)
    assert D[0].in_channels == 4
    torch.testing.assert_close(D(torch.cat([x, x], 1)), before)


def test_layers_that_cannot_be_widened_are_named() -> None:
    with pytest.raises(SettingError, match=r"has no nn.Linear or nn.Conv2d"):
        widen_input(nn.Sequential(nn.ReLU()), 2)
    with pytest.raises(SettingError, match="0 is a grouped convolution"):
        widen_input(nn.Sequential(nn.Conv2d(2, 2, 3, groups=2)), 2)
    own = nn.Sequential(parametrizations.weight_norm(nn.Linear(2, 1)))
    old = nn.Sequential(nn.utils.spectral_norm(nn.Linear(2, 1)))
    for edit in (lambda D: widen_input(D, 2), lambda D: insert_before_head(D, lambda _: MinibatchStdDev(), 1)):
        with pytest.raises(SettingError, match="0 has a parametrised weight"):
            edit(own)
        with pytest.raises(SettingError, match=r"use torch.nn.utils.parametrizations.spectral_norm"):
            edit(old)


@pytest.mark.parametrize("make", [Foreign, torch_example])
def test_spectral_norm_stays_on_layers_that_are_edited(make: type[nn.Module]) -> None:
    """Whichever comes first, the norm or the edit, all the layers have norm 1 in the end and nothing is normalised twice."""
    torch.manual_seed(0)
    D = make()
    for layer in [m for m in D.modules() if isinstance(m, nn.Linear | nn.Conv2d)]:
        with torch.no_grad():
            layer.weight.mul_(5)
        parametrizations.spectral_norm(layer)
    widen_input(D, 2)
    insert_before_head(D, lambda _: MinibatchStdDev(), 1)
    x = torch.cat([X, -X], 1)
    for _ in range(100):
        D(x)
    D.eval()
    layers = [m for m in D.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    assert layers
    for layer in layers:
        assert len(layer.parametrizations.weight) == 1
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)
        assert torch.linalg.matrix_norm(layer.parametrizations.weight.original.flatten(1), 2).item() > 1.2


def test_dropout_goes_behind_every_activation() -> None:
    D = DCGAN(width=2).build(3, (1, 28, 28))[1]
    after_activations(D, lambda: nn.Dropout(1.0))
    assert sum(isinstance(m, nn.Dropout) for m in D.modules()) == 2
    assert D(torch.randn(3, 1, 28, 28)).unique().numel() == 1  # nothing gets through: the bias is all
    shared = Foreign()
    before = shared(X)
    after_activations(shared, nn.Identity)
    torch.testing.assert_close(shared(X), before)
    act = nn.ReLU()
    twice = nn.Sequential(nn.Linear(2, 2), act, nn.Linear(2, 2), act, nn.Linear(2, 1))
    after_activations(twice, nn.Dropout)
    assert [type(m).__name__ for m in twice] == ["Linear", "Sequential", "Linear", "Sequential", "Linear"]
    with pytest.raises(SettingError, match="no activation layers"):
        after_activations(nn.Linear(2, 1), nn.Dropout)


def test_a_tap_watches_anybodys_d_and_its_graph_lives() -> None:
    for D in (Foreign(), torch_example()):
        tap = FeatureTap(D)
        x = X.clone().requires_grad_(True)
        logits = D(x)
        layer = head(D)[1]
        features = tap.take()
        assert features.dim() == 2
        torch.testing.assert_close(
            (features * layer.weight.flatten()).sum(1), (logits - (0 if layer.bias is None else layer.bias)).flatten()
        )
        assert torch.autograd.grad(features.sum(), x)[0].any()
        with pytest.raises(AssertionError, match="has not been run"):
            tap.take()
        D(x)
        tap.remove()
        assert tap.last is None
        D(x)
        assert tap.last is None


def test_a_tapped_d_can_be_copied_and_the_copy_does_not_disturb_the_tap() -> None:
    D = Foreign()
    tap = FeatureTap(D)
    D(X)
    seen = tap.last
    copied = copy.deepcopy(D)
    (hook,) = copied.out._forward_pre_hooks.values()
    assert hook.__self__.last is None  # the copy does not keep the graph of its model alive
    copied(X + 1)
    assert tap.last is seen
