"""From Python: fit, resume and load, with recipes, mappings and networks of one's own."""

import dataclasses
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import equipoise
from equipoise import checkpoint, describe
from equipoise.data.source import Source
from equipoise.errors import RunError, SettingError
from equipoise.objectives.non_saturating import NonSaturating
from equipoise.pieces import Card, Trick
from equipoise.seeds import Moment
from equipoise.train import DivergedError
from equipoise.tricks.ema import EMA

SMALL: dict[str, Any] = {
    "data": {"kind": "bursts", "type_3": 48, "size": 16},
    "network": {"kind": "dcgan", "width": 4, "normalise": "none"},
    "tricks": {"ema": {"decay": 0.9}, "spectral_norm": {}, "replay": {}, "adaptive_augment": {"flips": False}},
    "penalties": {"r1": {"every": 2}, "lecam": {}},
    "batch": 8,
    "latent": 6,
    "steps": 12,
    "log_every": 2,
    "grids": {"every_steps": 4, "samples": 9},
    "checkpoints": {"every_steps": 4},
}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def same_end(one: Path, other: Path) -> None:
    """Every tensor and every sample grid of two runs agree bit for bit."""
    first, second = (checkpoint.newest(run / "checkpoints") for run in (one, other))
    assert first is not None and second is not None and first.step == second.step
    assert first.tensors.keys() == second.tensors.keys()
    assert [k for k in first.tensors if not torch.equal(first.tensors[k], second.tensors[k])] == []
    assert contents(one / "samples") == contents(other / "samples")


def test_a_resumed_run_ends_as_one_that_never_stopped(tmp_path: Path) -> None:
    equipoise.fit(SMALL, out=tmp_path / "whole")
    equipoise.fit(SMALL, out=tmp_path / "parts", steps=5)
    equipoise.resume(tmp_path / "parts", steps=8)
    equipoise.resume(tmp_path / "parts", steps=12)
    forget_grids(tmp_path / "parts", step=5)  # it ended there, which the whole run did not
    same_end(tmp_path / "whole", tmp_path / "parts")


