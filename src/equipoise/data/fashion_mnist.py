"""Fashion-MNIST: 70,000 pictures of clothes, 28 x 28, grey (Xiao et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from equipoise.data.idx_set import IdxSet


@dataclass
class FashionMNIST(IdxSet):
    """Ten kinds of clothes, shoes and bags."""

    name: ClassVar[str] = "fashion-mnist"
    about: ClassVar[str] = "clothes, 28 x 28 grey, 60,000 to train on"
    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    folders: ClassVar[tuple[str, ...]] = ("fashion-mnist", "fashion_mnist", "FashionMNIST", "FashionMNIST/raw")
    mirrors: ClassVar[tuple[str, ...]] = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    )
    md5: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    }
