from pathlib import Path

import pytest
import torch

from equipoise.data.mixtures import Grid, Ring
from equipoise.errors import DataError, SettingError


def test_ring_is_that_of_the_literature():
    source = Ring().load(None, 0)
    assert source.shape == (2,)
    assert len(source) == 50_000
    assert source.range is None
    assert source.modes.shape == (8, 2)
    assert torch.allclose(source.modes.norm(dim=1), torch.full((8,), 2.0))
    assert torch.allclose(source.modes[1], torch.tensor([2**0.5, 2**0.5]))
    assert source.facts == {"std": 0.02}


def test_grid_is_that_of_the_literature():
    source = Grid().load(None, 0)
    wanted = {(float(x), float(y)) for x in range(-4, 5, 2) for y in range(-4, 5, 2)}
    assert {tuple(m) for m in source.modes.tolist()} == wanted
    assert source.facts == {"std": 0.05}


@pytest.mark.parametrize("kind", [Ring(std=0.1), Grid(std=0.1)])
def test_points_are_around_the_mode_that_is_their_label(kind):
    source = kind.load(None, 1)
    away = source.values - source.modes[source.labels]
    assert away.std().item() == pytest.approx(0.1, rel=0.02)
    assert away.mean(0).abs().max() < 0.002
    counts = source.labels.bincount(minlength=len(source.modes))
    assert (counts / counts.float().mean() - 1).abs().max() < 0.1  # equally likely


def test_points_are_a_function_of_the_seed():
    assert torch.equal(Ring().load(None, 5).values, Ring().load(None, 5).values)
    assert not torch.equal(Ring().load(None, 5).values, Ring().load(None, 6).values)


def test_bad_settings():
    for wrong in ({"std": 0.0}, {"length": 1}):
        with pytest.raises(SettingError, match=f"data.{next(iter(wrong))}"):
            Ring(**wrong).load(None, 0)
    with pytest.raises(SettingError, match=r"data\.modes"):
        Ring(modes=0)
    with pytest.raises(DataError, match="made from the seed"):
        Grid().load(Path("x"), 0)
