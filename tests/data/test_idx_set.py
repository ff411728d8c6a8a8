import gzip

import numpy as np
import pytest
import torch
from made_files import idx_bytes, write_idx_set

from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.data.idx_set import FIRST_LABELS
from equipoise.data.mnist import MNIST
from equipoise.data.stacked_mnist import StackedMNIST
from equipoise.errors import DataError


@pytest.mark.parametrize("packed", [True, False])
def test_loads_images_and_labels(tmp_path, packed):
    images, labels = write_idx_set(tmp_path, packed=packed)
    source = MNIST().load(tmp_path)
    assert source.shape == (1, 28, 28)
    assert torch.equal(source.values[:, 0], torch.from_numpy(images))
    assert source.labels.tolist() == labels.tolist()
    assert source.classes == tuple("0123456789")


def test_split_chooses_the_files(tmp_path):
    write_idx_set(tmp_path, n=12)
    write_idx_set(tmp_path, n=10, split="test")
    assert [len(MNIST(split=split).load(tmp_path)) for split in ("train", "test")] == [12, 10]


@pytest.mark.parametrize("below", ["", "mnist", "MNIST/raw", "raw"])
def test_a_path_may_be_the_folder_or_one_above_it_or_a_file(tmp_path, below):
    write_idx_set(tmp_path / below)
    assert len(MNIST().load(tmp_path)) == 12
    assert len(MNIST().load(tmp_path / below / "train-labels-idx1-ubyte.gz")) == 12


def test_environment_and_cache_are_looked_at_in_this_order(tmp_path, nowhere, monkeypatch):
    write_idx_set(nowhere / "equipoise" / "mnist", n=10)
    assert len(MNIST().load(None)) == 10
    write_idx_set(tmp_path / "shared" / "data" / "mnist", n=11)  # beside the current folder
    assert len(MNIST().load(None)) == 11
    write_idx_set(tmp_path / "mine" / "mnist", n=12)
    monkeypatch.setenv("EQUIPOISE_DATA", str(tmp_path / "mine"))
    assert len(MNIST().load(None)) == 12


def test_a_place_with_half_a_set_is_passed_over(tmp_path, nowhere, monkeypatch):
    write_idx_set(nowhere / "equipoise" / "mnist", n=10)
    write_idx_set(tmp_path / "mine" / "mnist", n=12)
    (tmp_path / "mine" / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    monkeypatch.setenv("EQUIPOISE_DATA", str(tmp_path / "mine"))
    assert len(MNIST().load(None)) == 10
    with pytest.raises(DataError, match="train-labels-idx1-ubyte is missing"):
        MNIST().load(tmp_path / "mine")


def test_what_does_not_fit_is_refused(tmp_path):
    write_idx_set(tmp_path, n=12, labels=range(9))
    with pytest.raises(DataError, match="9 labels for the 12 images"):
        MNIST().load(tmp_path)
    write_idx_set(tmp_path, n=12, labels=[0] * 11 + [10])
    with pytest.raises(DataError, match="the label 10, expected 0 to 9"):
        MNIST().load(tmp_path)
    write_idx_set(tmp_path, n=1)
    with pytest.raises(DataError, match="holds 1 image; a GAN needs at least 2"):
        MNIST().load(tmp_path)
    with pytest.raises(DataError, match="does not hold mnist"):
        MNIST().load(tmp_path.parent / "..")
    with pytest.raises(DataError, match="is not there"):
        MNIST().load(tmp_path / "none")


def test_swapped_files_are_called_mislabelled(tmp_path):
    write_idx_set(tmp_path)
    labels = (tmp_path / "train-labels-idx1-ubyte.gz").read_bytes()
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(labels)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz: holds labels .*mislabelled"):
        MNIST().load(tmp_path)


def test_one_set_in_place_of_another_is_told_by_its_labels(tmp_path):
    write_idx_set(tmp_path, n=10, labels=FIRST_LABELS["mnist"]["train"])
    assert len(MNIST().load(tmp_path)) == 10
    with pytest.raises(DataError, match=r"holds mnist, not fashion-mnist; use data\.kind=mnist"):
        FashionMNIST().load(tmp_path)


def test_stacked_digits_are_channels_and_the_label_their_number(tmp_path):
    digits = np.arange(10, dtype=np.uint8)
    images = np.broadcast_to(digits[:, None, None] * 20, (10, 28, 28)).copy()
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(digits)))
    source = StackedMNIST(length=5000).load(tmp_path, seed=1)
    assert source.values.shape == (5000, 3, 28, 28)
    assert source.values.dtype == torch.uint8
    shown = source.values[:, :, 5, 7].long() // 20  # each digit's picture is its number
    assert torch.equal(source.labels, shown @ torch.tensor([100, 10, 1]))
    assert len(source.labels.unique()) > 950
    assert len(source.classes) == 1000
    assert torch.equal(source.values, StackedMNIST(length=5000).load(tmp_path, seed=1).values)
    assert not torch.equal(source.labels, StackedMNIST(length=5000).load(tmp_path, seed=2).labels)


def test_stacked_mnist_has_the_protocol_of_pacgan():
    assert StackedMNIST().length == 128_000
    assert 128_000 * 3 * 28 * 28 < 512 * 2**20


@pytest.mark.parametrize(("kind", "mean"), [(FashionMNIST, 72.94), (MNIST, 33.32)])
def test_the_real_sets(real, kind, mean):
    source = kind().load(real(kind.name))
    assert len(source) == 60_000
    assert source.values.float().mean().item() == pytest.approx(mean, abs=0.01)  # the published mean, 0.2860 and 0.1307
    counts = source.labels.bincount().tolist()
    assert counts[:3] == ([6000, 6000, 6000] if kind is FashionMNIST else [5923, 6742, 5958])
    assert len(kind(split="test").load(real(kind.name))) == 10_000
