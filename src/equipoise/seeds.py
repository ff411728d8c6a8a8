"""Randomness is a function of (seed, step, purpose), so there is no generator state to save.

A resumed run draws what an unbroken one would have drawn because it asks for the same step, and nothing that
watches a run can disturb it by drawing numbers of its own (the idea of EDM2's training loop, Karras et al. 2024).
"""

import hashlib

import torch


def mix(seed: int, *parts: object) -> int:
    """A 63-bit seed from a run's seed and any number of words; stable across machines and versions."""
    text = "/".join(str(part) for part in (seed, *parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(device: torch.device | str, seed: int, *parts: object) -> torch.Generator:
    """A fresh generator on `device`, seeded from `mix(seed, *parts)`."""
    rng = torch.Generator(device)
    rng.manual_seed(mix(seed, *parts))
    return rng


class Moment:
    """Where a run stands, and the random streams that belong to that place.

    The n-th call of `rng(purpose)` within a step always gives the same stream, whatever other purposes drew.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.seed = seed
        self.device = torch.device(device)
        self.step = 0
        self._calls: dict[str, int] = {}

    def begin(self, step: int) -> None:
        """Enter a step: forget the previous one's draws, and seed what modules draw by themselves (dropout)."""
        self.step = step
        self._calls.clear()
        torch.manual_seed(mix(self.seed, step, "modules"))

    def rng(self, purpose: str) -> torch.Generator:
        """The next stream of this step for `purpose`."""
        call = self._calls.get(purpose, 0)
        self._calls[purpose] = call + 1
        return generator(self.device, self.seed, self.step, purpose, call)

    def normal(self, purpose: str, *shape: int) -> torch.Tensor:
        """Standard normal numbers of the given shape, on the run's device."""
        return torch.randn(*shape, generator=self.rng(purpose), device=self.device)

    def uniform(self, purpose: str, *shape: int) -> torch.Tensor:
        """Numbers in [0, 1) of the given shape, on the run's device."""
        return torch.rand(*shape, generator=self.rng(purpose), device=self.device)

    def normal_like(self, purpose: str, x: torch.Tensor) -> torch.Tensor:
        """Standard normal numbers, float32, in the shape and the memory layout of `x`."""
        return laid_out_as(x, self.normal(purpose, x.numel()))

    def uniform_like(self, purpose: str, x: torch.Tensor) -> torch.Tensor:
        """Numbers in [0, 1), float32, in the shape and the memory layout of `x`."""
        return laid_out_as(x, self.uniform(purpose, x.numel()))


def laid_out_as(x: torch.Tensor, flat: torch.Tensor) -> torch.Tensor:
    """A flat tensor seen as `x` is: random numbers filled into a channels-last tensor cost 20 times as much on a CPU."""
    dense = torch.empty_like(x)
    return flat.as_strided(dense.shape, dense.stride())
