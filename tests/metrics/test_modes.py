"""Modes counted by hand."""

import math

import pytest
import torch
from torch import Tensor

from equipoise.metrics.encoders.classifier import Classifier
from equipoise.metrics.modes import count_modes, histogram_divergence, mode_histogram, stacked_modes

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def test_a_mode_is_covered_by_one_good_sample_and_not_by_many_bad_ones() -> None:
    points = torch.tensor([[0.2, 0.0], [10.0, 0.31], [10.0, 0.4], [9.0, 0.0], [0.0, 0.1]])
    assert count_modes(points, CENTRES, std=0.1) == (1, pytest.approx(2 / 5))
    assert count_modes(points, CENTRES, std=0.1, sigmas=3.2) == (2, pytest.approx(3 / 5))


def test_the_distance_is_round_not_square() -> None:
    assert count_modes(torch.tensor([[0.25, 0.25]]), CENTRES, std=0.1) == (0, 0.0)


def test_a_sample_counts_for_its_nearest_mode_only() -> None:
    close = torch.tensor([[0.0, 0.0], [0.1, 0.0]])
    assert count_modes(torch.tensor([[0.02, 0.0]]), close, std=0.1) == (1, 1.0)


def test_samples_that_are_no_numbers_are_not_good() -> None:
    assert count_modes(torch.full((4, 2), math.nan), CENTRES, std=0.1) == (0, 0.0)


def test_samples_of_the_mixture_itself() -> None:
    torch.manual_seed(0)
    points = CENTRES[torch.randint(3, (4000,))] + 0.05 * torch.randn(4000, 2)
    modes, share = count_modes(points, CENTRES, std=0.05)
    assert modes == 3
    assert share == pytest.approx(1 - math.exp(-4.5), abs=0.005)  # within 3 sigma in two dimensions


def test_histogram_counts_every_mode_also_the_empty_ones() -> None:
    counts = mode_histogram(torch.tensor([3, 3, 0]), 5)
    assert counts.tolist() == [1, 0, 0, 2, 0]
    assert int((counts > 0).sum()) == 2


def test_divergence_from_uniform_and_from_a_reference() -> None:
    counts = torch.tensor([6, 2, 0, 0])
    p = 0.75 * math.log(0.75 / 0.25) + 0.25 * math.log(0.25 / 0.25)
    assert histogram_divergence(counts) == pytest.approx(p)
    assert histogram_divergence(counts, torch.tensor([3, 1, 0, 0])) == pytest.approx(0.0, abs=1e-12)
    assert histogram_divergence(counts, torch.tensor([1, 1, 1, 1])) == pytest.approx(p)
    assert histogram_divergence(counts, torch.tensor([0, 1, 1, 1])) == math.inf
    assert histogram_divergence(torch.full((1000,), 7)) == pytest.approx(0.0, abs=1e-12)
    assert histogram_divergence(torch.eye(1, 1000).squeeze(0)) == pytest.approx(math.log(1000))


class FirstPixel(Classifier):
    """Class k where the first pixel is k / 10."""

    def forward(self, x: Tensor) -> Tensor:
        return -(x[:, 0, 0, :1] * 10 - torch.arange(10)).abs()


def test_stacked_digits_are_a_thousand_modes() -> None:
    digits = torch.cartesian_prod(*3 * [torch.arange(10.0)])
    images = (digits / 10).view(1000, 3, 1, 1).expand(1000, 3, 8, 8)
    classifier = FirstPixel(10, (8, 8))
    assert stacked_modes(images, classifier) == (1000, pytest.approx(0.0, abs=1e-9))
    assert stacked_modes(images[:500], classifier) == (500, pytest.approx(math.log(2)))
    assert stacked_modes(images[:1].repeat(500, 1, 1, 1), classifier) == (1, pytest.approx(math.log(1000)))
