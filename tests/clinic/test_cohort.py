"""Seeds side by side: each plays the game that it would play alone."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from equipoise import build
from equipoise.clinic import cohort
from equipoise.data.source import Order
from equipoise.game import Game
from equipoise.recipe import Recipe, resolve

SMALL: dict[str, Any] = {
    "name": "small",
    "data": {"kind": "ring", "std": 0.05, "length": 100},
    "network": {"kind": "mlp", "hidden": 8},
    "optimizer": {"kind": "adam", "lr": 0.002, "beta1": 0.5},
    "batch": 8,
    "latent": 3,
    "steps": 6,
    "log_every": 2,
    "checkpoints": {"every_steps": 100},
    "exams": {"every_steps": 0},
}
GAMES: dict[str, dict[str, Any]] = {
    "plain": {},
    "sgd": {"optimizer": {"kind": "sgd", "lr": 0.1}, "objective": "minimax"},
    "r1": {"penalties": {"r1": {"weight": 1.0}}, "tricks": {"ema": {"decay": 0.9}}},
    "labels": {"tricks": {"label_noise": {}, "instance_noise": {"std": 0.1}}},
    "flips": {"tricks": {"label_flipping": {"p": 0.3}}},
    "paired": {"objective": "relativistic_paired", "tricks": {"two_rates": {"d_rate": 0.01, "g_rate": 0.001}}},
    "critic": {"objective": "wasserstein", "penalties": {"gradient_penalty": {}}, "tricks": {"cadence": {"d_steps": 2}}},
    "clipped": {"objective": "wasserstein", "tricks": {"weight_clipping": {}}},
    "lookahead": {"tricks": {"lookahead": {"k": 2}}, "order": "simultaneous"},
    "extragradient": {"optimizer": {"kind": "extragradient_adam", "lr": 0.002}},
}


def recipe(**changes: Any) -> Recipe:
    return resolve({**SMALL, **changes})


def single(recipe: Recipe, seed: int, steps: int) -> Game:
    """A run of its own, of so many steps."""
    own = replace(recipe, seed=seed)
    source = build.source(own)
    game, order = build.game(own, source), Order(len(source), own.batch, seed)
    for _ in range(steps):
        game.step(lambda position: source.batch(order.index(position)))
    return game


def pairs(alone: nn.Module, stacked: nn.Module, k: int) -> list[tuple[nn.Parameter, torch.Tensor, torch.Tensor | None]]:
    """(parameter, its slice k, the slice's gradient), each in the shape of the single one."""
    found = []
    for p, q in zip(alone.parameters(), stacked.parameters(), strict=True):
        gradient = None if q.grad is None else q.grad[k].T.reshape(p.shape)
        found.append((p, q.detach()[k].T.reshape(p.shape), gradient))
    return found


@pytest.mark.parametrize("name", GAMES)
def test_each_of_three_has_the_weights_and_gradients_of_a_single_game(name: str) -> None:
    what, seeds = recipe(**GAMES[name]), [4, 5, 6]
    assert cohort.together(what)
    several = cohort.Cohort(what, seeds)
    for _ in range(3):
        several.step()
    for k, seed in enumerate(seeds):
        game = single(what, seed, 3)
        for one, many in ((game.G, several.game.G), (game.D, several.game.D)):
            for p, weight, gradient in pairs(one.module, many.module, k):
                torch.testing.assert_close(weight, p.detach(), atol=1e-5, rtol=1e-4)
                torch.testing.assert_close(gradient, p.grad, atol=1e-5, rtol=1e-4)


def test_a_cohort_of_one_is_the_run_itself(tmp_path: Any) -> None:
    import equipoise
    from equipoise.history import History

    (played,) = cohort.play(recipe(), [3], n=10)
    run = equipoise.fit({**SMALL}, seed=3, out=tmp_path / "run")
    assert (played.steps, played.diverged) == (6, False)
    torch.testing.assert_close(played.samples, run.sample(10, seed=7), atol=1e-5, rtol=1e-4)
    kept = list(History(tmp_path / "run" / "signals.jsonl").read("d_loss"))
    assert [record["step"] for record in kept] == [record["step"] for record in played.records] == [2, 4, 6]
    for mine, theirs in zip(played.records, kept, strict=True):
        same = mine.keys() & theirs.keys() - {"fake_grad", "d_grad", "g_grad"}  # norms: of the newest step, not of each fifth
        assert {"d_loss", "g_loss", "d_real", "d_fake_before", "d_fake_after", "accuracy_real", "accuracy_fake"} <= same
        assert {key: mine[key] for key in same} == pytest.approx({key: theirs[key] for key in same}, rel=1e-4, abs=1e-5)


def test_slices_differ_and_do_not_disturb_each_other() -> None:
    a, b = (cohort.play(recipe(), seeds, n=5) for seeds in ([1, 2], [2, 9, 1]))
    assert not torch.allclose(a[0].samples, a[1].samples)
    torch.testing.assert_close(a[0].samples, b[2].samples, atol=1e-5, rtol=1e-4)
    assert [one.seed for one in b] == [2, 9, 1]


def test_numbers_that_break_in_one_slice_stay_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stacking = cohort.side_by_side

    def broken(networks: Any) -> nn.Module:
        found = stacking(networks)
        with torch.no_grad():
            next(found.parameters())[1] = float("nan")
        return found

    whole = cohort.play(recipe(), [1, 2, 3], n=5)
    monkeypatch.setattr(cohort, "side_by_side", broken)
    found = cohort.play(recipe(), [1, 2, 3], n=5)
    assert [one.diverged for one in found] == [False, True, False]
    assert found[1].steps == 2 and len(found[1].records) == 1
    torch.testing.assert_close(found[2].samples, whole[2].samples)


@pytest.mark.parametrize(
    "changes",
    [
        {"tricks": {"feature_matching": {}}},
        {"tricks": {"minibatch_stddev": {}}},
        {"tricks": {"minibatch_discrimination": {}}},
        {"tricks": {"packing": {}}},
        {"tricks": {"clip_gradients": {}}},
        {"tricks": {"spectral_norm": {}}},
        {"tricks": {"dropout": {}}},
        {"tricks": {"label_flipping": {"per": "batch"}}},
        {"penalties": {"dragan": {}}},
        {"objective": "relativistic_average"},
        {"network": {"kind": "dcgan"}, "data": {"kind": "mnist"}},
        {"treat": True},
        {"steps": None, "epochs": 1},
    ],
    ids=str,
)
def test_what_mixes_samples_or_weights_is_played_one_by_one(changes: dict[str, Any]) -> None:
    assert not cohort.together(recipe(**changes))
