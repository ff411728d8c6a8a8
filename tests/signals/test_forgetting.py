"""Whether D still tells the fakes of the exam before."""

import pytest
import torch
from torch import Tensor, nn

from equipoise.pieces import Exam, Judged
from equipoise.signals.examiner import Examiner
from equipoise.signals.forgetting import FORGETTING, measure, told


def test_the_share_of_pairs_does_not_depend_on_where_a_critic_puts_its_zero() -> None:
    real, fake = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 2.5])
    assert float(told(real, fake)) == pytest.approx(4 / 6)
    assert float(told(real + 100, fake + 100)) == pytest.approx(4 / 6)
    assert float(told(real, real)) == 0.5
    assert float(told(fake, fake + 9)) == 0.0


def sides(x: Tensor) -> Tensor:
    """A D that has learned that fakes lie on the left, and forgotten all else."""
    return x[:, 0]


def exam(before: Tensor | None, now: Tensor | None, steps: int = 100) -> Exam:
    real = torch.zeros(32, 2)
    judged = Judged(real, real, sides(real), None)
    return Exam(judged, judged, None, torch.zeros(32), now, before, None, steps, {}, says=sides)


def test_a_d_that_knows_only_where_the_fakes_are_now() -> None:
    left, right = torch.full((8, 2), -1.0), torch.full((8, 2), 1.0)
    found = {name: float(value) for name, value in measure(exam(right, left)).items()}
    assert found == {"new_fakes_told": 1.0, "old_fakes_told": 0.0}
    assert measure(exam(left, right))["old_fakes_told"] == 1.0


def test_nothing_is_old_in_the_first_exam_and_soon_after_another() -> None:
    x = torch.ones(8, 2)
    assert measure(exam(None, x)).keys() == {"new_fakes_told"}
    assert measure(exam(x, x, steps=10)).keys() == {"new_fakes_told"}
    assert measure(exam(x, None)) == {}


def test_the_examiner_asks_d_as_it_is_now() -> None:
    rng = torch.Generator().manual_seed(0)
    examiner = Examiner({"forgetting": FORGETTING}, torch.randn(64, 2, generator=rng), None, lambda x: x, 32)
    D = nn.Linear(2, 1)
    nn.init.zeros_(D.bias)
    left, right = torch.full((32, 2), -5.0), torch.full((32, 2), 5.0)
    fakes = torch.randn(64, 2, generator=rng)
    found = []
    for step, slope, fixed in ((100, -1.0, right), (200, 1.0, left)):
        nn.init.constant_(D.weight, slope)
        found.append(examiner.examine(step, D, lambda x: x, fakes, {}, fixed))
    assert found == [{"new_fakes_told": 1.0}, {"new_fakes_told": 1.0, "old_fakes_told": 0.0}]
