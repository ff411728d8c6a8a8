"""The Frechet distance of two Gaussians that were fitted to features: exact, also where a covariance is singular."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.errors import DataError
from equipoise.metrics.brought import both
from equipoise.metrics.interval import corrected
from equipoise.metrics.metric import Material, Moments, Need, Value
from equipoise.metrics.moments import moments, moments_of

CARD = Card(
    name="frechet",
    title="Frechet distance of the Gaussians that fit both sides' features; with Inception's it is called FID",
    equation="|mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x S_y)^(1/2))",
    source="Dowson and Landau 1982; Heusel et al. 2017, equation 6; interval: bias-corrected bootstrap (interval.py)",
    helps="One number for quality and variety together; what most papers report",
    hurts="Falls with N: compare equal N only. Blind to what mean and covariance do not hold, and to copies of the data",
    cost="a Cholesky root and the eigenvalues of a d x d matrix, or those of an N x N one where N is smaller",
)
SAFE = 1e-12  # of the trace: what rounding may add before the dearer, exact way is taken
UNIT = torch.finfo(torch.float64).eps
ROUNDS = 30  # of the bootstrap
DEAREST = 1100  # features: with more a bootstrap takes minutes, and no interval is given unless asked for


def frechet(x: Tensor, y: Tensor) -> float:
    """d^2 = |mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x S_y)^(1/2)) of features x [N, d] and y [M, d], in float64.

    Where samples are fewer than features the trace of the root is the sum of the singular values of A_x A_y^T, A being the
    centred features over sqrt(N - 1): no covariance is formed, and nothing is added to make one invertible.
    """
    x, y = x.flatten(1).double(), y.flatten(1).double()
    if min(len(x), len(y)) > x.shape[1]:
        return frechet_of(moments(x), moments(y))
    apart = (x.mean(0) - y.mean(0)).square().sum()
    a, b = (v.sub(v.mean(0)).div((len(v) - 1) ** 0.5) for v in (x, y))
    a, b = (torch.linalg.qr(v).R if len(v) > v.shape[1] else v for v in (a, b))  # the same singular values
    root = torch.linalg.svdvals(a @ b.T).sum()
    return float((apart + a.square().sum() + b.square().sum() - 2 * root).clamp_min(0))


def frechet_of(a: Moments, b: Moments) -> float:
    """The same, of means and covariances; DataError where they are of another number of features."""
    if a.mean.shape != b.mean.shape:
        raise DataError("statistics", f"are of {len(a.mean)} and of {len(b.mean)} features: of one encoder both have to be")
    s, t = a.covariance.double(), b.covariance.double()
    apart = (a.mean.double() - b.mean.double()).square().sum()
    return float((apart + s.trace() + t.trace() - 2 * trace_of_root(s, t)).clamp_min(0))


def trace_of_root(s: Tensor, t: Tensor) -> Tensor:
    """tr (S T)^(1/2) of symmetric positive semi-definite [d, d], float64.

    The eigenvalues of S T are those of L^T T L with S = L L^T. Rounding moves an eigenvalue w by about eps * max w, so its
    root by that over 2 sqrt(w): where the small ones could spoil the sum, the roots are taken as singular values of the
    product of both factors, which rounding moves by eps * max alone.
    """
    root, info = torch.linalg.cholesky_ex(s)
    failed = bool(info)
    if not failed:
        values = torch.linalg.eigvalsh(root.T @ t @ root)
        noise = UNIT * values.abs().max() * len(s) ** 0.5
        roots = values.clamp_min(0).sqrt()
        spoiled = (noise / (2 * roots.clamp_min(noise.sqrt()))).sum() if noise > 0 else noise
        if spoiled <= SAFE * (s.trace() + t.trace()):
            total: Tensor = roots.sum()
            return total
    found: Tensor = torch.linalg.svdvals(factor(s, root, failed).T @ factor(t)).sum()
    return found


def factor(s: Tensor, root: Tensor | None = None, failed: bool = False) -> Tensor:
    """F with F F^T = S; by eigenvalues where S is singular, of which those as small as rounding are 0."""
    if root is None:
        root, info = torch.linalg.cholesky_ex(s)
        failed = bool(info)
    if not failed:
        return root
    values, vectors = torch.linalg.eigh(s)
    values[values < UNIT * len(s) * values.abs().max()] = 0
    found: Tensor = vectors * values.sqrt()
    return found


@dataclass(frozen=True)
class Frechet:
    """`rounds`: of the bootstrap for the interval; 0 gives none, None as many as are cheap."""

    rounds: int | None = None
    card: Card = CARD
    names: tuple[str, ...] = ("frechet",)
    needs: frozenset[Need] = frozenset({"moments"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = material.fake, material.real
        if fake.features is None or real is None or real.features is None:
            return {"frechet": Value(frechet_of(moments_of(fake), moments_of(real)))}
        x, y = both(material)
        value = frechet(x, y)
        rounds = (ROUNDS if x.shape[1] <= DEAREST else 0) if self.rounds is None else self.rounds
        if not rounds:
            return {"frechet": Value(value)}
        low, high, spread = corrected(frechet, x, y, value, rounds, material.seed)
        return {"frechet": Value(value, low, high, spread)}
