"""Whether D knows the data or only its training samples, and whether G copies those."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.pieces import Card, Exam, Examination
from equipoise.signals.neighbours import distances

CARD = Card(
    name="generalisation",
    title="D on held-out reals beside its training reals; what a held-out D certifies; memorised samples",
    equation="r_t = E sign D(x), r_v = (E D(x) - E D(x_heldout)) / (E D(x) - E D(G(z))); JSD >= log 2 - L_D; TV >= 2 acc - 1",
    source="Karras et al. 2020 (ADA), equation 1; Goodfellow et al. 2014, theorem 1; FAILURES.md, sections 0.5 and 0.8",
    helps="r_v near 1: D takes unseen reals for fakes, it knows its samples by heart. A certificate above 0 proves a mismatch",
    hurts="r_t alone is no test: dominance raises it too. A certificate of 0 proves nothing",
    cost="D on a few hundred samples, in an exam",
)
NAMES = (
    "accuracy_train_reals",
    "accuracy_heldout",
    "r_t",
    "r_v",
    "certificate_jsd",
    "certificate_tv",
    "memorised",
)
APART = 0.1  # of the logits' spread: where D's means on reals and fakes are nearer than that, r_v divides by noise


def right(logits: Tensor) -> Tensor:
    """The share of reals that D takes for real; one at the boundary counts half."""
    return torch.sign(logits).mean() / 2 + 0.5


def r_v(train: Tensor, heldout: Tensor, fake: Tensor) -> Tensor:
    """Karras et al. 2020, equation 1, of logits; 0 where D does not tell training reals from fakes."""
    spread = torch.cat([train, fake]).std(correction=0)
    apart = train.mean() - fake.mean()
    return torch.where(apart > APART * spread, (train.mean() - heldout.mean()) / apart, torch.zeros_like(apart))


def memorised(fake: Tensor, train: Tensor, heldout: Tensor) -> Tensor:
    """The share of fakes that are nearer to a training real than to a held-out one, of as many each; 0.5 by chance."""
    n = min(len(train), len(heldout))
    to_train = distances(fake, train[:n]).min(1).values
    to_heldout = distances(fake, heldout[:n]).min(1).values
    return (torch.sign(to_heldout - to_train).mean() + 1) / 2


def measure(exam: Exam) -> dict[str, Tensor]:
    train, fake = exam.real.logits, exam.fake.logits
    found = {"accuracy_train_reals": right(train), "r_t": torch.sign(train).mean()}
    if exam.heldout is not None:
        heldout = exam.heldout.logits
        loss = (F.softplus(-heldout).mean() + F.softplus(fake).mean()) / 2
        found |= {
            "accuracy_heldout": right(heldout),
            "r_v": r_v(train, heldout, fake),
            "certificate_jsd": math.log(2) - loss,
            "certificate_tv": right(heldout) + right(-fake) - 1,
            "memorised": memorised(exam.fake.codes, exam.real.codes, exam.heldout.codes),
        }
    return found


GENERALISATION = Examination(CARD, NAMES, measure)
