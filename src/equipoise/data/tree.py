"""Files of a folder tree, and the classes that its sub-folders are."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor

from equipoise.data.checks import listed


def files_under(root: Path, suffixes: tuple[str, ...] | None = None) -> list[Path]:
    """All files under a folder that end in one of `suffixes` (whatever their case), sorted by their path.

    Links to folders are followed, each folder once, so that a loop ends. Hidden files and folders are left out.
    """
    found, seen = [], set()
    for folder, below, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not is_hidden(name))
        found += [Path(folder, name) for name in names if not is_hidden(name)]
    kept = [file for file in found if (suffixes is None or file.suffix.lower() in suffixes) and file.is_file()]
    return sorted(kept, key=lambda file: file.relative_to(root).as_posix())


def is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def relative(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()


def class_of(root: Path, file: Path) -> str:
    """The sub-folder that a file is in, '' at the root."""
    return "" if file.parent == root else relative(root, file.parent)


def labelled(root: Path, files: list[Path]) -> tuple[Tensor | None, tuple[str, ...]]:
    """(labels int64 [N], classes) by sub-folder; (None, ()) where there are no two sub-folders, or files beside them."""
    names = [class_of(root, file) for file in files]
    classes = tuple(sorted(set(names)))
    if len(classes) < 2 or "" in classes:
        return None, ()
    number = {name: i for i, name in enumerate(classes)}
    return torch.tensor([number[name] for name in names]), classes


def described(files: list[Path]) -> str:
    """'12 .txt, 3 .pdf': what is there, for messages."""
    if not files:
        return "no file"
    counts = Counter(file.suffix.lower() or "without suffix" for file in files)
    return listed(f"{count} {suffix}" for suffix, count in counts.most_common())
