"""Loops that fail, watched and treated; and what a treatment does to a loop, each hook by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import equipoise
from equipoise import plain_json
from equipoise.data.mixtures import Ring
from equipoise.errors import SettingError
from equipoise.metrics.modes import count_modes
from equipoise.penalties.r1 import squared_gradient
from equipoise.remedies.remedy import Change

BATCH, LATENT = 128, 4
SOURCE = Ring(std=0.05).load(None, 0)


def mlp(inputs: int, outputs: int, *last: nn.Module) -> nn.Module:
    hidden = [nn.Linear(inputs, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2)]
    return nn.Sequential(*hidden, nn.Linear(64, outputs), *last)


def modes(G: nn.Module) -> int:
    assert SOURCE.modes is not None
    with torch.no_grad():
        points = G(torch.randn(1000, LATENT, generator=torch.Generator().manual_seed(7)))
    return count_modes(points, SOURCE.modes, 0.05, sigmas=6.0)[0]


def tutorial(steps: int, attach: Callable[[nn.Module, nn.Module], Any], seed: int = 0) -> tuple[nn.Module, Any]:
    """The DCGAN tutorial's loop on points, with a D that learns fifty times as fast as G and takes three steps for one."""
    torch.manual_seed(seed)
    G, D = mlp(LATENT, 2), mlp(2, 1, nn.Sigmoid())
    watch = attach(G, D)
    criterion = nn.BCELoss()
    optimizer_d = torch.optim.Adam(D.parameters(), 1e-2, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.999))
    for _ in range(steps):
        for _ in range(3):
            real = SOURCE.batch(torch.randint(len(SOURCE), (BATCH,)))
            fake = G(torch.randn(BATCH, LATENT))
            optimizer_d.zero_grad()
            criterion(D(real).view(-1), torch.ones(BATCH)).backward()
            criterion(D(fake.detach()).view(-1), torch.zeros(BATCH)).backward()
            optimizer_d.step()
        optimizer_g.zero_grad()
        criterion(D(fake).view(-1), torch.ones(BATCH)).backward()
        optimizer_g.step()
    return G, watch


def concatenated(steps: int, attach: Callable[[nn.Module, nn.Module], Any], seed: int = 0) -> tuple[nn.Module, Any]:
    """One pass of D on both, logits, the saturating loss of G, and Adam ten times too fast with its usual momentum."""
    torch.manual_seed(seed)
    G, D = mlp(LATENT, 2), mlp(2, 1)
    watch = attach(G, D)
    optimizer_d = torch.optim.Adam(D.parameters(), 2e-2)
    optimizer_g = torch.optim.Adam(G.parameters(), 2e-2)
    labels = torch.cat([torch.ones(BATCH, 1), torch.zeros(BATCH, 1)])
    for _ in range(steps):
        real = SOURCE.batch(torch.randint(len(SOURCE), (BATCH,)))
        with torch.no_grad():
            fake = G(torch.randn(BATCH, LATENT))
        optimizer_d.zero_grad()
        F.binary_cross_entropy_with_logits(D(torch.cat([real, fake])), labels).backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        logits = D(G(torch.randn(BATCH, LATENT)))
        (-F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))).backward()
        optimizer_g.step()
    return G, watch


def nobody(G: nn.Module, D: nn.Module) -> None:
    return None


def treating(G: nn.Module, D: nn.Module) -> equipoise.watching.watch.Watch:  # type: ignore[name-defined]
    return equipoise.watch(G, D, treat=True, every=20, exam_every=100, out=False, print=False)


@pytest.mark.slow  # a minute for both; the hooks by themselves are tested below
@pytest.mark.parametrize("loop", [tutorial, concatenated])
def test_a_loop_that_fails_is_rescued_without_another_line_changed(loop: Any) -> None:
    failed, _ = loop(2500, nobody)
    assert modes(failed) <= 4
    G, watch = loop(3500, treating)
    assert not watch.trouble
    assert any(action["action"] == "treat" for action in watch.actions)
    assert modes(G) >= 7
    watch.close()


# ------------------------------------------------------------------------------------------------- hook by hook


