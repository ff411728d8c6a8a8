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
    G, watch = loop(2000, treating)
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
        ({"tricks.cadence": {"d_steps": 2}}, "not added"),
        ({"tricks.two_rates": {"g_rate": 0.1, "g_schedule": "cosine"}}, "schedule"),
        ({"optimizer": {"kind": "extragradient_adam", "lr": 1e-3}}, "sgd"),
        ({"penalties.consistency": {}}, "from outside"),
        ({"tricks.unrolled": {}}, "from outside"),
    ],
)
def test_what_a_loop_does_not_allow_is_refused_with_the_reason(change: dict[str, Any], reason: str) -> None:
    loop = Loop()
    loop.run()
    assert reason in loop.watch.treatment.refusal(Change(change))


def test_another_objective_keeps_the_scale_of_the_loops_own_loss() -> None:
    """As under mixed precision, where the loss is a thousand times as large and the gradients are divided again."""

    class Scaled(Loop):
        scale = 1.0

        def loss(self, said: Tensor, label: float) -> Tensor:
            return self.scale * super().loss(said, label)

    after = []
    for scale in (1.0, 1024.0):
        loop = Scaled()
        loop.run()
        loop.put(objective="hinge")
        loop.scale = scale
        for optimizer in (loop.d, loop.g):
            optimizer.param_groups[0]["lr"] = 0.1 / scale
        loop.run(3)
        after.append(weights(loop))
    for a, b in zip(*after, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_labels_of_ours_take_the_place_of_the_loops() -> None:
    _, smooth, _ = moved({"tricks__label_smoothing": {"real": 0.9}})
    twin = Loop()
    twin.run()
    rng = torch.Generator().manual_seed(3)
    real, z = torch.randn(8, 2, generator=rng) + 1, torch.randn(8, LATENT, generator=rng)
    fake = twin.G(z)
    twin.d.zero_grad()
    (twin.loss(twin.D(real), 0.9) + twin.loss(twin.D(fake.detach()), 0)).backward()
    twin.d.step()
    n = len(list(twin.G.parameters()))
    for a, b in zip(smooth[n:], weights(twin)[n:], strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_a_loop_that_shows_d_both_at_once_can_play_pairs() -> None:
    torch.manual_seed(0)
    twin = [mlp(LATENT, 2), mlp(2, 1)]
    G, D = mlp(LATENT, 2), mlp(2, 1)
    for net, other in zip((G, D), twin, strict=True):
        other.load_state_dict(net.state_dict())
    labels = torch.cat([torch.ones(8, 1), torch.zeros(8, 1)])
    with equipoise.watch(G, D, treat=True, every=5, exam_every=0, out=False, print=False) as watch:
        opt = torch.optim.SGD(D.parameters(), 0.1)
        opt_g = torch.optim.SGD(G.parameters(), 0.1)
        treatment = watch.treatment
        assert treatment is not None

        def step() -> tuple[Tensor, Tensor]:
            real, fake = torch.randn(8, 2) + 1, G(torch.randn(8, LATENT)).detach()
            opt.zero_grad()
            F.binary_cross_entropy_with_logits(D(torch.cat([real, fake])), labels).backward()
            opt.step()
            opt_g.zero_grad()
            F.softplus(-D(G(torch.randn(8, LATENT)))).mean().backward()
            opt_g.step()
            return real, fake

        for _ in range(12):
            step()
        assert treatment.refusal(Change({"objective": "relativistic_paired"})) == ""
        treatment.apply(Change({"objective": "relativistic_paired"}), None)
        before = [p.detach().clone() for p in D.parameters()]
        real, fake = step()
        assert not watch.trouble
        twin[1].load_state_dict(dict(zip(D.state_dict(), before, strict=True)))
        loss = F.softplus(twin[1](fake) - twin[1](real)).mean()
        for now, was, slope in zip(
            D.parameters(), before, torch.autograd.grad(loss, list(twin[1].parameters()), allow_unused=True), strict=True
        ):
            torch.testing.assert_close(now, was - 0.05 * slope if slope is not None else was, atol=1e-6, rtol=1e-4)


def test_steps_of_d_are_left_out() -> None:
    loop = Loop()
    loop.run()
    loop.put(tricks__cadence={"d_steps": 1, "g_steps": 2})
    n = len(list(loop.G.parameters()))
    stood = []
    for _ in range(6):
        before = weights(loop)
        loop.run(1)
        after = weights(loop)
        assert not torch.equal(before[0], after[0])  # G moves in each
        stood.append(torch.equal(before[n], after[n]))
        assert all(p.grad is not None for p in loop.D.parameters())  # a loop may look at them
    assert sum(stood) == 3 and stood[0] != stood[1]


def test_an_adam_of_ours_steps_in_place_of_the_loops_optimizer() -> None:
    before, after, loop = moved({"optimizer": {"kind": "adam", "lr": 0.003, "beta1": 0.0}})
    for a, b in zip(before, after, strict=True):
        step = (a - b).abs()
        assert float(step.max()) == pytest.approx(0.003, rel=1e-3)  # Adam's first step is its rate
    assert loop.d.param_groups[0]["lr"] == 0.1
    loop.run(10)
    assert loop.watch.signals()[-1]["step"] == 23


@pytest.mark.parametrize("name", ["r2", "gradient_penalty", "dragan", "lecam"])
def test_other_penalties_pull_too(name: str) -> None:
    _, without, _ = moved({})
    more = {"start": 1} if name == "lecam" else {}
    _, with_it, loop = moved({f"penalties__{name}": {"weight": 5.0, "every": 1, **more}})
    n = len(list(loop.G.parameters()))
    assert any(not torch.equal(a, b) for a, b in zip(without[n:], with_it[n:], strict=True))
    _, again, _ = moved({f"penalties__{name}": {"weight": 5.0, "every": 1, **more}})
    assert all(torch.equal(a, b) for a, b in zip(with_it, again, strict=True)), "what it draws follows from a seed"


def test_an_average_of_g_is_offered() -> None:
    loop = Loop()
    loop.run()
    assert loop.watch.average is None
    loop.put(tricks__ema={"decay": 0.5})
    loop.run(5)
    average = loop.watch.average
    assert average is not None and average is not loop.G
    gap = [float((a - b).detach().abs().max()) for a, b in zip(average.parameters(), loop.G.parameters(), strict=True)]
    assert 0 < max(gap) < 0.1


def test_a_new_start_is_from_the_same_weights_under_spectral_norm_too() -> None:
    loop = Loop()
    first = {name: p.detach().clone() for name, p in loop.D.named_parameters()}
    loop.run()
    loop.put(tricks__spectral_norm={})
    loop.run(3)
    loop.watch.treatment.apply(Change({"tricks.spectral_norm": False}, fresh=("D",)), None)
    assert {name: p.tolist() for name, p in loop.D.named_parameters()} == {name: p.tolist() for name, p in first.items()}


def test_who_asks_for_a_diagnosis_or_closes_sets_off_no_treatment() -> None:
    loop = Loop()
    loop.run(7)
    visits: list[int] = []
    loop.watch.treatment.autopilot.visit = visits.append  # type: ignore[method-assign]
    loop.watch.diagnosis()
    loop.watch.signals()
    loop.watch.close()
    assert visits == []


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
