import hashlib
import tarfile

import pytest
from made_files import write_idx_set

from equipoise.data import cifar10
from equipoise.data.cifar10 import CIFAR10, RECORD
from equipoise.data.download import fetch
from equipoise.data.mnist import MNIST
from equipoise.errors import DataError


def md5(file):
    return hashlib.md5(file.read_bytes()).hexdigest()


@pytest.fixture
def mirror(tmp_path):
    """A mirror on disk, with MNIST's four files; gives its address and the md5 of its files."""
    folder = tmp_path / "mirror"
    write_idx_set(folder, n=12)
    write_idx_set(folder, n=10, split="test")
    return folder.as_uri() + "/", {file.name: md5(file) for file in folder.iterdir()}


def test_data_that_is_nowhere_is_downloaded_once_and_said(nowhere, mirror, monkeypatch, caplog):
    address, sums = mirror
    monkeypatch.setattr(MNIST, "mirrors", ("file:///nonexistent/", address))
    monkeypatch.setattr(MNIST, "md5", sums)
    assert len(MNIST().load(None)) == 12
    assert f"downloading {address}train-images-idx3-ubyte.gz to" in caplog.text
    assert sorted(f.name for f in (nowhere / "equipoise" / "mnist").iterdir()) == sorted(sums)
    caplog.clear()
    assert len(MNIST(split="test").load(None)) == 10
    assert not caplog.text


def test_another_content_is_refused_and_leaves_nothing(nowhere, mirror, monkeypatch):
    address, sums = mirror
    monkeypatch.setattr(MNIST, "mirrors", (address,))
    monkeypatch.setattr(MNIST, "md5", dict.fromkeys(sums, "0" * 32))
    with pytest.raises(DataError, match=f"expected {'0' * 32}.*put the file into .*equipoise/mnist.*--data"):
        MNIST().load(None)
    assert list((nowhere / "equipoise" / "mnist").iterdir()) == []


def test_without_internet_the_message_says_where_to_put_the_file(tmp_path):
    with pytest.raises(
        DataError, match=r"a\.gz: can't be downloaded \(http://127\.0\.0\.1:9/a\.gz: .*refused.*put the file into"
    ):
        fetch(tmp_path / "x" / "a.gz", ["http://127.0.0.1:9/"], "0" * 32)


def test_a_file_put_there_by_hand_is_taken_if_it_is_the_right_one(tmp_path):
    file = tmp_path / "a.gz"
    file.write_bytes(b"content")
    assert fetch(file, [], md5(file)) == file
    with pytest.raises(DataError, match="can't be downloaded"):
        fetch(file, [], "0" * 32)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be made to download into"):
        fetch(tmp_path / "file" / "sub" / "a.gz", [], "")


def test_cifar10_is_unpacked_from_its_archive(tmp_path, nowhere, monkeypatch):
    source = tmp_path / cifar10.FOLDER
    source.mkdir()
    for name in (*cifar10.FILES["train"], *cifar10.FILES["test"]):
        (source / name).write_bytes(bytes([3]) + bytes(RECORD - 1))
    archive = tmp_path / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, cifar10.FOLDER)
    monkeypatch.setattr(cifar10, "MIRRORS", (tmp_path.as_uri() + "/",))
    monkeypatch.setattr(cifar10, "MD5", md5(archive))
    assert CIFAR10().load(None).labels.tolist() == [3] * 5
    assert [f.name for f in (nowhere / "equipoise" / "cifar10").iterdir()] == [cifar10.FOLDER]
    monkeypatch.setattr(cifar10, "MIRRORS", ())
    assert len(CIFAR10().load(None)) == 5
