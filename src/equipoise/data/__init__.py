"""Data: one interface for all kinds, and which kinds there are."""

from equipoise.data.bursts import Bursts
from equipoise.data.cifar10 import CIFAR10
from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.data.folder import Folder
from equipoise.data.mixtures import Grid, Ring
from equipoise.data.mnist import MNIST
from equipoise.data.source import Kind
from equipoise.data.stacked_mnist import StackedMNIST
from equipoise.data.windows import Windows

KINDS: dict[str, type[Kind]] = {
    "fashion-mnist": FashionMNIST,
    "mnist": MNIST,
    "cifar10": CIFAR10,
    "stacked-mnist": StackedMNIST,
    "folder": Folder,
    "windows": Windows,
    "bursts": Bursts,
    "ring": Ring,
    "grid": Grid,
}

MADE = frozenset({"bursts", "ring", "grid"})  # from the seed: there is nothing to read
