import importlib.util

import numpy as np
import pytest
import torch

from equipoise.data.cifar10 import CIFAR10, RECORD
from equipoise.errors import DataError


def write_batch(file, n, first=0):
    rng = np.random.default_rng(first)
    records = rng.integers(0, 256, (n, RECORD), np.uint8)
    records[:, 0] = (np.arange(n) + first) % 10
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(records.tobytes())
    return records


def test_some_of_the_batches_work_and_a_message_says_so(tmp_path, caplog):
    folder = tmp_path / "cifar-10-batches-bin"
    two, four = write_batch(folder / "data_batch_2.bin", 5, 1), write_batch(folder / "data_batch_4.bin", 3, 2)
    source = CIFAR10().load(tmp_path)
    assert source.shape == (3, 32, 32)
    assert torch.equal(source.values.flatten(1), torch.from_numpy(np.concatenate([two, four])[:, 1:]))
    assert source.labels.tolist() == [1, 2, 3, 4, 5, 2, 3, 4]
    assert source.facts["files"] == ["data_batch_2.bin", "data_batch_4.bin"]
    assert "trains on 2 of the 5 files" in caplog.text


def test_pixels_are_planes_of_red_green_and_blue(tmp_path):
    record = bytes([7]) + bytes([10]) * 1024 + bytes([20]) * 1023 + bytes([99]) + bytes([30]) * 1024
    (tmp_path / "test_batch.bin").write_bytes(record * 2)
    image = CIFAR10(split="test").load(tmp_path).values[1]
    assert image[:, 0, 0].tolist() == [10, 20, 30]
    assert image[1, 31, 31] == 99


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "0 bytes"),
        (bytes(2 * RECORD - 1), "cut off or no CIFAR-10: 6,145 bytes are no multiple of 3073"),
        (bytes(RECORD) + bytes([200]) + bytes(RECORD - 1), "record 1 has the label 200"),
        (bytes(RECORD), "holds 1 image"),
    ],
)
def test_a_bad_file_is_named_with_its_reason(tmp_path, raw, words):
    (tmp_path / "data_batch_1.bin").write_bytes(raw)
    with pytest.raises(DataError, match=words):
        CIFAR10().load(tmp_path)


def test_a_missing_split(tmp_path):
    write_batch(tmp_path / "data_batch_1.bin", 3)
    with pytest.raises(DataError, match=r"test_batch\.bin is missing"):
        CIFAR10(split="test").load(tmp_path)


def test_real_images(real, tmp_path):
    """The part of the first file that is at hand in another form, written in the official one."""
    folder = real("cifar10")
    if not (folder / "train-batch-1-images.grad.xz").is_file():
        pytest.skip("data missing: the compact form of CIFAR-10's first file")
    spec = importlib.util.spec_from_file_location("verify", folder.parent / "verify.py")
    verify = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(verify)
    images, labels, _ = verify.load_cifar10("train-batch-1")
    records = np.concatenate([labels.astype(np.uint8)[:, None], images.reshape(len(images), -1)], axis=1)
    (tmp_path / "data_batch_1.bin").write_bytes(records.tobytes())
    source = CIFAR10().load(tmp_path)
    assert torch.equal(source.values, torch.from_numpy(images))
    assert source.labels.bincount().tolist() == [1005, 974, 1032, 1016, 998, 937, 1030, 1001, 1011, 981]
    means = (source.values.float().mean((0, 2, 3)) / 255).tolist()
    assert means == pytest.approx([0.4914, 0.4821, 0.4464], abs=0.003)  # the published ones are of all five files
