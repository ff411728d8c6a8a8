"""The game's Jacobian: whether the place is stable, and whether the players turn around each other there.

v = (grad_G L_G, grad_D L_D) is the game's gradient field and J its derivative. Gradient descent is drawn to a place where
v = 0 and every eigenvalue of J has a positive real part (a locally stable stationary point, LSSP); an imaginary part is
rotation (Mescheder et al. 2017; Berard et al. 2020). A local Nash equilibrium asks for more: each player's own Hessian
without negative curvature, which Berard et al. found to fail in good GANs.

J is never formed for large nets: its transpose, which has the same eigenvalues, acts on a vector by one more backward
pass, and Arnoldi's iteration finds the outermost eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from equipoise.equilibrium.indicators import Indicator, Standing, line
from equipoise.equilibrium.limits import limit
from equipoise.equilibrium.scene import Scene, fork, penalties, posed, seen, undisturbed
from equipoise.game import Game
from equipoise.pieces import Penalty, scalar
from equipoise.seeds import generator

DENSE = 400  # parameters up to which J is formed
LocalNash = Literal["not established", "refuted"]
Complex = NDArray[np.complex128]


class Field:
    """The game's gradient field on one batch, with a graph: `G` and `D` are each player's own gradient, flat.

    Penalties and tricks' terms belong to it, as the game descends them; dropout and power iterations stand still. A penalty
    that is taken on fakes treats these as given.
    """

    def __init__(self, game: Game, real: Tensor, z: Tensor) -> None:
        self.g = [p for p in game.G.module.parameters() if p.requires_grad]
        self.d = [p for p in game.D.module.parameters() if p.requires_grad]
        posed(game.G.module), posed(game.D.module)
        game.at.begin(game.steps)
        look = seen(game, real, z, plain=False)
        d_loss = look.loss + penalties(look) + terms(game, "d_term", look)
        g_loss = game.objective.g_loss(look.d_fake, look.d_real if game.objective.paired else None)
        g_loss = g_loss + terms(game, "g_term", look)
        self.G, self.D = gradient(g_loss, self.g, graph=True), gradient(d_loss, self.d, graph=True)

    @property
    def v(self) -> Tensor:
        """(G, D) side by side, [parameters]."""
        return torch.cat([self.G, self.D])

    def transposed(self, u: Tensor) -> Tensor:
        """J^T u for u [parameters]."""
        return gradient(self.v @ u, [*self.g, *self.d])

    def g_hessian(self, u: Tensor) -> Tensor:
        """G's own Hessian times u, [G's parameters]."""
        return gradient(self.G @ u, self.g)

    def d_hessian(self, u: Tensor) -> Tensor:
        """D's own Hessian times u, [D's parameters]."""
        return gradient(self.D @ u, self.d)


def gradient(of: Tensor, parameters: list[torch.nn.Parameter], *, graph: bool = False) -> Tensor:
    """Flat; zeros where `of` does not depend on a parameter."""
    if not of.requires_grad:
        return torch.cat([torch.zeros_like(p).flatten() for p in parameters])
    found = torch.autograd.grad(of, parameters, create_graph=graph, retain_graph=True, allow_unused=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for p, g in zip(parameters, found, strict=True)])


def terms(game: Game, seam: str, look: object) -> Tensor:
    """What the tricks add at a seam, penalties left out (they are taken at full weight whatever the step)."""
    found = scalar(0.0, next(game.G.module.parameters()))
    for trick in game.having(seam):
        if not isinstance(trick, Penalty):
            term = getattr(trick, seam)(look)
            found = found if term is None else found + term
    return found


@dataclass(frozen=True)
class Spectrum:
    """Outermost eigenvalues, largest absolute value first, and how far each may be off."""

    values: Complex
    residuals: NDArray[np.float64]
    exact: bool
    size: int  # of the matrix

    @property
    def radius(self) -> float:
        return float(np.abs(self.values).max(initial=0.0))

    @property
    def least_real(self) -> float:
        """The smallest real part that was found."""
        return float(self.values.real.min())

    @property
    def least_real_residual(self) -> float:
        return float(self.residuals[int(self.values.real.argmin())])

    @property
    def rotation(self) -> float:
        """|Im| / |lambda| of the eigenvalue with the largest imaginary part: 0 no rotation, 1 nothing else.

        The ratio |Im| / Re of the papers is its tangent, which has no end.
        """
        most = self.values[int(np.abs(self.values.imag).argmax())]
        return float(abs(most.imag) / abs(most)) if abs(most) else 0.0


@dataclass(frozen=True)
class Jacobian:
    """What the Jacobian says of a place."""

    game: Spectrum
    g_hessian: Spectrum
    d_hessian: Spectrum
    gradient: float  # ||v||
    gradient_elsewhere: float  # ||v|| on the difference of two batches: what the noise of a batch alone makes
    g_curvature: float  # G's Hessian along its most negative direction, on another batch
    d_curvature: float

    @property
    def still(self) -> bool:
        """Whether the gradient is no more than what the noise of a batch makes."""
        return self.gradient <= 2 * self.gradient_elsewhere + 1e-6

    @property
    def local_nash(self) -> LocalNash:
        return "refuted" if self.negative else "not established"

    @property
    def local_nash_words(self) -> str:
        return self.negative or "no negative curvature was found, which is no proof that there is none"

    @property
    def negative(self) -> str:
        """Which player's own loss has negative curvature, on both batches: that refutes a local Nash equilibrium."""
        for name, hessian, again in (("G", self.g_hessian, self.g_curvature), ("D", self.d_hessian, self.d_curvature)):
            if min(-hessian.least_real, -again) > max(limit("curvature") * self.game.radius, hessian.least_real_residual):
                seen = f"{hessian.least_real:.3g}, and {again:.3g} on another batch"
                return f"{name}'s own loss has negative curvature: {seen}"
        return ""

    def indicators(self) -> list[Indicator]:
        whole = self.game
        stable = whole.least_real > -limit("curvature") * whole.radius
        how = "exact" if whole.exact else f"Arnoldi, {len(whole.values)} of {whole.size:,}"
        proven = whole.exact and self.still and whole.least_real > limit("curvature") * whole.radius
        standing: Standing = "proves" if proven else "supports" if stable else "contradicts"
        near = f"about the noise of a batch, {self.gradient_elsewhere:.3g}"
        title = f"Least real part of the game's eigenvalues ({how})"
        words = f"{'' if self.still else 'not at a stationary point; '}{leading(whole)}"
        place = "stability is a word about places where it is 0"
        turns = "1: nothing but rotation, which averaging, extragradient or a penalty on D damp"
        most = "|Im| / |lambda| of the most rotating eigenvalue"
        return [
            line("gradient", "Norm of the game's gradient", self.gradient, near, self.still, place),
            Indicator("least_real", title, whole.least_real, "above 0: locally stable", standing, words),
            Indicator("rotation", most, whole.rotation, "", "proves nothing", turns),
        ]


