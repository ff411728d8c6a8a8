"""The largest singular value of any layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from equipoise.pieces import Card, Exam, Examination
from equipoise.seeds import generator

CARD = Card(
    name="spectra",
    title="Largest singular value of any layer of each player",
    equation="d_sigma = max over layers of sigma_1(W), W as [out, everything else]",
    source="Miyato et al. 2018, section 2.1; Brock et al. 2019, section 4: sigma_1 explodes before the collapse",
    helps="Large-scale instability shows here long before the losses",
    hurts="Matricised: of a convolution it is not the operator's norm",
    cost="a few matrix-vector products a layer, in an exam",
)
NAMES = ("d_sigma", "g_sigma")
ROUNDS = 8  # of power iteration: within a few per cent, and from below


def largest(weight: Tensor, rounds: int = ROUNDS) -> Tensor:
    """sigma_1 of a weight [out, ...], by power iteration from a fixed vector."""
    matrix = weight.detach().flatten(1).float()
    v = torch.randn(matrix.shape[1], generator=generator("cpu", 0, "spectra")).to(matrix.device)
    for _ in range(rounds):
        u = nn.functional.normalize(matrix @ v, dim=0)
        v = nn.functional.normalize(matrix.T @ u, dim=0)
    sigma: Tensor = torch.linalg.vector_norm(matrix @ v)
    return sigma


def of(module: nn.Module) -> Tensor | None:
    """The largest over all weights with at least two dimensions; None where there is none."""
    found = [largest(p) for p in module.parameters() if p.ndim >= 2]
    return torch.stack(found).max() if found else None


def measure(exam: Exam) -> dict[str, Tensor]:
    found = {name: of(exam.modules[player]) for name, player in zip(NAMES, "DG", strict=True)}
    return {name: value for name, value in found.items() if value is not None}


SPECTRA = Examination(CARD, NAMES, measure)
