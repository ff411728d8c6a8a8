"""How many of the modes that are known the samples cover, and how evenly."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.metrics.encoders.classifier import Classifier, classify


def count_modes(points: Tensor, centres: Tensor, std: float, sigmas: float = 3.0) -> tuple[int, float]:
    """(modes covered, share of high-quality samples) of points [N, d] and mode centres [K, d] of standard deviation `std`.

    A sample is of high quality within `sigmas` standard deviations of its nearest centre; a mode is covered when it is the
    nearest of at least one such sample (Metz et al. 2017, section 3.4; Lin et al. 2018 (PacGAN), section 4.1).
    """
    distance, nearest = torch.cdist(points.float(), centres.float()).min(dim=1)
    good = distance <= sigmas * std
    return len(torch.unique(nearest[good])), float(good.float().mean())


def mode_histogram(labels: Tensor, k: int) -> Tensor:
    """How many of the labels (int64 [N], 0 to k-1) fall on each of k modes, int64 [k]; the covered ones are above 0."""
    return torch.bincount(labels.flatten(), minlength=k)


def histogram_divergence(counts: Tensor, reference: Tensor | None = None) -> float:
    """KL(counts || reference) in nats, both normalised, [k]; the reference is uniform by default.

    What stacked MNIST is scored with (Metz et al. 2017; Lin et al. 2018). inf where a mode has samples and the reference
    has none.
    """
    p = counts.double() / counts.sum()
    q = torch.full_like(p, 1 / len(p)) if reference is None else reference.double() / reference.sum()
    return float((torch.xlogy(p, p) - torch.xlogy(p, q)).sum())


def stacked_modes(images: Tensor, classifier: Classifier) -> tuple[int, float]:
    """(modes covered, KL to uniform) of stacked digits [N, 3, H, W]; of 1000 where the classifier knows ten digits.

    Published figures are of 26,000 samples (Lin et al. 2018, section 4.2), of which even the data leaves no mode empty.
    """
    counts = mode_histogram(classify(classifier, images), classifier.classes ** images.shape[1])
    return int((counts > 0).sum()), histogram_divergence(counts)
