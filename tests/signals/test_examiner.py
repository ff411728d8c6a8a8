"""The examiner: what it keeps, what it asks of D, and data that is hardly any."""

import math
from collections.abc import Callable

import pytest
import torch
from games import IMAGES, players
from torch import Tensor, nn

from equipoise.signals import EXAMINATIONS
from equipoise.signals.examiner import FEWEST, Asked, Examiner, clusters

Modules = dict[str, nn.Module]


def normal(n: int, seed: int, width: int = 2) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def flat(x: Tensor) -> Tensor:
    return x.flatten(1)


def same(x: Tensor) -> Tensor:
    return x


def doubled(x: Tensor) -> Tensor:
    return 2 * x


def examiner(reals: Tensor, heldout: Tensor | None = None, batch: int = 16) -> Examiner:
    return Examiner(EXAMINATIONS, reals, heldout, flat, batch)


def examined(of: Examiner, fakes: Tensor, step: int = 100, view: Callable[[Tensor], Tensor] = same) -> dict[str, float]:
    G, D = players()
    return of.examine(step, D, view, fakes, {"G": G, "D": D})


def test_all_that_can_be_told_is_told() -> None:
    G, D = players()
    watched = examiner(normal(64, 0), normal(64, 1))
    fixed = normal(16, 2)
    first = watched.examine(100, D, doubled, normal(64, 3), {"G": G, "D": D}, fixed, fixed + 1)
    then = watched.examine(200, D, doubled, normal(64, 4), {"G": G, "D": D}, fixed + 0.5, fixed)
    assert then.keys() - first.keys() == {"drift", "old_fakes_told"}  # there was nothing before the first exam
    assert then.keys() == {name for e in EXAMINATIONS.values() for name in e.names}
    assert all(math.isfinite(value) for value in then.values())


def test_an_exam_that_is_not_remembered_leaves_the_next_ones_drift() -> None:
    G, D = players()
    drifts = []
    for between in (False, True):
        watched = examiner(normal(64, 0))
        for step, shift, remember in ((100, 0.0, True), (150, 9.0, False), (200, 1.0, True)):
            if remember or between:
                found = watched.examine(
                    step, D, same, normal(64, 3), {"G": G, "D": D}, normal(16, 2) + shift, remember=remember
                )
        drifts.append(found["drift"])
    assert drifts[0] == drifts[1] > 0


def test_asking_changes_nothing_in_d() -> None:
    """Neither its statistics nor its mode nor its hooks."""
    _, D = players(IMAGES)
    D.train()
    before = {name: value.clone() for name, value in D.state_dict().items()}
    hooks = sum(len(m._forward_pre_hooks) for m in D.modules())
    x = torch.rand(32, *IMAGES)
    asked = Asked(D, same, 16)(x, flat(x))
    assert asked.logits.shape == (32,)
    assert all(torch.equal(before[name], value) for name, value in D.state_dict().items())
    assert all(m.training for m in D.modules())
    assert sum(len(m._forward_pre_hooks) for m in D.modules()) == hooks


def test_d_answers_as_in_training_but_without_dropout() -> None:
    D = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
    x = normal(32, 0) * 5 + 7  # far from the running statistics, which are those of nothing yet
    answer = Asked(D, same, 16)(x, x)
    D[2].p = 0.0
    by_hand = torch.cat([D(part) for part in x.split(16)]).flatten()
    assert torch.allclose(answer.logits, by_hand, atol=1e-5)
    assert answer.features is not None
    assert answer.features.shape == (32, 8)


def test_a_d_without_a_last_layer_of_one_number_has_no_features() -> None:
    found = Asked(nn.Sequential(nn.Linear(2, 3), nn.Flatten()), same, 16)(normal(16, 0), normal(16, 0))
    assert found.features is None


def test_only_whole_batches_are_shown_to_d() -> None:
    seen = []

    def view(x: Tensor) -> Tensor:
        seen.append(len(x))
        return x

    examined(examiner(normal(40, 0), normal(37, 1)), normal(40, 2), view=view)
    assert set(seen) == {16}


def test_reals_that_come_twice_are_taken_once() -> None:
    watched = examiner(normal(32, 0).repeat(2, 1))
    assert torch.equal(watched.reals, normal(32, 0))


@pytest.mark.parametrize(
    "reals",
    [torch.ones(64, 2), normal(3, 0).repeat(20, 1), normal(FEWEST - 1, 0), normal(15, 0)],
    ids=["constant", "three", "few", "less than a batch"],
)
def test_too_few_different_reals_are_no_exam(reals: Tensor) -> None:
    assert examined(examiner(reals), normal(len(reals), 1)) == {}


def test_held_out_reals_that_are_too_few_are_as_none() -> None:
    without = examined(examiner(normal(64, 0)), normal(64, 1))
    assert without
    assert examined(examiner(normal(64, 0), torch.ones(64, 2)), normal(64, 1)) == without
    assert "r_v" not in without


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_fakes_that_are_no_numbers_are_no_exam(bad: float) -> None:
    fakes = normal(64, 1)
    fakes[5, 0] = bad
    assert examined(examiner(normal(64, 0)), fakes) == {}


def test_fakes_as_large_as_can_be_end_no_run() -> None:
    found = examined(examiner(normal(64, 0), normal(64, 2)), 1e30 * normal(64, 1))
    assert found["coverage"] == 0.0
    assert found["memorised"] == pytest.approx(0.5, abs=0.5)


@pytest.mark.parametrize("k", [2, 8])
def test_clusters_that_lie_apart_are_found(k: int) -> None:
    which = torch.arange(160) % k
    centres = 10 * torch.stack([(2 * math.pi * which / k).cos(), (2 * math.pi * which / k).sin()], 1)
    x = centres + 0.1 * normal(160, 0)
    found = clusters(x, k)
    assert torch.equal(found, clusters(x, k))
    assert len({(int(a), int(b)) for a, b in zip(which, found, strict=True)}) == k == len(found.unique())


def test_more_clusters_than_rows_are_as_many_as_rows() -> None:
    assert len(clusters(normal(5, 0), 8).unique()) == 5
