"""Whether D still knows the fakes of the exam before."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.pieces import Card, Exam, Examination
from equipoise.signals.motion import SHORTEST

CARD = Card(
    name="forgetting",
    title="D on the fakes of the exam before, beside the same latents' fakes of now",
    equation="P(D(x) > D(G_before(z))) and P(D(x) > D(G_now(z))), x training reals; 1: all told apart, 1/2: none",
    source="FAILURES.md, section 2 (forgetting: D fails on replayed old fakes); Thanh-Tung and Tran 2018",
    helps="A D that takes old fakes for real lets G go back to them: that is how samples run in circles. By ranks, so that it "
    "means the same for critics, which have no boundary",
    hurts="Fakes as good as reals read 1/2 as well: compare with what D said of them when they were new, one exam before",
    cost="D on two small batches, in an exam",
)
NAMES = ("old_fakes_told", "new_fakes_told")


def told(real: Tensor, fake: Tensor) -> Tensor:
    """The share of pairs in which D's logit of the real is the higher one; a tie counts half."""
    return (torch.sign(real[:, None] - fake[None]).mean() + 1) / 2


def measure(exam: Exam) -> dict[str, Tensor]:
    if exam.says is None or exam.fixed is None:
        return {}
    real = exam.real.logits
    found = {"new_fakes_told": told(real, exam.says(exam.fixed))}
    if exam.fixed_before is not None and exam.steps_between >= SHORTEST:
        found["old_fakes_told"] = told(real, exam.says(exam.fixed_before))
    return found


FORGETTING = Examination(CARD, NAMES, measure)
