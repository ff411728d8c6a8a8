"""The classes for anybody's loop: any batches give the whole's number, memory is bounded, processes speak together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.encoders.pixels import pixel_encoder
from equipoise.metrics.frechet import frechet
from equipoise.metrics.moments import RunningMoments, moments
from equipoise.metrics.precision_recall import shares
from equipoise.metrics.streaming import FrechetDistance, Kept, inception_score, kernel_distance, precision_recall

SHAPE = (1, 3, 4)


def images(n: int, seed: int) -> Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def features(x: Tensor) -> Tensor:
    return pixel_encoder(SHAPE).encode(x).features


def test_any_batches_give_the_whole() -> None:
    x = torch.randn(101, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1e4
    running = RunningMoments()
    for part in torch.split(x, [1, 50, 0, 30, 20]):
        running.add(part)
    found, whole = running.moments(), moments(x)
    assert torch.allclose(found.mean, x.mean(0), rtol=1e-14) and torch.allclose(found.covariance, torch.cov(x.T), rtol=1e-9)
    assert torch.allclose(whole.covariance, torch.cov(x.T), rtol=1e-9)


def test_the_frechet_distance_comes_batch_by_batch() -> None:
    real, fake = images(120, 0), images(90, 1) * 0.5
    metric = FrechetDistance(pixel_encoder(SHAPE), keep_real=True)
    for part in torch.split(real, 17):
        metric.update(part, real=True)
    with pytest.raises(SettingError, match="needs at least 2"):
        metric.compute()
    for part in torch.split(fake, 40):
        metric.update(part, real=False)
    assert metric.compute().value == pytest.approx(frechet(features(fake), features(real)), rel=1e-9)
    metric.reset()
    metric.update(real, real=False)
    assert metric.compute().value == pytest.approx(0, abs=1e-8)


def test_metrics_of_features_come_batch_by_batch() -> None:
    real, fake = images(120, 0), images(90, 1) * 0.5
    metric = precision_recall(pixel_encoder(SHAPE))
    for part in torch.split(real, 50):
        metric.update(part, real=True)
    metric.update(fake, real=False)
    assert {name: one.value for name, one in metric.compute().items()} == shares(features(real), features(fake))._asdict()
    assert "kernel" in kernel_distance(pixel_encoder(SHAPE)).metric.names
    metric.reset()
    assert metric.sides[True].came == 0


def test_what_is_kept_is_bounded_and_fair() -> None:
    whole, split = (Kept(50, 3, "draw") for _ in range(2))
    rows = torch.arange(2000.0)[:, None]
    whole.add(rows)
    for part in torch.split(rows, 33):
        split.add(part)
    assert torch.equal(whole.rows, split.rows) and len(whole.rows) == 50
    assert 700 < float(whole.rows.mean()) < 1300


def test_logits_have_to_be_there() -> None:
    with pytest.raises(SettingError, match="gives no logits, which inception_score needs"):
        inception_score(pixel_encoder(SHAPE)).update(images(4, 0), real=False)


TOGETHER = """
import os, sys, torch
sys.path.insert(0, sys.argv[1])
from torch import distributed
from test_streaming import SHAPE, images
from equipoise.metrics.encoders.pixels import pixel_encoder
from equipoise.metrics.streaming import FrechetDistance, precision_recall
distributed.init_process_group("gloo")
rank = distributed.get_rank()
every = FrechetDistance(pixel_encoder(SHAPE)), precision_recall(pixel_encoder(SHAPE))
for metric in every:
    metric.update(images(60, 0)[rank::2], real=True)
    metric.update(images(50, 1)[: 20 if rank else 50][0 if rank else 20:] * 0.5, real=False)
values = every[0].compute().value, every[1].compute()["recall"].value
if rank == 0:
    print(*values)
distributed.destroy_process_group()
"""


def test_two_processes_speak_for_all(tmp_path: Path) -> None:
    (tmp_path / "together.py").write_text(TOGETHER)
    base = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(29000 + os.getpid() % 3000)}
    command = [sys.executable, str(tmp_path / "together.py"), str(Path(__file__).parent)]
    both = [subprocess.Popen(command, env={**base, "RANK": str(rank)}, stdout=subprocess.PIPE, text=True) for rank in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    real, fake = features(images(60, 0)), features(images(50, 1) * 0.5)
    expected = [frechet(fake, real), shares(real, fake).recall]
    assert [float(word) for word in said[0].split()] == pytest.approx(expected, rel=1e-6)
