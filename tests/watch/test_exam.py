"""Exams of foreign loops: on copies, with the reals and fakes that D was shown."""

from itertools import islice
from typing import Any

import loops
import pytest
import torch
from torch import nn

import equipoise
from equipoise.signals.neighbours import mean_distance

EXAM = {"coverage", "diversity_pixels", "diversity_d", "rank_ratio", "r_t", "accuracy_train_reals", "d_sigma", "g_sigma"}
HELD_OUT = {"accuracy_heldout", "r_v", "memorised", "certificate_tv"}


def watched(loop: Any, steps: int, **settings: Any) -> tuple[equipoise.Watch, list[Any]]:
    torch.manual_seed(0)
    found: list[equipoise.Watch] = []
    modules: list[Any] = []

    def attach(G: Any, D: Any) -> None:
        modules.extend((G, D))
        found.append(equipoise.watch(G, D, every=10, exam_every=20, out=False, print=False, **settings))

    own = islice(loop(attach), steps)
    list(own)
    assert not found[0].trouble
    return found[0], modules


def exams(watch: equipoise.Watch, name: str | None = None) -> list[dict[str, float]]:
    return [record for record in watch.signals(name) if "coverage" in record]


def test_exams_come_when_they_are_due() -> None:
    watch, _ = watched(lambda attach: loops.concatenated(attach), 60)
    assert [record["step"] for record in exams(watch)] == [20, 40, 60]
    assert exams(watch)[0].keys() >= EXAM
    assert not exams(watch)[0].keys() & HELD_OUT
    drifts = [record.get("drift") for record in exams(watch)]
    assert drifts[:2] == [None, None]  # 20 steps are too few for one
    assert drifts[2] is not None and drifts[2] > 0


def test_held_out_reals_are_asked_about() -> None:
    watch, _ = watched(loops.dcgan_tutorial, 20, heldout=torch.rand(64, 1, loops.SIDE, loops.SIDE) * 2 - 1)
    (exam,) = exams(watch)
    assert exam.keys() >= EXAM | HELD_OUT
    assert 0 <= exam["accuracy_heldout"] <= 1


def test_the_samples_are_those_of_the_loop() -> None:
    """Of a G that gives one point: the fakes of an exam do not differ, the reals do."""

    class Point(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.at = nn.Parameter(torch.tensor([0.5, -1.0]))

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return self.at + 0 * z[:, :2]

    torch.manual_seed(0)
    G, D = Point(), loops.mlps()[1]
    watch = equipoise.watch(G, D, every=10, exam_every=20, out=False, print=False)
    list(islice(loops.plain(G, D), 20))
    (exam,) = exams(watch)
    examiner = watch.match(None).exams.examiner
    assert examiner is not None
    assert examiner.reals.mean().item() == pytest.approx(3, abs=0.5), "reals lie around 3, fakes do not"
    assert mean_distance(examiner.reals) > 1
    assert exam["diversity_pixels"] < 0.2 and exam["coverage"] < 0.5


def test_a_conditional_d_is_left_out_and_the_rest_measured() -> None:
    for loop in (loops.conditional, loops.pix2pix):
        watch, _ = watched(loop, 22)
        (exam,) = exams(watch)[:1]
        assert exam.keys() >= {"coverage", "diversity_pixels"}
        assert not exam.keys() & {"r_t", "coverage_d", "diversity_d"}


def test_a_network_that_can_not_be_copied_costs_the_exam_only() -> None:
    class Stubborn(nn.Sequential):
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("not me")

    torch.manual_seed(0)
    G, D = loops.mlps()
    D = Stubborn(*D)
    watch = equipoise.watch(G, D, every=10, exam_every=20, out=False, print=False)
    list(islice(loops.plain(G, D), 45))
    assert not watch.trouble and not exams(watch)
    assert len(watch.signals()) == 5
    assert any("not me" in note for note in watch.match(None).facts().notes)


def test_no_exams_when_none_are_wanted() -> None:
    torch.manual_seed(0)
    G, D = loops.mlps()
    watch = equipoise.watch(G, D, every=5, exam_every=0, out=False, print=False)
    list(islice(loops.plain(G, D), 20))
    assert not exams(watch) and not watch.match(None).exams.reals


def test_each_discriminator_has_its_own() -> None:
    watch, _ = watched(loops.cyclegan, 45)
    assert watch.signals("D_A") and watch.signals("D_B")
    with pytest.raises(equipoise.SettingError, match="must name a discriminator"):
        watch.signals()
