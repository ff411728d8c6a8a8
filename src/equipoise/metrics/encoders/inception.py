"""The encoder of FID and IS: Inception's eyes (Heusel et al. 2017; Salimans et al. 2016), under a protocol of resizing."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from equipoise.errors import DataError, SettingError
from equipoise.metrics.encoders import inception_weights, protocol
from equipoise.metrics.encoders.encoder import Encoded, quantised
from equipoise.metrics.encoders.inception_network import DIMS, folded, with_weights
from equipoise.metrics.encoders.inception_weights import Weights
from equipoise.metrics.encoders.seeing import Seeing, digest

PUBLISHED, OWN = "2015-12-05", "own-weights"
BATCH = 32  # more is no faster on a CPU
FARTHEST = 2.0  # a float image that goes beyond is not in [-1, 1] at all


def inception_encoder(
    weights: Path | Weights | None = None,
    how: str = "tf",
    *,
    dim: int = DIMS[-1],
    exact: bool = False,
    device: torch.device | str = "cpu",
) -> Seeing:
    """Features [N, dim] (64, 192, 768 or 2048) and, for 2048, the 1008 logits without bias, of grey or RGB images of any size.

    `weights` is a file; None looks for the published one and may download it (inception_weights.py). `how` is the protocol:
    'tf', 'pytorch-fid' or 'clean'. Float images are quantised first. `exact` computes bit for bit what pytorch-fid and
    torch-fidelity do on the same batch and machine; otherwise normalisation is folded into the weights, which is faster and
    rounds differently (3e-7 of a feature vector's length). The text in the fingerprint is '2015-12-05' for the published
    weights and 'own-weights' for others, whose distances are no FID.
    """
    if dim not in DIMS:
        raise SettingError("dim", f"{dim} is none of Inception's features; known: {', '.join(map(str, DIMS))}")
    shown = protocol.named(how)
    found = weights if isinstance(weights, Weights) else inception_weights.find(weights)
    network = with_weights(found.state)
    layout = torch.contiguous_format if exact else torch.channels_last
    network = (network if exact else folded(network)).to(device)

    def see(x: Tensor) -> Encoded:
        features = network(shown(quantised(protocol.coloured(in_range(x)))).contiguous(memory_format=layout), dim)
        return Encoded(features, network.logits(features) if dim == DIMS[-1] else None)

    text = (PUBLISHED if found.published else OWN) + ("" if dim == DIMS[-1] else f"-{dim}")
    return Seeing(
        "inception",
        text,
        digest(found.state, "inception", how, dim),
        dim,
        see,
        protocol=how,
        device=torch.device(device),
        batch=BATCH,
        facts={"published_weights": found.published, "exact": exact},
    )


def in_range(x: Tensor) -> Tensor:
    """The images; DataError where they are float and not between -1 and 1, as those of 0..255 are."""
    if x.is_floating_point() and x.numel() and float(x.abs().max()) > FARTHEST:
        raise DataError("images", f"reach {float(x.abs().max()):.4g}; float images are in [-1, 1], others uint8")
    return x
