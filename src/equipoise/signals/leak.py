"""Whether the fakes differ from the data as augmented data do."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from equipoise.pieces import Card, Exam, Examination
from equipoise.signals.neighbours import distances

CARD = Card(
    name="leak",
    title="How far the fakes have gone from the data towards what D is shown of it",
    equation="with mean embeddings m of a Gaussian kernel in a frozen encoder, f = m(fakes) - m(reals) and "
    "a = m(augmented reals) - m(reals): leak = <f, a> / <a, a> - ||f - <f, a> / <a, a> a|| / ||a||",
    source="maximum mean discrepancies, unbiased (Gretton et al. 2012, lemma 6); the question: Karras et al. 2020, section 2.2",
    helps="1 where G gives augmented data, 1/2 where half of its samples are. Whatever else is wrong with them counts against "
    "it: blurred, mixed or few samples lie beside the line from the data to the augmented data",
    hurts="Leaks of poor samples are missed where the augmentation is mild. Two pictures in one, or one mode, may look cut out",
    cost="the encoder on one more batch and distances among a few hundred samples, in an exam",
)
NAMES = ("augmentation_leak",)
APART = 0.08  # ||a||: of augmentations nearer to the data than that a leak can't be told among 256 samples


def embedded(*groups: Tensor) -> Tensor:
    """<m_i, m_j>, [n, n], of n groups of rows; unbiased: no row is compared with itself.

    The kernel's width is the median distance between the first two groups.
    """
    rows, sizes = torch.cat(groups), [len(group) for group in groups]
    apart = distances(rows, rows)
    width = apart[: sizes[0], sizes[0] : sizes[0] + sizes[1]].median().clamp_min(torch.finfo(torch.float32).tiny)
    kernel = torch.exp(-(apart / width).square() / 2).fill_diagonal_(0)
    sums = torch.stack([part.sum(1) for part in torch.split(kernel, sizes, dim=1)], 1)
    totals = torch.stack([part.sum(0) for part in torch.split(sums, sizes)])
    n = torch.tensor(sizes, dtype=totals.dtype, device=totals.device)
    return totals / (n[:, None] * n - torch.diag(n))


def leak(clean: Tensor, augmented: Tensor, fake: Tensor) -> Tensor:
    """How much farther the fakes have gone along the way from clean to augmented rows than beside it, in lengths of that way;
    NaN where clean and augmented rows are hardly apart. `clean` and `augmented` must not come from the same samples.
    """
    m = embedded(clean, augmented, fake)

    def product(i: int, j: int) -> Tensor:
        return m[i, j] - m[i, 0] - m[0, j] + m[0, 0]

    way, beyond = product(1, 1), product(2, 2)
    along = product(1, 2) / way
    beside = (beyond / way - along.square()).clamp_min(0).sqrt()
    return torch.where(way > APART**2, along - beside, math.nan)


def measure(exam: Exam) -> dict[str, Tensor]:
    if exam.augmented is None:
        return {}
    clean, augmented = exam.reference.codes, exam.augmented
    if exam.heldout is None:
        half = len(augmented) // 2
        clean, augmented = clean[:half], augmented[half:]
    return {"augmentation_leak": leak(clean, augmented, exam.fake.codes)}


LEAK = Examination(CARD, NAMES, measure)