def leading(spectrum: Spectrum) -> str:
    """The first eigenvalues in words, each conjugate pair once."""
    upper = [v for v in spectrum.values if v.imag >= 0][:4]
    return "leading: " + ", ".join(f"{v.real:.3g} +- {v.imag:.3g}i" if v.imag else f"{v.real:.3g}" for v in upper)


def jacobian(
    scene: Scene, *, samples: int = 256, vectors: int = 40, say: Callable[[str], None] = lambda text: None
) -> Jacobian:
    """Eigenvalues at the scene's game, on `samples` held-out reals; `vectors` is the size of Arnoldi's space.

    Exact for up to 400 parameters. Negative curvature is looked at again on a second batch, since the first one chose it.
    """
    with undisturbed(scene.game):
        one, other = scene.halves()
        n = min(samples, len(one))
        game, second = fork(scene.game), fork(scene.game)
        here = Field(game, one[:n], scene.latents(n, "jacobian"))
        say("eigenvalues of the game's Jacobian")
        whole, _ = spectrum(here.transposed, here.v.detach(), vectors, scene.seed, symmetric=False)
        say("curvature of each player")
        g, g_least = spectrum(here.g_hessian, here.G.detach(), vectors, scene.seed, symmetric=True)
        d, d_least = spectrum(here.d_hessian, here.D.detach(), vectors, scene.seed, symmetric=True)
        there = Field(second, other[:n], scene.latents(n, "jacobian", "again"))
        return Jacobian(
            game=whole,
            g_hessian=g,
            d_hessian=d,
            gradient=float(here.v.detach().norm()),
            gradient_elsewhere=float((here.v - there.v).detach().norm()),
            g_curvature=float(g_least @ there.g_hessian(g_least)),
            d_curvature=float(d_least @ there.d_hessian(d_least)),
        )


def spectrum(
    product: Callable[[Tensor], Tensor], like: Tensor, vectors: int, seed: int, *, symmetric: bool
) -> tuple[Spectrum, Tensor]:
    """Eigenvalues of a matrix that is known by its products, and the unit vector of the least real part (real part of it)."""
    size = len(like)
    if size <= DENSE:
        matrix = dense(product, like)
        if symmetric:
            matrix = (matrix + matrix.T) / 2
        values, right = np.linalg.eig(matrix)
        residuals = np.zeros(size)
        basis = np.eye(size)
    else:
        hessenberg, basis, beyond = arnoldi(product, like, min(vectors, size), seed)
        if symmetric:
            hessenberg = (hessenberg + hessenberg.T) / 2
        values, right = np.linalg.eig(hessenberg)
        residuals = beyond * np.abs(right[-1])
    order = np.argsort(-np.abs(values))
    least = right[:, int(values.real.argmin())].real
    vector = torch.from_numpy(least @ basis).to(like)
    found = Spectrum(values[order].astype(np.complex128), residuals[order], size <= DENSE, size)
    return found, vector / vector.norm().clamp_min(1e-30)


def dense(product: Callable[[Tensor], Tensor], like: Tensor) -> NDArray[np.float64]:
    """The matrix whose products these are, column by column."""
    columns = [product(unit).double().cpu().numpy() for unit in torch.eye(len(like)).to(like)]
    return np.stack(columns, axis=1)


def arnoldi(
    product: Callable[[Tensor], Tensor], like: Tensor, vectors: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """(H [m, m], orthonormal rows [m, n], what is left over): A Q = Q H + left over (Saad 2011, algorithm 6.2, twice)."""
    rng = generator("cpu", seed, "arnoldi")
    q = torch.randn(len(like), generator=rng).to(like)
    rows = [q / q.norm()]
    h = np.zeros((vectors + 1, vectors))
    for j in range(vectors):
        w = product(rows[j])
        basis = torch.stack(rows)
        for _ in range(2):  # once is not enough in float32
            overlap = basis @ w
            w = w - overlap @ basis
            h[: j + 1, j] += overlap.double().cpu().numpy()
        h[j + 1, j] = float(w.norm())
        if h[j + 1, j] <= 1e-6 * np.abs(h[: j + 1, : j + 1]).max() or j + 1 == vectors:
            size = j + 1
            return h[:size, :size], basis.double().cpu().numpy(), float(h[size, j])
        rows.append(w / w.norm())
    raise AssertionError("vectors is at least 1")