class Loop:
    """A plain loop, one step at a time, whose numbers are known."""

    def __init__(self, *last: nn.Module, **settings: Any) -> None:
        torch.manual_seed(0)
        self.G, self.D = mlp(LATENT, 2), mlp(2, 1, *last)
        self.watch = equipoise.watch(self.G, self.D, treat=True, every=5, exam_every=0, out=False, print=False, **settings)
        self.d = torch.optim.SGD(self.D.parameters(), 0.1)
        self.g = torch.optim.SGD(self.G.parameters(), 0.1)
        self.squashed = bool(last)

    def loss(self, said: Tensor, label: float) -> Tensor:
        wanted = torch.full_like(said, label)
        return (F.binary_cross_entropy if self.squashed else F.binary_cross_entropy_with_logits)(said, wanted)

    def step(self, real: Tensor, z: Tensor) -> None:
        fake = self.G(z)
        self.d.zero_grad()
        (self.loss(self.D(real), 1) + self.loss(self.D(fake.detach()), 0)).backward()
        self.d.step()
        self.g.zero_grad()
        self.loss(self.D(fake), 1).backward()
        self.g.step()

    def run(self, steps: int = 12) -> None:
        rng = torch.Generator().manual_seed(3)
        for _ in range(steps):
            self.step(torch.randn(8, 2, generator=rng) + 1, torch.randn(8, LATENT, generator=rng))
        assert not self.watch.trouble

    def put(self, **settings: Any) -> None:
        self.watch.treatment.apply(Change({key.replace("__", "."): value for key, value in settings.items()}), None)


def weights(loop: Loop) -> list[Tensor]:
    return [p.detach().clone() for net in (loop.G, loop.D) for p in net.parameters()]


def moved(change: dict[str, Any], *last: nn.Module) -> tuple[list[Tensor], list[Tensor], Loop]:
    """Weights before and after one step with a change in force."""
    loop = Loop(*last)
    loop.run()
    loop.put(**change)
    before = weights(loop)
    loop.run(1)
    return before, weights(loop), loop


def test_treatment_that_has_nothing_to_treat_changes_nothing() -> None:
    untreated = Loop()
    untreated.watch.close()
    untreated.run(30)
    treated = Loop()
    treated.run(30)
    assert all(torch.equal(a, b) for a, b in zip(weights(untreated), weights(treated), strict=True))


