import numpy as np
import pytest
from made_files import write_csv, write_idx_set
from PIL import Image

from equipoise.data import KINDS
from equipoise.data.idx_set import FIRST_LABELS
from equipoise.data.recognise import recognise
from equipoise.data.source import Source
from equipoise.errors import DataError
from equipoise.settings import typed

WINDOW = np.random.default_rng(0).normal(size=(28, 28))


def image(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((WINDOW > 0).astype(np.uint8) * 255).save(file)


def make(kind, folder):
    """Data of a kind in a folder; gives the path to it."""
    if kind in FIRST_LABELS:
        write_idx_set(folder, n=10, labels=FIRST_LABELS[kind]["train"])
    elif kind == "cifar10":
        folder.mkdir()
        (folder / "data_batch_1.bin").write_bytes(bytes(3073 * 2))
    elif kind == "images":
        for i in range(3):
            image(folder / f"{i}.png")
        write_csv(folder / "labels.csv", WINDOW)
    elif kind == "windows":
        for i in range(3):
            write_csv(folder / "type_3" / f"{i}.csv", WINDOW)
        (folder / "windows.csv").write_text("file\ntype_3/0.csv\n")
        image(folder / "picture.png")
    else:
        folder.mkdir()
        np.save(folder / "a.npy", WINDOW.reshape(7, 14, 8)) if kind == ".npy" else np.savez(
            folder / "a.npz", WINDOW.reshape(7, 14, 8)
        )
        return folder / f"a{kind}"
    return folder


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("mnist", "mnist"),
        ("fashion-mnist", "fashion-mnist"),
        ("cifar10", "cifar10"),
        ("images", "folder"),
        ("windows", "windows"),
        (".npy", "folder"),
        (".npz", "folder"),
    ],
)
def test_what_is_recognised_can_be_loaded(tmp_path, made, kind):
    path = make(made, tmp_path / "data")
    found, settings = recognise(path)
    assert found == kind
    source = typed(KINDS[found], settings).load(path, 0)
    assert isinstance(source, Source)
    assert source.name == kind
    assert len(source) == {"mnist": 10, "fashion-mnist": 10, "cifar10": 2, "images": 3, "windows": 3}.get(made, 7)


def test_a_set_in_the_format_of_mnist_is_read_as_mnist_is(tmp_path):
    write_idx_set(tmp_path)
    assert recognise(tmp_path) == ("mnist", {})


def test_what_is_not_recognised_is_said(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        recognise(tmp_path / "none")
    with pytest.raises(DataError, match="found no file; can read images"):
        recognise(tmp_path)
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "c.pdf").write_text("")
    with pytest.raises(DataError, match=r"found 2 \.txt, 1 \.pdf; can read images"):
        recognise(tmp_path)
    with pytest.raises(DataError, match="is nothing to train on"):
        recognise(tmp_path / "a.txt")
    write_csv(tmp_path / "w.csv", WINDOW)
    with pytest.raises(DataError, match="is one sample; give the folder"):
        recognise(tmp_path / "w.csv")


def test_every_kind_says_what_it_is():
    for name, kind in KINDS.items():
        assert kind.name == name
        assert 10 < len(kind.about) < 90
        typed(kind, {})  # every setting has a default
