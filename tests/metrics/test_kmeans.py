"""Clusters found again."""

import pytest
import torch

from equipoise.metrics import kmeans as module
from equipoise.metrics.distances import nearest
from equipoise.metrics.kmeans import kmeans
from equipoise.seeds import generator


def test_clusters_that_are_apart_are_found() -> None:
    rng = generator("cpu", 0, "clusters")
    centres = 20 * torch.randn(8, 5, generator=rng)
    x = centres.repeat(40, 1) + 0.1 * torch.randn(320, 5, generator=rng)
    found = kmeans(x, 8)
    distance, which = nearest(centres, found)
    assert sorted(which.tolist()) == list(range(8))
    assert distance.max() < 0.1


def test_centres_are_the_means_of_their_rows() -> None:
    x = torch.randn(300, 4, generator=generator("cpu", 1, "cloud"))
    found = kmeans(x, 7)
    of = nearest(x, found)[1]
    for k in range(7):
        torch.testing.assert_close(found[k], x[of == k].mean(0))


def test_the_same_seed_gives_the_same_centres_and_leaves_other_random_numbers_alone() -> None:
    x = torch.randn(100, 3, generator=generator("cpu", 2, "cloud"))
    before = torch.get_rng_state()
    assert torch.equal(kmeans(x, 5, seed=3), kmeans(x, 5, seed=3))
    assert not torch.equal(kmeans(x, 5, seed=3), kmeans(x, 5, seed=4))
    assert torch.equal(before, torch.get_rng_state())


def test_fewer_different_rows_than_centres() -> None:
    found = kmeans(torch.tensor([[0.0], [0.0], [1.0], [1.0]]), 3)
    assert found.shape == (3, 1)
    assert set(found.flatten().tolist()) == {0.0, 1.0}


def test_a_centre_without_rows_moves_to_the_farthest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.tensor([[100.0], [100.1], [100.2], [109.0]])
    monkeypatch.setattr(module, "spread", lambda x, k, seed: x[[0, 0]])
    assert sorted(kmeans(x, 2).flatten().tolist()) == pytest.approx([100.1, 109.0])
