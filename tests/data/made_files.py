"""Small data files for tests."""

import gzip
import struct
from pathlib import Path

import numpy as np


def idx_bytes(values: np.ndarray, type_: int = 8) -> bytes:
    return bytes([0, 0, type_, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def write_idx_set(
    folder: Path, n: int = 12, split: str = "train", labels=None, packed: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """A small set in MNIST's files."""
    images = np.random.default_rng(0).integers(0, 256, (n, 28, 28), np.uint8)
    labels = np.arange(n, dtype=np.uint8) % 10 if labels is None else np.array(labels, np.uint8)
    stem = {"train": "train", "test": "t10k"}[split]
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in ((f"{stem}-images-idx3-ubyte", images), (f"{stem}-labels-idx1-ubyte", labels)):
        raw = idx_bytes(values)
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    return images, labels


def write_csv(file: Path, values: np.ndarray, delimiter: str = ",") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(delimiter.join(repr(float(v)) for v in row) for row in values) + "\n")
    return file
