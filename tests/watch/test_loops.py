"""Loops as people write them, attached with one line: what was seen is what the loop itself computed, and nothing changed."""

import copy
import gc
import random
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import loops
import pytest
import torch
from torch import nn

import equipoise

CASES: dict[str, tuple[Callable[..., loops.Own], str, str]] = {  # loop, objective, convention
    "dcgan_tutorial": (loops.dcgan_tutorial, "non_saturating", "sum"),
    "smoothed": (partial(loops.dcgan_tutorial, real_label=0.9), "non_saturating", "sum"),
    "concatenated": (loops.concatenated, "non_saturating", "mean"),
    "fakes_first": (partial(loops.concatenated, fakes_first=True), "non_saturating", "mean"),
    "shuffled": (partial(loops.concatenated, shuffled=True), "non_saturating", "mean"),
    "generator_first": (loops.generator_first, "non_saturating", "mean"),
    "simultaneous": (loops.simultaneous, "non_saturating", "sum"),
    "minimax": (loops.minimax, "minimax", "sum"),
    "wgan_gp": (loops.wgan_gp, "wasserstein", "sum"),
    "wgan_gp_graph": (partial(loops.wgan_gp, graph=True), "wasserstein", "sum"),
    "wgan_clip": (loops.wgan_clip, "wasserstein", "sum"),
    "lsgan": (loops.lsgan, "least_squares", "mean"),
    "hinge_sngan": (loops.hinge_sngan, "hinge", "sum"),
    "r1": (loops.r1, "non_saturating", "sum"),
    "lazy_r1": (partial(loops.r1, shared=False), "non_saturating", "sum"),
    "relativistic": (loops.relativistic, "relativistic_paired", "sum"),
    "conditional": (loops.conditional, "least_squares", "mean"),
    "pix2pix": (loops.pix2pix, "non_saturating", "mean"),
    "cyclegan": (loops.cyclegan, "least_squares", "mean"),
    "amp": (loops.amp, "non_saturating", ""),
    "accumulation": (loops.accumulation, "non_saturating", "sum"),
    "data_parallel": (loops.data_parallel, "non_saturating", "sum"),
    "compiled": (loops.compiled, "non_saturating", "sum"),
    "compiled_in_place": (loops.compiled_in_place, "non_saturating", "sum"),
    "noisy": (loops.noisy, "non_saturating", "sum"),
}
STEPS = 12
LOOPS = pytest.mark.parametrize("case", CASES)


class Attached:
    """What a loop calls to be watched, or not."""

    def __init__(self, **settings: Any) -> None:
        self.settings, self.watch = settings, None
        self.modules: list[nn.Module] = []

    def __call__(self, G: Any, D: Any) -> None:
        for players in (G, D):
            self.modules += players.values() if isinstance(players, dict) else [players]
        if self.settings:
            self.watch = equipoise.watch(G, D, print=False, **self.settings)

    def state(self) -> list[torch.Tensor]:
        found = [t.clone() for m in self.modules for t in m.state_dict().values()]
        grads = [p.grad if p.grad is not None else torch.zeros(0) for m in self.modules for p in m.parameters()]
        return [*found, *grads, torch.get_rng_state()]

    def flags(self) -> list[Any]:
        return [(p.requires_grad, p.grad is None) for m in self.modules for p in m.parameters()]


def play(loop: Callable[..., loops.Own], steps: int = STEPS, **settings: Any) -> tuple[Attached, list[dict[str, float]]]:
    torch.manual_seed(3)
    random.seed(3)
    attached = Attached(**settings)
    return attached, list(islice(loop(attached), steps))


