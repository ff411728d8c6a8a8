"""Treatment of real runs: points on a ring, small enough for seconds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import equipoise
from equipoise import checkpoint, plain_json
from equipoise.data.mixtures import Ring
from equipoise.diagnosing import report
from equipoise.errors import DivergedError, SettingError
from equipoise.metrics.modes import count_modes
from equipoise.pieces import Card, Targets, Trick
from equipoise.progress import Quiet
from equipoise.recipe import resolve
from equipoise.remedies import autopilot
from equipoise.run_folder import RunFolder
from equipoise.seeds import Moment

BASE: dict[str, Any] = {
    "name": "ring",
    "data": {"kind": "ring", "std": 0.05},
    "network": {"kind": "mlp", "hidden": 64},
    "optimizer": {"kind": "adam", "lr": 0.001, "beta1": 0.5},
    "batch": 128,
    "latent": 4,
    "steps": 1500,
    "checkpoints": {"every_steps": 500},
    "treat": True,
}
STRONG = {**BASE, "tricks": {"two_rates": {"d_rate": 1e-2, "g_rate": 2e-4}, "cadence": {"d_steps": 3}}}
WILD = {**BASE, "objective": "least_squares", "optimizer": {"kind": "sgd", "lr": 1.0, "momentum": 0.9}}


def modes(run: equipoise.Run) -> int:
    centres = Ring(std=0.05).load(None, 0).modes
    assert centres is not None
    return count_modes(run.sample(1000, seed=7), centres, 0.05, sigmas=6.0)[0]


def said(run: equipoise.Run) -> list[tuple[str, str | None]]:
    return [(action["action"], action["remedy"]) for action in run.actions()]


def weights(run: equipoise.Run) -> list[Tensor]:
    return [p.detach() for player in (run.game.G, run.game.D) for p in player.module.parameters()]


class Seen(Quiet):
    """What somebody is told of the treatment, by step."""

    def __init__(self) -> None:
        self.treating: dict[int, str] = {}

    def update(self, record: Mapping[str, Any]) -> None:
        self.treating[record["step"]] = record["treating"]


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture(scope="module")
def rescued(tmp_path_factory: pytest.TempPathFactory, seen: Seen) -> equipoise.Run:
    return equipoise.fit(STRONG, out=tmp_path_factory.mktemp("rescued") / "run", seed=0, progress=seen)


def test_somebody_who_watches_is_told_of_the_treatment(rescued: equipoise.Run, seen: Seen) -> None:
    begun, kept = rescued.actions()[:2]
    assert {words for step, words in seen.treating.items() if step <= begun["step"]} == {""}
    on_trial = {words for step, words in seen.treating.items() if begun["step"] < step <= kept["step"]}
    assert on_trial == {f"{begun['title']} (on trial until step {begun['until']:,})"}
    assert seen.treating[rescued.game.steps] == f"{begun['title']} (kept at step {kept['step']:,})"


def test_a_strong_d_is_found_and_treated(rescued: equipoise.Run) -> None:
    assert said(rescued)[:2] == [("treat", "start_again"), ("keep", "start_again")]
    assert modes(rescued) == 8
    assert rescued.game.steps <= 1.5 * 1500
    first = rescued.actions()[0]
    assert first["finding"] == "discriminator_dominance"
    assert first["replaced"]["tricks.two_rates"] == {"d_rate": 1e-2, "g_rate": 2e-4}
    assert first["numbers"]["g_loss"] > rescued.actions()[1]["numbers"]["g_loss"]


def test_a_treated_run_is_read_as_the_game_that_it_is_now(rescued: equipoise.Run) -> None:
    found = report(rescued.path)
    assert found.diagnosis.verdict == "healthy"  # what was before the treatment is not held against it
    facts = plain_json.loads(RunFolder(rescued.path).facts.read_bytes())
    assert facts["origin"] == rescued.actions()[0]["step"]


def test_a_treated_run_can_be_loaded(rescued: equipoise.Run) -> None:
    again = equipoise.load(rescued.path)
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(rescued), strict=True))
    assert torch.equal(again.sample(10), rescued.sample(10))


def test_resumed_amid_a_trial_is_the_run_that_never_stopped(rescued: equipoise.Run, tmp_path: Path) -> None:
    treated = rescued.actions()[0]["step"]
    for every in (treated + 90,):  # a checkpoint amid the trial
        recipe = {**STRONG, "checkpoints": {"every_steps": every, "keep_last": 100}}
        whole = equipoise.fit(recipe, out=tmp_path / "whole", seed=0)
        half = tmp_path / "half"
        copy_run(whole.path, half, every)
        told = Seen()
        again = equipoise.resume(half, progress=told)
        assert "on trial until" in next(iter(told.treating.values()))
        assert again.game.steps == whole.game.steps
        assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(whole), strict=True))
        assert again.actions() == whole.actions()
        assert again.findings() == whole.findings()


def copy_run(path: Path, to: Path, step: int) -> None:
    """The run as it stood when the checkpoint of `step` had been written, and somewhat later."""
    import shutil

    shutil.copytree(path, to)
    for folder in (to / "checkpoints").iterdir():
        if folder.name != checkpoint.name(step):
            shutil.rmtree(folder)


def test_a_healthy_run_is_bitwise_the_untreated_one(tmp_path: Path) -> None:
    healthy = {**BASE, "penalties": {"r1": {"weight": 0.1}}, "steps": 600}
    runs = [equipoise.fit({**healthy, "treat": treat}, out=tmp_path / str(treat), seed=1) for treat in (True, False)]
    assert runs[0].actions() == []
    assert all(torch.equal(a, b) for a, b in zip(*map(weights, runs), strict=True))


def test_numbers_that_are_none_any_more_do_not_end_a_treated_run(tmp_path: Path) -> None:
    run = equipoise.fit(WILD, out=tmp_path / "run", seed=0)
    assert said(run)[0] == ("treat", "start_again")
    assert run.actions()[0]["finding"] == "divergence"
    assert modes(run) >= 7
    with pytest.raises(DivergedError):
        equipoise.fit({**WILD, "treat": False}, out=tmp_path / "untreated", seed=0)


@dataclass
class Swapped(Trick):
    card = Card("swapped", "Swapped labels", "(1, 0) -> (0, 1)", "a bug", "nothing", "everything", "none")

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        return Targets(targets.fake, targets.real)


def test_a_trick_of_ones_own_that_swaps_labels_plays_no_longer(tmp_path: Path) -> None:
    mine = Swapped()
    run = equipoise.fit({**BASE, "penalties": {"r1": {"weight": 0.1}}}, out=tmp_path / "run", seed=0, tricks=[mine])
    assert said(run)[0] == ("treat", "mend_labels")
    assert run.game.find(Swapped) is None
    assert modes(run) == 8
    again = equipoise.load(run.path, tricks=[mine])  # it is still asked for, as the recipe says
    assert again.game.find(Swapped) is None


def networks() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(5)
    G = nn.Sequential(nn.Linear(4, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
    D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    return G, D


def test_networks_of_ones_own_start_again_from_what_was_given(tmp_path: Path) -> None:
    recipe = {key: value for key, value in STRONG.items() if key != "network"}
    G, D = networks()
    given = copy.deepcopy(G)
    run = equipoise.fit(recipe, out=tmp_path / "run", seed=0, generator=G, discriminator=D)
    assert said(run)[0] == ("treat", "start_again")
    assert modes(run) == 8
    assert not torch.equal(run.game.G.module[0].weight, given[0].weight)  # type: ignore[index]
    G, D = networks()
    again = equipoise.load(run.path, generator=G, discriminator=D)
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(run), strict=True))


def test_data_in_another_range_is_brought_to_the_one_that_g_can_give(tmp_path: Path) -> None:
    from equipoise.rebuild import rescaled
    from equipoise.treating import spread

    source = Ring(std=0.05).load(None, 0)
    assert source.values is not None
    source.values = source.values * 100 + 300
    low, high = spread(source)
    x = rescaled(source, low, high).batch(torch.arange(1000))
    assert float(x.min()) >= -1 and float(x.max()) <= 1
    assert float(x.max() - x.min()) > 1.9


def test_a_remedy_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"treat.*lower_d_rate"):
        resolve({**BASE, "treat": ["lower_d_rates"]})


def test_named_remedies_alone(tmp_path: Path) -> None:
    run = equipoise.fit({**STRONG, "treat": ["one_sided_smoothing"], "steps": 800}, out=tmp_path / "run", seed=0)
    assert {remedy for action, remedy in said(run) if action == "treat"} == {"one_sided_smoothing"}
    assert run.path.exists() and not run.given_up


@pytest.mark.slow  # its fast sibling: tests/remedies/test_autopilot.py, test_actions_are_bounded_and_the_end_says_why
def test_a_run_whose_own_g_can_only_collapse_is_given_up_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Two(nn.Module):
        """Two outputs, whatever the latents."""

        def __init__(self, G: nn.Module) -> None:
            super().__init__()
            self.G = G
            self.register_buffer("codes", torch.randn(2, 4, generator=torch.Generator().manual_seed(0)))

        def forward(self, z: Tensor) -> Tensor:
            found: Tensor = self.G(self.codes[(z[:, 0] > 0).long()])  # type: ignore[index]
            return found

    monkeypatch.setattr(autopilot, "MOST_TRIALS", 1)  # the run would have to be long for all of them
    recipe = {key: value for key, value in BASE.items() if key != "network"}
    G, D = networks()
    run = equipoise.fit({**recipe, "steps": 2000}, out=tmp_path / "run", seed=0, generator=Two(G), discriminator=D)
    actions = [action for action, _ in said(run)]
    assert actions[0] == "treat"
    assert "stop" in actions and run.given_up.startswith("stops")
    assert run.actions()[-1]["finding"] in ("mode_collapse", "stale_noise", "mode_cycling", "oscillation")