def test_rates_are_ours_in_the_step_and_the_loops_outside_it() -> None:
    before, after, loop = moved({"tricks__two_rates": {"g_rate": 0.0, "d_rate": 0.05}})
    n = len(list(loop.G.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(before[:n], after[:n], strict=True))  # G stands still
    twice, full, _ = moved({})
    for start, half, end in zip(before[n:], after[n:], full[n:], strict=True):
        torch.testing.assert_close(half - start, (end - start) / 2)
    assert all(torch.equal(a, b) for a, b in zip(before, twice, strict=True))
    assert loop.d.param_groups[0]["lr"] == loop.g.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("last", [(), (nn.Sigmoid(),)])
def test_a_penaltys_gradient_is_added_to_ds_own(last: tuple[nn.Module, ...]) -> None:
    plain, without, loop = moved({}, *last)
    before, with_it, _ = moved({"penalties__r1": {"weight": 2.0, "every": 1}}, *last)
    n = len(list(loop.G.parameters()))
    twin = Loop(*last)
    twin.run()
    rng = torch.Generator().manual_seed(3)
    real = torch.randn(8, 2, generator=rng) + 1

    def logits(x: Tensor) -> Tensor:
        said: Tensor = twin.D(x)
        return torch.logit(said) if last else said

    value = squared_gradient(logits, real).mean()  # weight / 2 = 1
    wanted = torch.autograd.grad(value, list(twin.D.parameters()), allow_unused=True)
    for a, b, gradient in zip(without[n:], with_it[n:], wanted, strict=True):
        torch.testing.assert_close(a - b, 0.1 * gradient if gradient is not None else torch.zeros_like(a), atol=2e-6, rtol=1e-4)
    assert all(torch.equal(a, b) for a, b in zip(plain, before, strict=True))


@pytest.mark.parametrize("last", [(), (nn.Sigmoid(),)])
@pytest.mark.parametrize("name", ["hinge", "least_squares", "wasserstein"])
def test_the_gradient_of_another_objective_takes_the_place_of_the_loops(name: str, last: tuple[nn.Module, ...]) -> None:
    from equipoise.objectives import OBJECTIVES
    from equipoise.pieces import Targets

    _, after, _ = moved({"objective": name}, *last)
    twin = Loop(*last)
    twin.run()
    rng = torch.Generator().manual_seed(3)
    real, z = torch.randn(8, 2, generator=rng) + 1, torch.randn(8, LATENT, generator=rng)
    goal = OBJECTIVES[name]

    def logits(x: Tensor) -> Tensor:
        said: Tensor = twin.D(x)
        return torch.logit(said) if last else said

    fake = twin.G(z)
    loss = goal.d_loss(logits(real), logits(fake.detach()), Targets(torch.tensor(1.0), torch.tensor(0.0)))
    steps = torch.autograd.grad(loss, list(twin.D.parameters()), allow_unused=True)
    with torch.no_grad():
        for parameter, gradient in zip(twin.D.parameters(), steps, strict=True):
            if gradient is not None:
                parameter -= 0.1 * gradient
    pulls = torch.autograd.grad(goal.g_loss(logits(fake), None), list(twin.G.parameters()), allow_unused=True)
    with torch.no_grad():
        for parameter, gradient in zip(twin.G.parameters(), pulls, strict=True):
            if gradient is not None:
                parameter -= 0.1 * gradient
    for a, b in zip(after, weights(twin), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_noise_is_on_what_d_sees_and_the_watch_still_knows_the_fakes() -> None:
    loop = Loop()
    loop.run()
    loop.put(tricks__instance_noise={"std": 0.5})
    seen: list[Tensor] = []
    loop.D[0].register_forward_hook(lambda m, args, out: seen.append(args[0].detach()))  # type: ignore[index]
    loop.run(10)
    assert len(seen) == 30
    assert loop.watch.signals()[-1]["step"] > 15 and "d_real" in loop.watch.signals()[-1]
    rng = torch.Generator().manual_seed(3)
    assert float((seen[0] - (torch.randn(8, 2, generator=rng) + 1)).std()) == pytest.approx(0.5, rel=0.6)


def test_spectral_norm_comes_and_goes_with_the_same_parameters() -> None:
    loop = Loop()
    loop.run()
    held = {id(p) for p in loop.D.parameters()}
    loop.put(tricks__spectral_norm={})
    assert {id(p) for p in loop.D.parameters()} == held  # the loop's optimizer goes on moving them
    loop.run(20)
    with torch.no_grad():
        assert all(float(torch.linalg.matrix_norm(m.weight, 2)) < 1.3 for m in loop.D if isinstance(m, nn.Linear))  # type: ignore[union-attr]
    loop.put(tricks__spectral_norm=False)
    assert not any("parametrizations" in name for name, _ in loop.D.named_parameters())
    loop.run(2)


def test_a_step_back_is_to_the_same_weights_and_moments() -> None:
    loop = Loop()
    loop.d, loop.g = torch.optim.Adam(loop.D.parameters(), 1e-3), torch.optim.Adam(loop.G.parameters(), 1e-3)
    loop.run()
    kept = weights(loop)
    hands = loop.watch.treatment
    snapshot = hands.snapshot(12, 0)
    loop.run(5)
    later = weights(loop)
    hands.restore(snapshot)
    assert all(torch.equal(a, b) for a, b in zip(weights(loop), kept, strict=True))
    loop.run(5)
    assert all(torch.equal(a, b) for a, b in zip(weights(loop), later, strict=True))


def test_a_new_start_is_from_the_weights_that_the_loop_began_with() -> None:
    loop = Loop()
    first = weights(loop)
    loop.run()
    loop.watch.treatment.apply(Change(fresh=("G", "D")), None)
    assert all(torch.equal(a, b) for a, b in zip(weights(loop), first, strict=True))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"objective": "relativistic_paired"}, "two calls"),
        ({"tricks.cadence": {"d_steps": 1}}, "from outside"),
        ({"optimizer": {"kind": "adam", "lr": 1e-3}}, "sgd"),
        ({"penalties.lecam": {}}, "from outside"),
    ],
)
def test_what_a_loop_does_not_allow_is_refused_with_the_reason(change: dict[str, Any], reason: str) -> None:
    loop = Loop()
    loop.run()
    assert reason in loop.watch.treatment.refusal(Change(change))


def test_several_players_are_watched_and_not_treated() -> None:
    with pytest.raises(SettingError, match="one G and one D"):
        equipoise.watch({"a": mlp(4, 2), "b": mlp(4, 2)}, mlp(2, 1), treat=True, out=False, print=False)


def test_actions_are_written_beside_the_findings(tmp_path: Path) -> None:
    torch.manual_seed(0)
    G, D = mlp(LATENT, 2), mlp(2, 1)
    said: list[str] = []
    with equipoise.watch(G, D, treat=True, every=5, exam_every=0, out=tmp_path / "run", print=said.append) as watch:
        treatment = watch.treatment
        assert treatment is not None
        treatment.tell({"step": 3, "action": "treat", "remedy": "r1", "words": "treats mode collapse: Add an R1 penalty"})
    (line,) = (tmp_path / "run" / "actions.jsonl").read_text().splitlines()
    assert plain_json.loads(line)["remedy"] == "r1"
    assert any("step 3: treats mode collapse" in text for text in said)
