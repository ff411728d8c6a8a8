"""CIFAR-10: 60,000 small photographs, 32 x 32, colour (Krizhevsky 2009), in the official binary version."""

from __future__ import annotations

import logging
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch

from equipoise.data.checks import contents
from equipoise.data.download import fetch
from equipoise.data.idx_set import Split
from equipoise.data.locate import cache, locate
from equipoise.data.source import Source, enough
from equipoise.errors import DataError

log = logging.getLogger("equipoise")

FOLDER = "cifar-10-batches-bin"
FILES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
RECORD = 1 + 3 * 32 * 32  # a label, then 1024 red, 1024 green and 1024 blue pixels, row by row
ARCHIVE, MD5 = "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"
MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)


@dataclass
class CIFAR10:
    """Ten kinds of animals and vehicles. `split`: the 50,000 of train, in five files, or the 10,000 of test."""

    split: Split = "train"

    name: ClassVar[str] = "cifar10"
    about: ClassVar[str] = "animals and vehicles, 32 x 32 colour, 50,000 to train on"
    classes: ClassVar[tuple[str, ...]] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )

    def load(self, path: Path | None, seed: int = 0) -> Source:
        """Images uint8 [N, 3, 32, 32] and labels. A folder with some of the five train files works, and a message says so."""
        folder = locate(
            path, (FOLDER, "cifar10", f"cifar10/{FOLDER}"), has_cifar, f"cifar10: files as {FOLDER}/data_batch_1.bin"
        )
        if folder is None:
            folder = download()
        wanted = FILES[self.split]
        files = [folder / name for name in wanted if (folder / name).is_file()]
        if not files:
            raise DataError(folder, f"{wanted[0]} is missing there")
        if len(files) < len(wanted):
            log.warning("%s: trains on %d of the %d files of CIFAR-10", folder, len(files), len(wanted))
        records = np.concatenate([read_records(file) for file in files])
        enough(folder, len(records), "image")
        values = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy())
        labels = torch.from_numpy(records[:, 0].astype(np.int64))
        facts = {"split": self.split, "files": [file.name for file in files]}
        return Source(self.name, (3, 32, 32), len(values), values, labels=labels, classes=self.classes, facts=facts)


def read_records(file: Path) -> npt.NDArray[np.uint8]:
    """Records uint8 [N, 3073] of one file; DataError where it is empty, cut off, or holds something else."""
    raw = contents(file)
    if len(raw) % RECORD:
        raise DataError(file, f"is cut off or no CIFAR-10: {len(raw):,} bytes are no multiple of {RECORD}")
    records = np.frombuffer(raw, np.uint8).reshape(-1, RECORD)
    bad = np.flatnonzero(records[:, 0] > 9)
    if len(bad):
        raise DataError(file, f"is no CIFAR-10: record {bad[0]} has the label {records[bad[0], 0]}, expected 0 to 9")
    return records


def has_cifar(folder: Path) -> bool:
    return any((folder / name).is_file() for names in FILES.values() for name in names)


def download() -> Path:
    """Download the official archive to the cache, and take the six data files out of it."""
    archive = fetch(cache() / "cifar10" / ARCHIVE, MIRRORS, MD5)
    part = Path(tempfile.mkdtemp(dir=archive.parent, prefix=".unpacking-"))
    with tarfile.open(archive) as tar:
        for name in (*FILES["train"], *FILES["test"]):
            member = tar.extractfile(f"{FOLDER}/{name}")
            assert member is not None
            (part / name).write_bytes(member.read())
    archive.unlink()
    return part.rename(archive.parent / FOLDER)
