"""Whoever looks changes nothing: with exams or without, a run ends with the same bits, whatever plays."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import equipoise
from equipoise.api import Run
from equipoise.data.source import Source
from equipoise.history import History
from equipoise.penalties import PENALTIES
from equipoise.tricks import TRICKS

BASE: dict[str, Any] = {"data": {"kind": "ring"}, "batch": 8, "latent": 4, "steps": 7, "log_every": 3, "grids": {"samples": 4}}
MLP: dict[str, Any] = {**BASE, "network": {"kind": "mlp", "hidden": 8, "layers": 1}}
DCGAN: dict[str, Any] = {**BASE, "network": {"kind": "dcgan", "width": 3}}
EXAMS: dict[str, Any] = {"every_steps": 2, "samples": 32}

RECIPES: dict[str, dict[str, Any]] = {
    "points": MLP,
    "batch normalisation": DCGAN,
    "average": {**DCGAN, "tricks": {"ema": {"decay": 0.9}}},
    "dropout": {**DCGAN, "tricks": {"dropout": {}}},
    "augmentation": {**DCGAN, "tricks": {"diff_augment": {}}},
    "adaptive augmentation": {**DCGAN, "tricks": {"adaptive_augment": {"start": 0.5, "every": 2, "ramp_images": 100}}},
    "noise": {**DCGAN, "tricks": {"instance_noise": {}}},
    "packing": {**DCGAN, "tricks": {"packing": {}, "minibatch_stddev": {}}},
    "batch statistics": {
        **DCGAN,
        "tricks": {"minibatch_discrimination": {}, "feature_matching": {}, "replay": {"size": 16}},
    },
    "spectral norm": {**DCGAN, "tricks": {"spectral_norm": {}, "unrolled": {"steps": 1}}},
    "penalties": {**DCGAN, "penalties": {"r1": {"every": 2}, "lecam": {"start": 1}, "consistency": {}}},
    "labels": {**MLP, "tricks": {"label_smoothing": {}, "label_noise": {}, "label_flipping": {}}},
    "rates": {**MLP, "tricks": {"two_rates": {"warmup": 2}, "lookahead": {"k": 2}, "adaptive_cadence": {"every": 2}}},
    "extragradient": {**MLP, "optimizer": {"kind": "extragradient_adam"}, "objective": "wasserstein"},
    "relativistic": {**MLP, "objective": "relativistic_average"},
}


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


def data(recipe: dict[str, Any]) -> Source:
    shape = (1, 16, 16) if recipe["network"]["kind"] == "dcgan" else (2,)
    values = torch.rand(64, *shape, generator=torch.Generator().manual_seed(5)) * 2 - 1
    return Source("made up", shape, len(values), values).holding_out(0.4, seed=1)


def trained(recipe: dict[str, Any], out: Path, exams: dict[str, Any], **given: Any) -> Run:
    return equipoise.fit({**recipe, "exams": exams}, data=data(recipe), out=out, **given)


def differences(one: Run, other: Run) -> list[str]:
    a, b = one.game.state()[0], other.game.state()[0]
    found = sorted(a.keys() ^ b.keys()) + [name for name in a if not torch.equal(a[name], b[name])]
    return found + ([] if torch.equal(one.sample(8), other.sample(8)) else ["samples"])


@pytest.mark.parametrize("name", RECIPES)
def test_exams_change_no_bit_of_a_run(name: str, tmp_path: Path) -> None:
    watched = trained(RECIPES[name], tmp_path / "watched", EXAMS)
    alone = trained(RECIPES[name], tmp_path / "alone", {"every_steps": 0})
    examined = {record["step"]: record["coverage"] for record in records(watched) if record.get("exam")}
    assert list(examined) == [2, 4, 6, 7]
    assert all(math.isfinite(coverage) for coverage in examined.values())
    assert not any("exam" in record for record in records(alone))
    assert differences(watched, alone) == []


def records(run: Run) -> list[dict[str, Any]]:
    return list(History(run.path / "signals.jsonl").read("step"))


def test_the_recipes_play_with_every_trick_and_penalty_that_changes_what_d_sees() -> None:
    playing = {name for recipe in RECIPES.values() for part in ("tricks", "penalties") for name in recipe.get(part, {})}
    seen = {name for name, kind in {**TRICKS, **PENALTIES}.items() if "view" in vars(kind)}
    assert seen <= playing
    assert len(seen) >= 4


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    one = trained(MLP, tmp_path / "one", EXAMS)
    other = trained({**MLP, "seed": 1}, tmp_path / "other", EXAMS)
    assert differences(one, other) != []


class Shaky(nn.Module):
    """A D of the user's own that draws random numbers in every pass, counts them, and has no last layer of one number."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        return (self.layer(x) + 0.1 * torch.randn(len(x), 2)).sum(1)


def test_a_d_of_the_users_own_that_draws_numbers_and_counts(tmp_path: Path) -> None:
    """torch's own generator begins anew at each step, so what an exam draws from it is not missed."""
    runs = []
    for name, exams in (("watched", EXAMS), ("alone", {"every_steps": 0})):
        torch.manual_seed(3)
        G = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        runs.append(trained(MLP, tmp_path / name, exams, generator=G, discriminator=Shaky()))
    assert differences(*runs) == []
