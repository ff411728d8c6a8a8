"""Smooth random curves and fields of unit variance: the irregularity of everything in the corona and in a receiver."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from equipoise.data.solar.corona import Array


def curve(rng: np.random.Generator, at: Array, scale: float, n: int = 1) -> Array:
    """`n` independent Gaussian curves [n, len(at)], correlated over `scale` in the units of `at` (1-D, monotonic)."""
    weights = kernel(at, scale)
    return rng.standard_normal((n, weights.shape[1])) @ weights.T


def surface(rng: np.random.Generator, y: Array, x: Array, scale_y: float, scale_x: float) -> Array:
    """One Gaussian field [len(y), len(x)], correlated over `scale_y` and `scale_x`."""
    rows, columns = kernel(y, scale_y), kernel(x, scale_x)
    return rows @ rng.standard_normal((rows.shape[1], columns.shape[1])) @ columns.T


def kernel(at: Array, scale: float) -> Array:
    """[len(at), knots]: Gaussian bumps one `scale` apart whose squares sum to 1 everywhere, so that the variance is 1."""
    return cached_kernel(at.tobytes(), scale)


@lru_cache(maxsize=32)
def cached_kernel(places: bytes, scale: float) -> Array:
    at = np.frombuffer(places) / scale
    knots = np.arange(np.floor(at.min()) - 2, np.ceil(at.max()) + 3)
    bumps = np.exp(-0.5 * (at[:, None] - knots) ** 2)
    unit: Array = bumps / np.linalg.norm(bumps, axis=1, keepdims=True)
    unit.flags.writeable = False
    return unit
