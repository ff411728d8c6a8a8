"""What a foreign loop hands to its networks and gets from them, read without touching it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

KEPT = 4096  # logits of one call that are kept; of more, an even selection per sample
WIDTH = 1024  # features of a sample that its fingerprint is made from; of more, an even selection
PRINTS = 2  # numbers in a fingerprint
SQUASHING = (
    "SigmoidBackward",
    "ViewBackward",
    "SqueezeBackward",
    "ReshapeAliasBackward",
    "UnsafeViewBackward",
    "ToCopyBackward",
)


def tensors_in(thing: Any) -> Iterator[Tensor]:
    """The floating tensors of arguments or of an output, however nested, in order."""
    if isinstance(thing, Tensor):
        if thing.is_floating_point():
            yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from tensors_in(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from tensors_in(value)


def verdict_in(output: Any, batch: int) -> Tensor | None:
    """D's logits or probabilities: the tensor itself or, of several, the narrowest with the batch first (auxiliary heads
    and features are wider); None where there is none."""
    found = [t for t in tensors_in(output) if t.dim() and t.shape[0] == batch]
    return min(found, key=lambda t: t.numel(), default=None)


def kept(x: Tensor, n: int) -> Tensor:
    """A copy of what D said of n samples, or of its gradient, n first; an even selection per sample where there is much."""
    x = x.detach()
    if x.numel() <= KEPT:
        return x.clone()
    rows = x.reshape(n, -1)
    return rows[:, :: -(-rows.numel() // KEPT)].clone()


def squashed(output: Tensor, module: nn.Module) -> bool:
    """Whether D ends in a sigmoid, so that it says probabilities: by what made the output, else by its last layer."""
    node = output.grad_fn
    for _ in range(4):
        name = node.name() if node is not None else ""
        if name.startswith("SigmoidBackward"):
            return True
        if node is None or not name.startswith(SQUASHING):
            break
        node = node.next_functions[0][0]
    last = next((m for m in reversed(list(module.modules())) if not list(m.children())), None)
    return isinstance(last, nn.Sigmoid)


def views(x: Tensor, like: tuple[int, ...]) -> dict[str, Tensor]:
    """The places in `x` [n, ...] where a sample of shape `like` may lie: all of it or, where a condition was put beside
    it (on channels as pix2pix does, or on features), the first or the last part."""
    shape = tuple(x.shape[1:])
    if shape == like or x.numel() == x.shape[0] * size(like):
        return {"all": x}
    if len(shape) == len(like) and shape[1:] == like[1:] and shape[0] > like[0]:
        return {"first": x[:, : like[0]], "last": x[:, -like[0] :]}
    if len(shape) == 1 and shape[0] > size(like):
        return {"first": x[:, : size(like)], "last": x[:, -size(like) :]}
    return {}


def size(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())


def fingerprint(x: Tensor) -> Tensor:
    """Two numbers [n, 2] per sample that tell samples apart, however they are ordered or batched."""
    flat = x.detach().flatten(1)
    if flat.shape[1] > WIDTH:
        flat = flat[:, :: flat.shape[1] // WIDTH]
    with torch.autocast(x.device.type, enabled=False):  # half the digits would make strangers alike
        return flat.float() @ directions(flat.shape[1], flat.device)


@lru_cache(maxsize=64)
def directions(width: int, device: torch.device) -> Tensor:
    """Fixed random directions; a generator of their own, so that nobody's random numbers move."""
    return torch.randn(
        width, PRINTS, generator=torch.Generator("cpu").manual_seed(width), dtype=torch.float32, device="cpu"
    ).to(device)


def found_among(prints: Tensor, known: Tensor) -> Tensor:
    """bool [n]: which fingerprints are among the known ones, up to rounding. Stays on the device."""
    tolerance = 1e-5 * known.square().mean().sqrt()
    near = (prints[:, None] - known[None]).abs().amax(2) <= tolerance
    return near.any(1)


def extent(x: Tensor) -> Tensor:
    """[n, 4]: each sample's lowest and highest value, mean and mean square."""
    flat = x.detach().flatten(1).float()
    low, high = torch.aminmax(flat, dim=1)
    return torch.stack((low, high, flat.mean(1), flat.square().mean(1)), 1)


def to_host(tensors: list[Tensor]) -> list[Any]:
    """Arrays of the tensors, float64, copied in one piece: the one time that the host waits for the device."""
    if not tensors:
        return []
    flat = torch.cat([t.reshape(-1).float() for t in tensors]).cpu().numpy().astype("float64")
    arrays, place = [], 0
    for t in tensors:
        arrays.append(flat[place : place + t.numel()].reshape(t.shape))
        place += t.numel()
    return arrays
