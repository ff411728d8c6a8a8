"""Which kind of data a path is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from equipoise.data import arrays, cifar10, idx_set, image_files, windows
from equipoise.data.idx import read_idx
from equipoise.data.tree import described, files_under
from equipoise.errors import DataError

READABLE = (
    "images (.png .jpg .webp), arrays (.npy .npz), CSV matrices (.csv .tsv), IDX files as MNIST's, or CIFAR-10's .bin files"
)


def recognise(path: Path) -> tuple[str, dict[str, Any]]:
    """(kind, settings) to load what is at `path`, or a DataError that says what was found and what can be read.

    Where a folder holds both images and tables, the more numerous count: a table beside images is a list of them.
    """
    if not path.exists():
        raise DataError(path, "is not there")
    if path.is_file():
        return recognise_file(path)
    for folder in (path, path / "raw"):
        if idx_set.has_idx(folder):
            return idx_kind(folder), {}
    if cifar10.has_cifar(path) or cifar10.has_cifar(path / cifar10.FOLDER):
        return "cifar10", {}
    files = files_under(path)
    images, tables, arrayed = (
        sum(file.suffix.lower() in suffixes for file in files)
        for suffixes in (image_files.SUFFIXES, windows.SUFFIXES, arrays.SUFFIXES)
    )
    if tables > images + arrayed:
        return "windows", {}
    if images or arrayed:
        return "folder", {}
    raise DataError(path, f"holds nothing to train on: found {described(files)}; can read {READABLE}")


def recognise_file(path: Path) -> tuple[str, dict[str, Any]]:
    if path.suffix.lower() in arrays.SUFFIXES:
        return "folder", {}
    if path.suffix.lower() in (*windows.SUFFIXES, *image_files.SUFFIXES):
        raise DataError(path, "is one sample; give the folder that holds all of them")
    raise DataError(path, f"is nothing to train on; give a folder or a file of {READABLE}")


def idx_kind(folder: Path) -> str:
    """'fashion-mnist' or 'mnist', by the labels; sets in the same format that are neither are read as mnist's are."""
    for split in ("train", "test"):
        file = idx_set.find_idx(folder, split, "labels")
        if file is not None:
            return idx_set.known_set(read_idx(file, 1), split) or "mnist"
    return "mnist"
