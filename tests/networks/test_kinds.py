"""What every kind of network promises: shapes, ranges, determinism, derivatives, and clear refusals."""

import copy

import pytest
import torch
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.networks import NETWORKS
from equipoise.networks.dcgan import DCGAN, SIZES
from equipoise.networks.features import FeatureTap
from equipoise.networks.mlp import MLP
from equipoise.networks.network import Discriminator, Network
from equipoise.networks.resnet import PLANS, ResNet

SMALL: list[tuple[Network, tuple[int, ...]]] = [
    (DCGAN(width=4), (1, 28, 28)),
    (DCGAN(width=4, upsample="resize", normalise="none"), (3, 32, 32)),
    (ResNet(width=4), (1, 28, 28)),
    (ResNet(width=2), (3, 64, 64)),
    (MLP(hidden=16), (2,)),
    (MLP(hidden=16, layers=3, activation="relu"), (1, 8, 8)),
    (MLP(hidden=16, d_hidden=8, d_activation="relu"), (2,)),
    (DCGAN(width=4, d_width=2, d_activation="relu"), (1, 28, 28)),
]
LATENT = 6
small = pytest.mark.parametrize(("kind", "shape"), SMALL, ids=lambda v: v.name if hasattr(v, "name") else "x".join(map(str, v)))


def players(kind: Network, shape: tuple[int, ...], seed: int = 0) -> tuple[nn.Module, Discriminator]:
    torch.manual_seed(seed)
    G, D = kind.build(LATENT, shape)
    assert isinstance(D, Discriminator)
    return G, D


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_the_registry_is_keyed_by_the_names() -> None:
    assert {name: kind.name for name, kind in NETWORKS.items()} == {"dcgan": "dcgan", "resnet": "resnet", "mlp": "mlp"}
    assert all(kind.about for kind in NETWORKS.values())


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize(
    "kind",
    [DCGAN(width=2), DCGAN(width=2, upsample="resize", normalise="none"), ResNet(width=1)],
    ids=["transposed", "resize", "resnet"],
)
def test_every_size_and_any_number_of_channels(kind: Network, channels: int) -> None:
    for side in PLANS if kind.name == "resnet" else SIZES:
        G, D = players(kind, (channels, side, side))
        x = G(torch.randn(2, LATENT))
        assert x.shape == (2, channels, side, side)
        assert D(x).shape == (2,)


@small
def test_shapes_and_features(kind: Network, shape: tuple[int, ...]) -> None:
    G, D = players(kind, shape)
    x = G(torch.randn(5, LATENT))
    assert x.shape == (5, *shape)
    assert D(x).shape == (5,)
    assert D.features(x).shape == (5, D.head.in_features)
    torch.testing.assert_close(D.head(D.features(x)).squeeze(1), D(x))


@small
def test_images_stay_in_range_and_points_need_not(kind: Network, shape: tuple[int, ...]) -> None:
    G, _ = players(kind, shape)
    with torch.no_grad():
        for p in G.parameters():
            p.mul_(30)
        largest = G(torch.randn(64, LATENT)).abs().max()
    assert largest <= 1 if len(shape) == 3 else largest > 1


@small
def test_the_first_weights_are_a_function_of_torchs_seed(kind: Network, shape: tuple[int, ...]) -> None:
    first, again, other = (players(kind, shape, seed) for seed in (1, 1, 2))
    for ours, same, different in zip(first, again, other, strict=True):
        a, b, c = (torch.cat([p.flatten() for p in m.parameters()]) for m in (ours, same, different))
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


@small
def test_channels_last_is_kept_and_changes_nothing(kind: Network, shape: tuple[int, ...]) -> None:
    if len(shape) != 3:
        return
    G, D = players(kind, shape)
    z = torch.randn(3, LATENT)
    x, logits = G(z), D(G(z))
    G.to(memory_format=torch.channels_last)
    D.to(memory_format=torch.channels_last)
    y = G(z).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(y, x, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(D(y), logits, atol=1e-4, rtol=1e-3)


@small
def test_under_bf16_autocast(kind: Network, shape: tuple[int, ...]) -> None:
    G, D = players(kind, shape)
    z = torch.randn(4, LATENT)
    with torch.autocast("cpu", torch.bfloat16):
        fake = G(z).float()
        logits = D(fake)
    logits.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for m in (G, D) for p in m.parameters())
    assert (fake - G(z)).std() < 0.02  # eight bits of mantissa


