"""The data that wards play on, the recipes that each kind of data starts from, and what a healthy run reaches on it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import torch

from equipoise.data.bursts import Bursts
from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.data.mixtures import Grid, Ring
from equipoise.data.mnist import MNIST
from equipoise.data.source import Source
from equipoise.seeds import generator

RING: dict[str, Any] = {
    "data": {"kind": "ring", "std": 0.05},
    "network": {"kind": "mlp", "hidden": 64},
    "optimizer": {"kind": "adam", "lr": 0.001, "beta1": 0.5},
    "batch": 128,
    "latent": 4,
    "steps": 2000,
    "checkpoints": {"every_steps": 100, "keep_last": 1},
}
DIGITS: dict[str, Any] = {
    "data": {"kind": "mnist"},
    "network": {"kind": "dcgan", "width": 8},
    "optimizer": {"kind": "adam", "lr": 0.001, "beta1": 0.5},
    "batch": 32,
    "latent": 32,
    "steps": 800,
    "checkpoints": {"every_steps": 80, "keep_last": 1},
}
GRID: dict[str, Any] = {**RING, "data": {"kind": "grid", "step": 1.0}, "steps": 3000}
CLOTHES: dict[str, Any] = {**DIGITS, "data": {"kind": "fashion-mnist"}}
BURSTS: dict[str, Any] = {
    "data": {"kind": "bursts", "size": 64},
    "network": {"kind": "dcgan", "width": 64},
    "optimizer": {"kind": "adam", "lr": 2e-4, "beta1": 0.5},
    "batch": 16,
    "latent": 100,
    "steps": 60,
    "log_every": 1,
    "checkpoints": {"every_steps": 60, "keep_last": 1},
    "exams": {"every_steps": 0},
}
POINT: dict[str, Any] = {
    "data": {"kind": "ring"},  # stands in; the ward brings its own
    "optimizer": {"kind": "sgd", "lr": 0.2},
    "batch": 8,
    "latent": 1,
    "steps": 400,
    "checkpoints": {"every_steps": 400, "keep_last": 1},
    "exams": {"every_steps": 0},  # of data that are all the same there is nothing to examine
}
BASES = {"ring": RING, "grid": GRID, "mnist": DIGITS, "fashion": CLOTHES, "bursts": BURSTS, "dirac": POINT}
IMAGES = ("mnist", "fashion", "bursts")
ENOUGH = {  # modes or classes found, and distance, of a run that came to no harm
    "ring": (7, 0.06),
    "grid": (23, 0.06),
    "mnist": (8, 0.25),
    "fashion": (8, 0.25),
    "bursts": (0, math.inf),  # after four epochs samples say nothing: there D's and G's losses do
    "dirac": (1, 0.1),
}


def source(name: str, split: Literal["train", "test"] = "train", seed: int = 0) -> Source:
    """The data of a ward; made data held out are drawn from another seed."""
    other = seed if split == "train" else seed + 10_000
    if name == "dirac":
        return Source("dirac", (1,), 64, torch.zeros(64, 1), range=None)
    if name == "ring":
        return Ring(std=0.05).load(None, other)
    if name == "grid":
        return Grid(step=1.0).load(None, other)
    if name == "bursts":
        return Bursts(size=64).load(None, other)
    return (FashionMNIST(split=split) if name == "fashion" else MNIST(split=split)).load(None, seed)


def few(source: Source, heldout: Source, n: int, seed: int) -> Source:
    index = torch.randperm(len(source), generator=generator("cpu", seed, "few"))[:n]
    assert source.values is not None
    return replace(source, name="few", length=n, values=source.values[index], labels=None, heldout=heldout)
