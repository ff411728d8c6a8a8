"""MNIST: 70,000 handwritten digits, 28 x 28, grey (LeCun et al. 1998)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from equipoise.data.idx_set import IdxSet


@dataclass
class MNIST(IdxSet):
    """The digits 0 to 9."""

    name: ClassVar[str] = "mnist"
    about: ClassVar[str] = "handwritten digits, 28 x 28 grey, 60,000 to train on"
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")
    folders: ClassVar[tuple[str, ...]] = ("mnist", "MNIST", "MNIST/raw")
    mirrors: ClassVar[tuple[str, ...]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    md5: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    }