@small
def test_copies_are_independent_and_equal(kind: Network, shape: tuple[int, ...]) -> None:
    G, D = players(kind, shape)
    G2, D2 = copy.deepcopy((G, D))
    z = torch.randn(4, LATENT)
    assert torch.equal(D2(G2(z)), D(G(z)))
    with torch.no_grad():
        next(D2.parameters()).add_(1)
    assert not torch.equal(next(D2.parameters()), next(D.parameters()))
    assert G2.load_state_dict(G.state_dict())


@pytest.mark.parametrize("kind", [DCGAN(width=2), DCGAN(width=2, normalise="none"), ResNet(width=1), MLP(hidden=8)])
def test_d_can_be_differentiated_twice(kind: Network) -> None:
    """As gradient penalties do; against finite differences of the first gradient."""
    shape = (5,) if kind.name == "mlp" else (1, 28, 28)
    D = players(kind, shape)[1].double()
    x = torch.randn(4, *shape, dtype=torch.float64)

    def slope(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
        return gradient.square().sum()

    weight = D.head.weight
    (gradient,) = torch.autograd.grad(slope(x), weight)
    direction = torch.randn_like(weight)
    step = 1e-4
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight.add_(sign * step * direction)
        values.append(slope(x).detach())
        with torch.no_grad():
            weight.sub_(sign * step * direction)
    assert (gradient * direction).sum().item() == pytest.approx(((values[0] - values[1]) / (2 * step)).item(), rel=1e-4)


@small
def test_a_tap_sees_what_features_gives(kind: Network, shape: tuple[int, ...]) -> None:
    _, D = players(kind, shape)
    tap = FeatureTap(D)
    x = torch.randn(4, *shape)
    D(x)
    assert tap.last is not None
    torch.testing.assert_close(tap.last, D.features(x))


def test_dcgan_28_has_the_parameters_counted_by_hand() -> None:
    G, D = DCGAN().build(100, (1, 28, 28))
    # Linear, BN, ConvT 128 -> 64, BN, ConvT 64 -> 1 with bias
    assert count(G) == 100 * 49 * 128 + 2 * 128 + 128 * 64 * 16 + 2 * 64 + 64 * 16 + 1 == 759_681
    # Conv 1 -> 64 with bias, Conv 64 -> 128, BN, Linear
    assert count(D) == 64 * 16 + 64 + 64 * 128 * 16 + 2 * 128 + 49 * 128 + 1 == 138_689
    without = DCGAN(normalise="none").build(100, (1, 28, 28))[1]
    assert count(without) == 138_689 - 2 * 128 + 128  # a bias takes the place of the normalisation


def test_dcgan_64_has_the_widths_of_the_paper() -> None:
    G, D = DCGAN(width=64).build(100, (3, 64, 64))
    up = [(m.in_channels, m.out_channels) for m in G.modules() if isinstance(m, nn.ConvTranspose2d)]
    down = [(m.in_channels, m.out_channels) for m in D.modules() if isinstance(m, nn.Conv2d)]
    assert up == [(512, 256), (256, 128), (128, 64), (64, 3)]
    assert down == [(3, 64), (64, 128), (128, 256), (256, 512)]
    wide = DCGAN(width=2).build(100, (1, 256, 256))[1]
    assert max(m.out_channels for m in wide.modules() if isinstance(m, nn.Conv2d)) == 16  # 8 times the width at most


def test_dcgan_weights_start_as_in_the_paper() -> None:
    torch.manual_seed(0)
    for module in [m for player in DCGAN().build(100, (1, 28, 28)) for m in player.modules()]:
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.mean().item() == pytest.approx(1, abs=0.01)
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.25)
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            assert module.weight.mean().item() == pytest.approx(0, abs=2e-3)
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert module.bias is None or not module.bias.any()


def test_resnet_32_is_the_papers() -> None:
    G, D = ResNet().build(128, (3, 32, 32))
    block = 2 * 256 * 2 + 2 * (9 * 256 * 256 + 256) + 256 * 256 + 256
    assert count(G) == 128 * 4096 + 4096 + 3 * block + 2 * 256 + 9 * 256 * 3 + 3
    first = 9 * 3 * 128 + 128 + 9 * 128 * 128 + 128 + 3 * 128 + 128
    plain = 2 * (9 * 128 * 128 + 128)
    assert count(D) == first + (plain + 128 * 128 + 128) + 2 * plain + 128 + 1
    sides: list[int] = []
    for block_of_d in list(D.body)[:4]:
        block_of_d.register_forward_hook(lambda _m, _i, out: sides.append(out.shape[-1]))
    D(torch.zeros(1, 3, 32, 32))
    assert sides == [16, 8, 8, 8]


