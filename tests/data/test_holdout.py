"""Reals that are kept apart: by a share, by a split, by another seed."""

import numpy as np
import pytest
import torch
from torch import Tensor

from equipoise import build, recipe
from equipoise.data.folder import Folder
from equipoise.data.source import Source
from equipoise.data.windows import Windows
from equipoise.errors import SettingError


def numbered(n: int) -> Source:
    """Points whose first coordinate is their number."""
    values = torch.stack([torch.arange(n).float(), torch.zeros(n)], dim=1)
    return Source("points", (2,), n, values, range=None, labels=torch.arange(n), classes=tuple(map(str, range(n))))


def everything(source: Source) -> Tensor:
    return source.batch(torch.arange(len(source)))[:, 0]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_share_is_kept_apart_and_nothing_is_lost(streamed: bool) -> None:
    whole = numbered(40)
    if streamed:
        kept = whole.values
        assert kept is not None
        whole.values, whole.read = None, lambda index: kept[torch.from_numpy(index)]
    train = whole.holding_out(0.25, seed=3)
    assert train.heldout is not None
    assert (len(train), len(train.heldout)) == (30, 10)
    assert torch.cat([everything(train), everything(train.heldout)]).sort().values.tolist() == list(range(40))
    for part in (train, train.heldout):
        assert part.labels is not None
        assert part.labels.tolist() == everything(part).tolist()


def test_the_seed_decides_which_and_none_is_the_default() -> None:
    def chosen(seed: int) -> list[float]:
        held = numbered(40).holding_out(0.25, seed).heldout
        assert held is not None
        return everything(held).tolist()

    assert chosen(1) == chosen(1) != chosen(2)
    whole = numbered(40)
    assert whole.holding_out(0.0, 1) is whole
    assert whole.heldout is None


def test_folder_and_windows_take_a_share(tmp_path) -> None:
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8))
    assert Folder().load(tmp_path / "images.npy").heldout is None
    source = Folder(holdout=0.2).load(tmp_path / "images.npy")
    assert source.heldout is not None
    assert (len(source), len(source.heldout)) == (16, 4)
    for i in range(10):
        (tmp_path / "w").mkdir(exist_ok=True)
        np.savetxt(tmp_path / "w" / f"{i}.csv", np.random.default_rng(i).random((8, 8)), delimiter=",")
    windows = Windows(holdout=0.3).load(tmp_path / "w")
    assert windows.heldout is not None
    assert (len(windows), len(windows.heldout)) == (7, 3)


@pytest.mark.parametrize("kind", [Folder, Windows])
def test_a_share_is_below_one(kind) -> None:
    with pytest.raises(SettingError, match=r"data\.holdout: must be at least 0 and below 1, not 1"):
        kind(holdout=1.0)


@pytest.mark.parametrize("kind", ["ring", "grid"])
def test_points_that_are_made_have_others_held_out(kind: str) -> None:
    settings = recipe.resolve({"name": "t", "data": {"kind": kind, "length": 500}, "steps": 1})
    source, held = build.source(settings), build.heldout(settings)
    assert held is not None
    assert held.values is not None
    assert source.values is not None
    same = held.values[:, None] == source.values[None]
    assert not same.all(2).any()


def test_a_source_of_ones_own_brings_its_held_out_part() -> None:
    settings = recipe.resolve({"name": "t", "data": {"kind": "ring"}, "steps": 1})
    train = numbered(40).holding_out(0.25, 0)
    assert build.heldout(settings, given=train) is train.heldout
