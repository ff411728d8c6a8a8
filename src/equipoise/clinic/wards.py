"""Wards: games that fail on purpose, and healthy ones, with a truth that no rule ever sees.

A ward says what was done (its `cause`, planted and never inferred) and what findings would be right. What came of it (the
`outcome`) is measured from the samples alone, by known centres of modes or by a classifier. The two are kept apart: a
planted failure that came to no harm is reported as such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from equipoise.data.bursts import Bursts
from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.data.mixtures import Grid, Ring
from equipoise.data.mnist import MNIST
from equipoise.data.source import Source
from equipoise.networks.dcgan import DCGAN
from equipoise.networks.mlp import MLP
from equipoise.pieces import Card, Targets, Trick
from equipoise.seeds import Moment, generator

RING: dict[str, Any] = {
    "data": {"kind": "ring", "std": 0.05},
    "network": {"kind": "mlp", "hidden": 64},
    "optimizer": {"kind": "adam", "lr": 0.001, "beta1": 0.5},
    "batch": 128,
    "latent": 4,
    "steps": 2000,
    "checkpoints": {"every_steps": 100, "keep_last": 1},
}
DIGITS: dict[str, Any] = {
    "data": {"kind": "mnist"},
    "network": {"kind": "dcgan", "width": 8},
    "optimizer": {"kind": "adam", "lr": 0.001, "beta1": 0.5},
    "batch": 32,
    "latent": 32,
    "steps": 800,
    "checkpoints": {"every_steps": 80, "keep_last": 1},
}
GRID: dict[str, Any] = {**RING, "data": {"kind": "grid", "step": 1.0}, "steps": 3000}
CLOTHES: dict[str, Any] = {**DIGITS, "data": {"kind": "fashion-mnist"}}
BURSTS: dict[str, Any] = {
    "data": {"kind": "bursts", "size": 64},
    "network": {"kind": "dcgan", "width": 64},
    "optimizer": {"kind": "adam", "lr": 2e-4, "beta1": 0.5},
    "batch": 16,
    "latent": 100,
    "steps": 60,
    "log_every": 1,
    "checkpoints": {"every_steps": 60, "keep_last": 1},
    "exams": {"every_steps": 0},
}
BASES = {"ring": RING, "grid": GRID, "mnist": DIGITS, "fashion": CLOTHES}
IMAGES = ("mnist", "fashion", "bursts")
ENOUGH = {  # modes or classes found, and energy distance, of a run that came to no harm
    "ring": (7, 0.06),
    "grid": (23, 0.06),
    "mnist": (8, 0.25),
    "fashion": (8, 0.25),
    "bursts": (0, math.inf),  # after four epochs samples say nothing: there D's and G's losses do
}
HOPELESS = 10.0  # G's loss, mean of the last tenth of a run: D gives its samples a chance of one in e^10


# ------------------------------------------------------------------------------------------- what is done on purpose


@dataclass
class SwappedLabels(Trick):
    """D is asked to call reals fake and fakes real: the wiring bug."""

    card = Card("swapped_labels", "Swapped labels", "targets (1, 0) -> (0, 1)", "a bug", "nothing", "everything", "none")

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        return Targets(targets.fake, targets.real)


class FewCodes(nn.Module):
    """G that sees only one of a few codes: as many different outputs, by construction."""

    def __init__(self, G: nn.Module, codes: int, latent: int) -> None:
        super().__init__()
        self.G = G
        self.register_buffer("codes", torch.randn(codes, latent, generator=generator("cpu", 0, "codes")))

    def forward(self, z: Tensor) -> Tensor:
        which = (z[:, 0].sigmoid() * len(self.codes)).long().clamp_max(len(self.codes) - 1)  # type: ignore[arg-type]
        found: Tensor = self.G(self.codes[which])  # type: ignore[index]
        return found


class Far(nn.Module):
    """G that starts far from the data: disjoint supports."""

    def __init__(self, G: nn.Module, by: float) -> None:
        super().__init__()
        self.G, self.by = G, by

    def forward(self, z: Tensor) -> Tensor:
        found: Tensor = self.G(z) + self.by
        return found


def own(base: dict[str, Any], shape: tuple[int, ...], change: Callable[[nn.Module], nn.Module]) -> dict[str, nn.Module]:
    kind = MLP(hidden=64) if len(shape) == 1 else DCGAN(width=8)
    G, D = kind.build(base["latent"], shape)
    return {"generator": change(G), "discriminator": D}


def few(source: Source, heldout: Source, n: int, seed: int) -> Source:
    index = torch.randperm(len(source), generator=generator("cpu", seed, "few"))[:n]
    assert source.values is not None
    return replace(source, name="few", length=n, values=source.values[index], labels=None, heldout=heldout)


def scaled(source: Source, to: Callable[[Tensor], Tensor]) -> Source:
    assert source.values is not None
    return replace(source, name="scaled", values=to(source.values.float()), labels=None, range=None)


@dataclass(frozen=True)
class Ward:
    """`right` are findings of which one at least is due; `beside` are true as well, and count neither for nor against."""

    name: str
    data: str  # a name in BASES
    about: str
    right: frozenset[str] = frozenset()  # empty: a healthy recipe, for which every finding is a false alarm
    beside: frozenset[str] = frozenset()
    changes: dict[str, Any] = field(default_factory=dict)
    plant: Callable[[Ward, int], dict[str, Any]] | None = None  # what fit is given besides
    certain: bool = False  # harm by construction, whatever the samples look like
    sound: Callable[[Mapping[str, float]], bool] | None = None  # what the readings have to be besides, for a healthy run
    curable: bool = True  # False where the failure is built into the user's own G, which no treatment of a game can change

    @property
    def healthy(self) -> bool:
        return not self.right

    @property
    def base(self) -> dict[str, Any]:
        return BURSTS if self.data == "bursts" else BASES[self.data]

    @property
    def image(self) -> bool:
        return self.data in IMAGES

    @property
    def twin(self) -> str:
        """The healthy ward of the same data, with which a treated run is compared."""
        return f"{self.data}/r1"

    def well(self, found: int, energy: float) -> bool:
        """Whether samples that cover so many modes, at such a distance, are those of a run that came to no harm."""
        modes, distance = ENOUGH[self.data]
        return found >= modes and energy <= distance

    def given(self, seed: int) -> dict[str, Any]:
        """The arguments of `equipoise.fit`."""
        torch.manual_seed(seed)
        planted = self.plant(self, seed) if self.plant is not None else {}
        recipe = {"name": f"{self.data}-{self.name}", **self.base, **self.changes}
        if "generator" in planted:
            recipe.pop("network", None)
        return {"recipe": recipe, "seed": seed, **planted}


def source(name: str, split: Literal["train", "test"] = "train", seed: int = 0) -> Source:
    """The data of a ward; made data held out are drawn from another seed."""
    other = seed if split == "train" else seed + 10_000
    if name == "ring":
        return Ring(std=0.05).load(None, other)
    if name == "grid":
        return Grid(step=1.0).load(None, other)
    if name == "bursts":
        return Bursts(size=64).load(None, other)
    return (FashionMNIST(split=split) if name == "fashion" else MNIST(split=split)).load(None, seed)


COLLAPSED = frozenset({"mode_collapse"})
CYCLES = frozenset({"oscillation", "mode_cycling"})
WEAK = frozenset({"generator_dominance", "no_learning"})
STRONG = frozenset({"discriminator_dominance", "vanishing_gradient"})
ANY_OUTCOME = COLLAPSED | CYCLES | frozenset({"no_learning"})
POINTS: dict[str, Any] = {"strong": {"d_rate": 1e-2, "g_rate": 2e-4}, "weak": {"d_rate": 1e-5}, "wild": 1e-2}
PICTURES: dict[str, Any] = {"strong": {"d_rate": 4e-3, "g_rate": 1e-4}, "weak": {"d_rate": 1e-6}, "wild": 3e-2}
RATES = {data: PICTURES if data in IMAGES else POINTS for data in BASES}


def codes(n: int) -> Callable[[Ward, int], dict[str, Any]]:
    return lambda ward, seed: own(ward.base, source(ward.data).shape, lambda G: FewCodes(G, n, ward.base["latent"]))


def failures(data: str) -> list[Ward]:
    """The wards of one kind of data: each cause with what FAILURES.md says that it causes."""
    rates, lr = RATES[data], BASES[data]["optimizer"]["lr"]
    found = [
        Ward(
            "strong-d",
            data,
            "D learns 50 times as fast as G, three steps for one",
            STRONG | COLLAPSED,
            ANY_OUTCOME | {"overfitting"},
            {"tricks": {"two_rates": rates["strong"], "cadence": {"d_steps": 3}}},
        ),
        Ward(
            "few-codes",
            data,
            "G sees one of two codes: two outputs",
            COLLAPSED,
            STRONG | CYCLES | {"stale_noise"},
            {},
            codes(2),
            certain=True,
            curable=False,
        ),
        Ward(
            "one-batch-of-noise",
            data,
            "G sees one of 24 codes",
            COLLAPSED | {"stale_noise"},
            STRONG | CYCLES,
            {},
            codes(24),
            certain=True,
            curable=False,
        ),
        Ward(
            "saturating",
            data,
            "saturating loss, plain SGD, and a D that is 20 steps ahead of a G that starts far away",
            STRONG | {"frozen_training"},
            ANY_OUTCOME | {"data_range"},
            {
                "objective": "minimax",
                "optimizer": {"kind": "sgd", "lr": 0.05},
                "tricks": {"cadence": {"d_steps": 20}, "two_rates": {"d_rate": 0.3, "g_rate": 0.01}},
                "steps": BASES[data]["steps"] // 4,
                "checkpoints": {"every_steps": BASES[data]["steps"] // 80, "keep_last": 1},
            },
            (lambda ward, seed: own(ward.base, source(ward.data).shape, lambda G: Far(G, 8.0))),
            curable=data not in IMAGES,  # a tanh moved by 8 never reaches the data
        ),
        Ward(
            "stalled",
            data,
            "saturating loss, plain SGD, and a D that is five steps ahead",
            STRONG | {"frozen_training"},
            ANY_OUTCOME,
            {
                "objective": "minimax",
                "optimizer": {"kind": "sgd", "lr": 0.05},
                "tricks": {"cadence": {"d_steps": 5}, "two_rates": {"d_rate": 0.3, "g_rate": 0.01}},
            },
        ),
        Ward(
            "unbounded-critic",
            data,
            "a Wasserstein critic without any Lipschitz constraint",
            frozenset({"divergence"}) | CYCLES | COLLAPSED,
            STRONG | WEAK | ANY_OUTCOME,
            {"objective": "wasserstein"},
        ),
        Ward(
            "weak-d",
            data,
            "D hardly learns: its rate is a hundredth or less",
            WEAK | COLLAPSED | CYCLES,
            frozenset({"frozen_training", "divergence"}),
            {"tricks": {"two_rates": {**rates["weak"], "g_rate": lr}}},
        ),
        Ward(
            "no-lipschitz",
            data,
            "least squares by SGD at a rate of 1",
            frozenset({"divergence"}),
            ANY_OUTCOME | STRONG | WEAK,
            {"objective": "least_squares", "optimizer": {"kind": "sgd", "lr": 3.0 if data in IMAGES else 1.0, "momentum": 0.9}},
        ),
        Ward(
            "wild",
            data,
            "Adam ten times too fast, with the momentum of supervised learning",
            CYCLES | COLLAPSED | {"divergence"},
            STRONG | WEAK,
            {"optimizer": {"kind": "adam", "lr": rates["wild"], "beta1": 0.9}},
        ),
        Ward(
            "swapped-labels",
            data,
            "D is asked to call reals fake",
            frozenset({"swapped_labels"}),
            ANY_OUTCOME | STRONG | WEAK | {"frozen_training", "divergence"},
            {},
            lambda ward, seed: {"tricks": [SwappedLabels()]},
            certain=True,
        ),
    ]
    if data in IMAGES:  # points of eight clusters are too easily guessed to be learned by heart
        found.append(
            Ward(
                "few-samples",
                data,
                "fifty training samples, each seen five hundred times",
                frozenset({"overfitting", "memorisation"}),
                ANY_OUTCOME | STRONG | {"leaking_augmentation"},
                {"batch": 16, "steps": 1600, "checkpoints": {"every_steps": 160, "keep_last": 1}},
                lambda ward, seed: {"data": few(source(ward.data, seed=seed), source(ward.data, "test", seed), 50, seed)},
                certain=True,
            )
        )
        found.append(
            Ward(
                "pixels-to-255",
                data,
                "data in [0, 255] against a tanh",
                frozenset({"data_range"}),
                ANY_OUTCOME | STRONG | WEAK | {"divergence", "overfitting", "frozen_training"},
                {},
                lambda ward, seed: {"data": scaled(source(ward.data), lambda x: x)},
                certain=True,
            )
        )
        found.append(
            Ward(
                "pixels-to-1",
                data,
                "data in [0, 1] against a tanh",
                frozenset({"data_range"}),
                ANY_OUTCOME | STRONG | WEAK,
                {},
                lambda ward, seed: {"data": scaled(source(ward.data), lambda x: x / 255)},
                certain=True,
            )
        )
    return found


def healthy(data: str) -> list[Ward]:
    """Recipes that work, among them odd ones."""
    r1: dict[str, Any] = {"r1": {"weight": 1.0, "every": 4} if data in IMAGES else {"weight": 0.1}}
    base = BASES[data]
    critic: dict[str, Any] = {
        "objective": "wasserstein",
        "penalties": {"gradient_penalty": {}},
        "tricks": {"cadence": {"d_steps": 2}},
    }
    if data in IMAGES:
        critic["network"] = {"kind": "dcgan", "width": 8, "normalise": "none"}
    else:
        critic |= {"penalties": {"gradient_penalty": {"weight": 1.0}}, "tricks": {"cadence": {"d_steps": 5}}}
    found: dict[str, dict[str, Any]] = {
        "plain": {},
        "r1": {"penalties": r1},
        "least-squares": {"objective": "least_squares", "penalties": r1},
        "hinge": {"objective": "hinge", "penalties": r1},
        "critic": critic,
        "smoothing": {"penalties": r1, "tricks": {"label_smoothing": {"real": 0.9}}},
        "two-rates": {
            "penalties": r1,
            "tricks": {"two_rates": {"d_rate": 2 * base["optimizer"]["lr"], "g_rate": base["optimizer"]["lr"] / 2}},
        },
        "small-batch": {
            "batch": base["batch"] // 4,
            "penalties": r1,
            "optimizer": {**base["optimizer"], "lr": base["optimizer"]["lr"] / 2},
        },
    }
    return [Ward(name, data, "healthy", changes=changes) for name, changes in found.items()]


WARDS: dict[str, Ward] = {f"{ward.data}/{ward.name}": ward for data in BASES for ward in (*failures(data), *healthy(data))}
WARDS["bursts/naive"] = Ward(
    "naive",
    "bursts",
    "the notebook's case at half its size, four epochs: a plain DCGAN on 218 windows, hard labels, one rate for both",
    STRONG,
    ANY_OUTCOME | {"overfitting"},
    sound=lambda numbers: numbers["g_loss"] <= HOPELESS,
)
SCORED = ("ring", "mnist")  # whose wards the diagnosis was scored on


# ---------------------------------------------------------------------------------------------------- what came of it


def energy(x: Tensor, y: Tensor) -> float:
    """The energy distance of two samples [N, F], over the mean distance within y: 0 for equal distributions."""
    x, y = x.flatten(1).double(), y.flatten(1).double()
    cross, xx, yy = torch.cdist(x, y).mean(), torch.cdist(x, x).mean(), torch.cdist(y, y).mean()
    found = float((2 * cross - xx - yy) / yy)
    return found if math.isfinite(found) else math.inf