@LOOPS
def test_what_is_seen_is_what_the_loop_computed(case: str) -> None:
    loop, objective, convention = CASES[case]
    attached, own = play(loop, every=1, exam_every=0, out=False)
    watch = attached.watch
    assert watch is not None and not watch.trouble
    name = "D_B" if case == "cyclegan" else None
    facts = watch.diagnosis(name).objective, watch.diagnosis(name).convention
    assert facts == (objective, convention)
    assert bool(watch.match(name).facts().notes) == (case == "noisy"), "told by labels only where nothing else is left"
    records = watch.signals(name)
    probabilities = case in ("dcgan_tutorial", "smoothed", "generator_first")
    seen = {"real": "d_real", "fake": "d_fake_before", "after": "d_fake_after"}
    if not probabilities:
        seen = {"real": "logit_real", "fake": "logit_fake"}
    records = records[1:] if case in ("generator_first", "conditional", "cyclegan") else records  # no D step before the first
    assert len(records) == len(own)
    exact = 2e-2 if case == "amp" else 1e-4
    for record, mine in zip(records, own, strict=True):
        for role, signal in seen.items():
            assert record[signal] == pytest.approx(mine[role], rel=exact, abs=exact), (role, record["step"])
        assert record["d_fake_after"] == pytest.approx(mine["after"], abs=exact) or not probabilities
    for record, mine in list(zip(records, own, strict=True))[STEPS // 2 :]:  # by now the game is known
        assert record["d_loss"] == pytest.approx(mine["d_loss"], rel=exact, abs=5e-3 if case == "smoothed" else exact)
        assert record["g_loss"] == pytest.approx(mine["g_loss"], rel=exact, abs=exact)
        if "real_max" in mine:
            assert record["real_max"] == pytest.approx(mine["real_max"])


@LOOPS
def test_weights_gradients_and_random_numbers_are_those_of_the_unwatched_run(case: str) -> None:
    loop = CASES[case][0]
    alone, own = play(loop)
    watched, same = play(loop, every=3, exam_every=4, out=False)
    assert watched.watch is not None and not watched.watch.trouble
    assert own == same
    assert all(torch.equal(a, b) for a, b in zip(alone.state(), watched.state(), strict=True))
    assert alone.flags() == watched.flags()


@LOOPS
def test_nothing_is_left_after_closing(case: str) -> None:
    attached, _ = play(CASES[case][0], steps=3, every=1, exam_every=0, out=False)
    assert attached.watch is not None
    attached.watch.close()
    for module in attached.modules:
        for part in module.modules():
            assert not part._forward_hooks and not part._forward_pre_hooks
    from torch.optim import optimizer

    assert not optimizer._global_optimizer_post_hooks and not optimizer._global_optimizer_pre_hooks


def test_two_watches_do_not_disturb_each_other() -> None:
    torch.manual_seed(0)
    seen: list[Any] = []
    loop = loops.dcgan_tutorial(
        lambda G, D: seen.extend(equipoise.watch(G, D, every=1, out=False, print=False) for _ in range(2))
    )
    list(islice(loop, 4))
    one, two = (watch.signals() for watch in seen)
    assert [r["d_real"] for r in one] == [r["d_real"] for r in two] and len(one) == 4
    for watch in seen:
        watch.close()


def test_a_copy_and_a_saved_module_are_not_watched(tmp_path: Any) -> None:
    G, D = loops.mlps()
    with equipoise.watch(G, D, out=False, print=False) as watch:
        average = copy.deepcopy(G)
        average(torch.randn(2, loops.LATENT))
        assert watch.fakes.newest is None
        torch.save(G, tmp_path / "G.pt")
        torch.load(tmp_path / "G.pt", weights_only=False)(torch.randn(2, loops.LATENT))
        assert watch.fakes.newest is None
        G(torch.randn(2, loops.LATENT))
        assert watch.fakes.newest is not None


def test_it_ends_with_its_modules() -> None:
    import weakref

    G, D = loops.mlps()
    watch = weakref.ref(equipoise.watch(G, D, out=False, print=False))
    list(islice(loops.plain(G, D), 2))
    assert watch() is not None, "nobody kept it, and still it watches"
    del G, D
    gc.collect()
    assert watch() is None
    from torch.optim import optimizer

    assert not optimizer._global_optimizer_post_hooks


def test_a_loop_that_raises_is_let_go() -> None:
    G, D = loops.mlps()
    with pytest.raises(ZeroDivisionError), equipoise.watch(G, D, every=50, out=False, print=False) as watch:
        list(islice(loops.plain(G, D), 3))
        1 / 0  # noqa: B018
    assert not G._forward_hooks and not D._forward_hooks
    assert watch.signals()[-1]["step"] == 3, "the window under way is recorded"