def forget_grids(run: Path, step: int) -> None:
    files = list((run / "samples").glob(f"*-{step:07d}.png"))
    assert files, "a run draws a grid where it ends"
    for file in files:
        file.unlink()


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Grids, measurements and checkpoints at every step, or only at the end: the same weights."""
    busy = {**SMALL, "log_every": 1, "grids": {"every_steps": 1}, "checkpoints": {"every_steps": 1}}
    idle = {**SMALL, "log_every": 12, "grids": {}, "checkpoints": {}}
    states = [equipoise.fit(s, out=tmp_path / n).game.state()[0] for n, s in (("busy", busy), ("idle", idle))]
    assert [k for k in states[0] if not torch.equal(states[0][k], states[1][k])] == []


def test_networks_of_ones_own_train_resume_and_load(tmp_path: Path) -> None:
    def pair() -> dict[str, nn.Module]:
        torch.manual_seed(0)
        return {
            "generator": nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2)),
            "discriminator": nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Flatten(0)),
        }

    settings: dict[str, Any] = {"data": {"kind": "ring", "length": 256}, "batch": 16, "latent": 3}
    equipoise.fit(settings, steps=6, out=tmp_path / "whole", **pair())
    equipoise.fit(settings, steps=3, out=tmp_path / "parts", **pair())
    run = equipoise.resume(tmp_path / "parts", steps=6, **pair())
    assert run.sample(5).shape == (5, 2)
    forget_grids(tmp_path / "parts", step=3)
    same_end(tmp_path / "whole", tmp_path / "parts")
    assert torch.equal(equipoise.load(tmp_path / "parts", **pair()).sample(5), run.sample(5))
    with pytest.raises(SettingError, match="networks of your own: give generator= and discriminator="):
        equipoise.resume(tmp_path / "parts", steps=9)


def test_samples_depend_on_the_seed_and_nothing_else(tmp_path: Path) -> None:
    run = equipoise.fit(SMALL, out=tmp_path / "run")
    assert torch.equal(run.sample(4, seed=1), equipoise.load(tmp_path / "run").sample(4, seed=1))
    assert not torch.equal(run.sample(4, seed=1), run.sample(4, seed=2))
    assert torch.allclose(run.sample(300, seed=1)[:4], run.sample(4, seed=1), atol=1e-5), "each has its own latent"
    assert not torch.equal(run.sample(4, weights="raw"), run.sample(4, weights="ema"))
    best = min(run.evaluations(), key=lambda r: r["sliced_wasserstein"])["step"]
    assert equipoise.load(tmp_path / "run", "best").game.steps == best
    with pytest.raises(SettingError, match="'avg' is not kept by this run; it has raw and ema"):
        run.sample(1, weights="avg")


def test_a_source_of_ones_own(tmp_path: Path) -> None:
    values = torch.randint(0, 256, (32, 1, 8, 8), dtype=torch.uint8)
    source = Source("mine", (1, 8, 8), 32, values)
    run = equipoise.fit({**SMALL, "batch": 16}, data=source, steps=2, out=tmp_path / "run")
    assert run.sample(3).shape == (3, 1, 8, 8)


@dataclass
class Drift(Trick):
    """Adds a number that grows with every step to all that D sees: wrong bits show if its state is lost."""

    pace: float = 0.01
    seen: Tensor = field(default_factory=lambda: torch.zeros(()), init=False)

    card = Card("drift", "A growing shift", "x + n * pace", "this test", "tests", "nothing", "none")

    def view(self, x: Tensor, at: Moment, *, real: bool) -> Tensor:
        self.seen = self.seen + 1
        return x + self.pace * self.seen

    def state(self) -> dict[str, Tensor]:
        return {"seen": self.seen}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.seen = state["seen"]


class Doubled(NonSaturating):
    card = dataclasses.replace(NonSaturating.card, name="doubled")

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        return 2 * super().g_loss(d_fake, d_real)


def test_a_trick_and_an_objective_of_ones_own_are_resumed_exactly_and_asked_for_again(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"data": {"kind": "ring", "length": 256}, "network": {"kind": "mlp"}, "batch": 16}

    def own() -> dict[str, Any]:
        return {"tricks": [Drift(pace=0.02)], "objective": Doubled()}

    plain = equipoise.fit(settings, steps=1, out=tmp_path / "plain", objective="hinge", tricks={"ema": {"decay": 0.5}})
    assert plain.recipe.objective == "hinge" and plain.game.trick("ema").knobs() == {"decay": 0.5}, "of the package, by name"
    whole = equipoise.fit(settings, steps=6, out=tmp_path / "whole", **own())
    assert [t.card.name for t in whole.game.tricks] == ["drift"] and whole.game.objective.card.name == "doubled"
    equipoise.fit(settings, steps=3, out=tmp_path / "parts", **own())
    for call in (partial(equipoise.resume, steps=6), equipoise.load):
        with pytest.raises(SettingError, match="this recipe plays with an objective of your own: give objective= from Python"):
            call(tmp_path / "parts", tricks=[Drift()])
        with pytest.raises(SettingError, match="plays with drift of yours: give tricks= from Python, not none"):
            call(tmp_path / "parts", objective=Doubled())
        with pytest.raises(SettingError, match="network: this recipe has its own: leave out generator= and discriminator="):
            call(tmp_path / "parts", generator=nn.Linear(100, 2), discriminator=nn.Linear(2, 1), **own())
    run = equipoise.resume(tmp_path / "parts", steps=6, tricks=[Drift(pace=9)], objective=Doubled())
    assert run.game.trick("drift").knobs() == {"pace": 0.02}, "the knobs of the checkpoint count"
    forget_grids(tmp_path / "parts", step=3)
    same_end(tmp_path / "whole", tmp_path / "parts")
    assert torch.equal(equipoise.load(tmp_path / "parts", **own()).sample(5), run.sample(5))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"generator": nn.Linear(2, 2)}, "discriminator: is needed too"),
        ({"discriminator": nn.Linear(2, 1)}, "generator: is needed too"),
        ({"tricks": [Drift(), Drift()]}, "tricks: there is another 'drift'"),
        ({"tricks": [EMA()]}, "tricks: there is another 'ema'"),
        ({"tricks": [Trick()]}, "tricks: Trick needs a card"),
        ({"tricks": [Drift(pace=torch.ones(()))]}, "tricks.drift: must be a dataclass with knobs that JSON can hold"),  # type: ignore[arg-type]
        ({"objective": NonSaturating()}, "objective: there is another 'non_saturating'"),
    ],
)
def test_what_is_ones_own_must_be_whole_and_have_a_name(own: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=re.escape(message)):
        equipoise.fit("ring", steps=1, out=tmp_path / "run", **own)
    assert not (tmp_path / "run").exists()


def test_changed_data_is_refused_unless_accepted(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    points = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    np.save(folder / "points.npy", points)
    recipe = {"data": {"kind": "folder", "path": str(folder / "points.npy")}, "network": {"kind": "mlp"}, "batch": 8}
    equipoise.fit(recipe, steps=2, out=tmp_path / "run")
    np.save(folder / "points.npy", points + 1)
    with pytest.raises(RunError, match="the data is not what this run was trained on"):
        equipoise.resume(tmp_path / "run", steps=4)
    assert equipoise.resume(tmp_path / "run", steps=4, accept_changed_data=True).game.steps == 4


def test_a_run_that_diverges_stops_names_the_loss_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    wild = {**SMALL, "optimizer": {"kind": "sgd", "lr": 1e30}, "tricks": {}, "penalties": {}, "steps": 50, "log_every": 1}
    with pytest.raises(DivergedError, match=r"step \d+: .* training stopped"):
        equipoise.fit(wild, out=tmp_path / "run")
    found = checkpoint.newest(tmp_path / "run/checkpoints")
    assert found is None or all(torch.isfinite(t).all() for t in found.tensors.values() if t.is_floating_point())


def test_a_damaged_newest_checkpoint_is_named_and_the_one_before_is_used(tmp_path: Path) -> None:
    equipoise.fit(SMALL, out=tmp_path / "whole")
    equipoise.fit(SMALL, out=tmp_path / "run")
    file = tmp_path / "run/checkpoints/step-0000012/state.safetensors"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    said: list[str] = []

    class Heard(equipoise.api.Quiet):  # type: ignore[misc,name-defined]
        def message(self, text: str) -> None:
            said.append(text)

    equipoise.resume(tmp_path / "run", progress=Heard())
    assert any("step-0000012" in text for text in said) and "resumed from step-0000008" in said
    same_end(tmp_path / "whole", tmp_path / "run")


def test_training_leaves_the_numbers_of_the_process_as_they_were(tmp_path: Path) -> None:
    equipoise.fit(SMALL, steps=1, out=tmp_path / "run")
    assert float(torch.tensor(1e-40) * 1) > 0, "denormals count again"


@pytest.mark.parametrize("by", ["frechet", "kernel"])
def test_the_best_checkpoint_may_be_chosen_by_another_distance(by: str, tmp_path: Path) -> None:
    settings = {
        "checkpoints.best_by": by,
        "checkpoints.every_steps": 4,
        "checkpoints.keep_last": 1,
        "steps": 12,
        "epochs": None,
    }
    run = equipoise.fit(SMALL, out=tmp_path / "run", overrides=settings)
    measured = run.evaluations()
    assert len(measured) == 3 and all(record[by] != record["sliced_wasserstein"] for record in measured)
    best = min(measured, key=lambda record: record[by])["step"]
    assert equipoise.load(tmp_path / "run", "best").game.steps == best
    kept = {int(path.name.removeprefix("step-")) for path in (tmp_path / "run" / "checkpoints").glob("step-*")}
    assert kept == {best, 12}
    again = equipoise.resume(tmp_path / "run", steps=16)
    assert len(again.evaluations()) == 4 and by in again.evaluations()[-1]
    assert f"{by} in a random encoder" in describe.result(again)


def test_a_distance_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="best_by"):
        equipoise.fit(SMALL, out=tmp_path / "run", overrides={"checkpoints.best_by": "fid"})
