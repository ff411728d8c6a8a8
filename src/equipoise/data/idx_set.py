"""What MNIST and the sets in its format share: four IDX files, images and labels of a train and a test part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch

from equipoise.data.download import fetch
from equipoise.data.idx import read_idx
from equipoise.data.locate import cache, locate
from equipoise.data.source import Source, enough
from equipoise.errors import DataError

Split = Literal["train", "test"]
STEMS = {"train": "train", "test": "t10k"}

# The first labels of the published files: they tell sets apart that look alike
FIRST_LABELS = {
    "mnist": {"train": (5, 0, 4, 1, 9, 2, 1, 3, 1, 4), "test": (7, 2, 1, 0, 4, 1, 4, 9, 5, 9)},
    "fashion-mnist": {"train": (9, 0, 0, 3, 0, 2, 7, 2, 5, 5), "test": (9, 2, 1, 1, 6, 1, 4, 6, 5, 7)},
}


@dataclass
class IdxSet:
    """A set of 28 x 28 grey images in IDX files; a subclass says which one. `split`: the 60,000 of train or 10,000 of test."""

    split: Split = "train"

    name: ClassVar[str]
    about: ClassVar[str]
    classes: ClassVar[tuple[str, ...]]
    folders: ClassVar[tuple[str, ...]]  # names under which others keep it
    mirrors: ClassVar[tuple[str, ...]]
    md5: ClassVar[dict[str, str]]  # of the gzipped files as published

    def load(self, path: Path | None, seed: int = 0) -> Source:
        """Images uint8 [N, 1, 28, 28] and labels; looked for as `locate` says, else downloaded to the cache."""
        images, labels = self.arrays(path)
        values = torch.from_numpy(images.copy()).unsqueeze(1)
        facts = {"split": self.split}
        shape = (1, *images.shape[1:])
        classes = self.classes
        return Source(
            self.name,
            shape,
            len(images),
            values,
            labels=torch.from_numpy(labels.astype(np.int64)),
            classes=classes,
            facts=facts,
        )

    def arrays(self, path: Path | None) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Images uint8 [N, H, W] and labels uint8 [N], read-only; DataError where they don't fit together."""
        # a path that is given may lack files, and the error then names them; elsewhere only a whole set counts
        holds = partial(is_whole, split=self.split) if path is None else has_idx
        folder = locate(path, self.folders, holds, f"{self.name}: the files {', '.join(sorted(self.md5))}, gzipped or not")
        if folder is None:
            folder = self.download()
        images_file, labels_file = (idx_file(folder, self.split, part) for part in ("images", "labels"))
        images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
        if len(images) != len(labels):
            raise DataError(labels_file, f"holds {len(labels):,} labels for the {len(images):,} images of {images_file.name}")
        enough(images_file, len(images), "image")
        if labels.max() >= len(self.classes):
            raise DataError(labels_file, f"holds the label {labels.max()}, expected 0 to {len(self.classes) - 1}")
        other = known_set(labels, self.split)
        if other not in (None, self.name):
            raise DataError(folder, f"holds {other}, not {self.name}; use data.kind={other}")
        return images, labels

    def download(self) -> Path:
        folder = cache() / self.name
        for file, md5 in self.md5.items():
            if not (folder / file).exists():
                fetch(folder / file, self.mirrors, md5)
        return folder


def known_set(labels: npt.NDArray[np.uint8], split: Split) -> str | None:
    """Which published set has these labels, by the first ten."""
    first = tuple(labels[:10].tolist())
    return next((name for name, parts in FIRST_LABELS.items() if first == parts[split]), None)


def has_idx(folder: Path) -> bool:
    """Whether there is at least one file that is called as an IDX file of MNIST is."""
    return any(find_idx(folder, split, part) for split in STEMS for part in ("images", "labels"))


def is_whole(folder: Path, split: str) -> bool:
    return all(find_idx(folder, split, part) for part in ("images", "labels"))


def idx_file(folder: Path, split: str, part: str) -> Path:
    """The file of a part ('images' or 'labels'), or a DataError."""
    found = find_idx(folder, split, part)
    if found is None:
        raise DataError(folder, f"{idx_names(split, part)[0]} is missing there (with .gz or without)")
    return found


def find_idx(folder: Path, split: str, part: str) -> Path | None:
    names = [name + end for name in idx_names(split, part) for end in (".gz", "")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def idx_names(split: str, part: str) -> tuple[str, str]:
    dimensions = {"images": 3, "labels": 1}[part]
    stem = f"{STEMS[split]}-{part}"
    return f"{stem}-idx{dimensions}-ubyte", f"{stem}.idx{dimensions}-ubyte"