def test_resnet_blocks_against_the_order_in_the_paper() -> None:
    """Shortcuts are computed at the smaller size, which has to be the same sum."""
    from torch.nn.functional import avg_pool2d, interpolate

    from equipoise.networks.resnet import DownBlock, UpBlock

    up, down = UpBlock(3, 2).eval(), DownBlock(3, 2, halve=True, first=False)
    x = torch.randn(2, 3, 4, 4)
    doubled = interpolate(x, scale_factor=2, mode="nearest")
    torch.testing.assert_close(up(x), up.main(x) + up.shortcut(doubled))
    torch.testing.assert_close(down(x), avg_pool2d(down.main(x), 2) + avg_pool2d(down.shortcut(x), 2))


def test_mlp_has_the_layers_that_were_asked_for() -> None:
    G, D = MLP(hidden=7, layers=3).build(4, (2,))
    assert count(G) == (4 * 7 + 7) + 2 * (7 * 7 + 7) + (7 * 2 + 2)
    assert count(D) == (2 * 7 + 7) + 2 * (7 * 7 + 7) + (7 + 1)
    assert sum(isinstance(m, nn.LeakyReLU) and m.negative_slope == 0.2 for m in D.modules()) == 3
    assert sum(isinstance(m, nn.ReLU) for m in MLP(activation="relu").build(4, (2,))[1].modules()) == 2


@pytest.mark.parametrize(
    ("plain", "other", "shape"),
    [
        (MLP(hidden=8), MLP(hidden=8, d_hidden=4, d_activation="relu"), (2,)),
        (DCGAN(width=4), DCGAN(width=4, d_width=2, d_activation="relu"), (1, 28, 28)),
    ],
    ids=["mlp", "dcgan"],
)
def test_d_can_be_another_than_g(plain: Network, other: Network, shape: tuple[int, ...]) -> None:
    (G, D), (same, smaller) = (players(kind, shape) for kind in (plain, other))
    assert str(same) == str(G), "G stays as it is"
    assert count(smaller) < count(D)
    assert any(isinstance(m, nn.LeakyReLU) for m in D.modules()) and not any(isinstance(m, nn.ReLU) for m in D.modules())
    assert any(isinstance(m, nn.ReLU) for m in smaller.modules())
    assert not any(isinstance(m, nn.LeakyReLU) for m in smaller.modules())
    for kind, setting in ((MLP, "d_hidden"), (DCGAN, "d_width")):
        with pytest.raises(SettingError, match=rf"network.{setting}: must be 0 \(as G\) or more, not -1"):
            kind(**{setting: -1})


@pytest.mark.parametrize(
    ("kind", "shape", "words"),
    [
        ("dcgan", (1, 30, 30), "dcgan makes square images of 8, 16, 28, 32, 64, 128 or 256 pixels a side, not 30 x 30"),
        ("dcgan", (1, 28, 32), "not 28 x 32"),
        ("dcgan", (2,), "use kind=mlp"),
        ("dcgan", (0, 28, 28), "at least one channel"),
        ("resnet", (3, 256, 256), "resnet makes square images of 28, 32, 64 or 128"),
        ("resnet", (28, 28), "not samples of shape 28 x 28"),
        ("mlp", (), "at least one number"),
    ],
)
def test_a_shape_that_cannot_be_made_is_refused_with_those_that_can(kind: str, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(SettingError) as refused:
        NETWORKS[kind]().build(100, shape)
    assert str(refused.value).startswith("network.kind: ")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "settings", "key"),
    [
        (DCGAN, {"width": 0}, "width"),
        (ResNet, {"width": -1}, "width"),
        (MLP, {"hidden": 0}, "hidden"),
        (MLP, {"layers": 0}, "layers"),
    ],
)
def test_a_setting_out_of_range_is_refused(kind: type, settings: dict[str, int], key: str) -> None:
    with pytest.raises(SettingError, match=f"^network.{key}: must be 1 or more"):
        kind(**settings)


@pytest.mark.parametrize("kind", [DCGAN(), ResNet(), MLP()])
def test_no_latent_is_refused(kind: Network) -> None:
    with pytest.raises(SettingError, match="latent"):
        kind.build(0, (1, 28, 28))
