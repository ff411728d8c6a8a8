"""What an encoder saw of samples, kept: under a name that stands for the samples, their order, and all that the encoder is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from equipoise import disk
from equipoise.data.locate import cache
from equipoise.metrics.encoders.encoder import Encoded, Encoder

VERSION = 1  # of what is kept: a change makes old files invalid
LARGEST = 2**29  # bytes of features that are worth keeping


def key(images: Tensor, encoder: Encoder) -> str:
    """Changes with every pixel, with the order of samples, with the encoder's weights and its preprocessing."""
    found = hashlib.sha256(f"{VERSION} {encoder.fingerprint} {encoder.protocol} {images.dtype} {list(images.shape)}".encode())
    found.update(images.contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()[:32]


def encoded(images: Tensor, encoder: Encoder, folder: Path | None = None, fresh: bool = False) -> Encoded:
    """What the encoder sees of images, recalled where it was asked before; a damaged file is made anew."""
    file = (folder or cache() / "references") / f"{key(images, encoder)}.safetensors"
    kept = None if fresh else recall(file)
    if kept is not None:
        return kept
    found = encoder.encode(images)
    tensors = {"features": found.features, **({} if found.logits is None else {"logits": found.logits})}
    if sum(t.numel() * t.element_size() for t in tensors.values()) <= LARGEST:
        file.parent.mkdir(parents=True, exist_ok=True)
        disk.atomic_write(file, save({name: t.contiguous() for name, t in tensors.items()}))
    return found


def recall(file: Path) -> Encoded | None:
    try:
        found = load(file.read_bytes())
        return Encoded(found["features"], found.get("logits"))
    except (OSError, SafetensorError, KeyError):
        return None
