"""The Inception Score in closed forms, and torch-fidelity's number."""

import math

import numpy as np
import pytest
import torch
from metric_golden import IS

from equipoise.errors import SettingError
from equipoise.metrics.inception_score import InceptionScore, split_scores
from equipoise.metrics.metric import Material, Side


def test_sure_and_even_is_the_number_of_classes() -> None:
    logits = 1000 * torch.eye(5).repeat(20, 1)
    assert split_scores(logits, 1).tolist() == pytest.approx([5.0])


def test_undecided_is_one_and_so_is_a_single_class() -> None:
    assert split_scores(torch.zeros(40, 7), 2).tolist() == pytest.approx([1.0, 1.0])
    assert split_scores(torch.eye(7)[:1].repeat(40, 1) * 50, 2).tolist() == pytest.approx([1.0, 1.0])


def test_two_kinds_of_doubt() -> None:
    """Half of the samples are (p, 1-p), half (1-p, p): log score = log 2 - H(p)."""
    p = 0.9
    logits = torch.tensor([[math.log(p), math.log(1 - p)], [math.log(1 - p), math.log(p)]]).repeat(50, 1)
    entropy = -p * math.log(p) - (1 - p) * math.log(1 - p)
    assert split_scores(logits, 1).tolist() == pytest.approx([math.exp(math.log(2) - entropy)], rel=1e-6)


def test_splits_are_the_references() -> None:
    """25 samples in 10 splits: [i * 25 // 10 : (i + 1) * 25 // 10], ten of them (torchmetrics' chunk would give nine)."""
    assert len(split_scores(torch.randn(25, 4), 10)) == 10


def test_the_number_is_torch_fidelitys() -> None:
    """torch-fidelity 0.4.0, isc_features_to_metric: RandomState(0).randn(205, 12) * 3, 10 splits, shuffled by seed 2020."""
    found = split_scores(torch.from_numpy(np.random.RandomState(0).randn(205, 12) * 3))
    assert [float(found.mean()), float(found.std(correction=0))] == pytest.approx(IS, rel=1e-9)


def test_a_bias_of_the_last_layer_would_count() -> None:
    logits = torch.randn(100, 6, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(split_scores(logits, 1), split_scores(logits + torch.arange(6.0), 1))


def test_too_few_samples_say_so() -> None:
    with pytest.raises(SettingError, match="10 splits need at least as many samples, not 4"):
        InceptionScore().measure(Material(Side(4, logits=torch.randn(4, 3))))
