"""The answers, on games whose state is known."""

import dataclasses
import json
import math

import pytest
import torch
from equilibrium_games import dirac, ring

from equipoise import plain_json
from equipoise.equilibrium.coverage import Coverage
from equipoise.equilibrium.duality_gap import DualityGap, Estimate
from equipoise.equilibrium.evidence import Budget, Evidence, examine
from equipoise.equilibrium.motion import Motion
from equipoise.equilibrium.plateau import Plateau
from equipoise.equilibrium.scene import Scene, fork
from equipoise.equilibrium.verdict import Verdict, decide, judge
from equipoise.equilibrium.words import text
from equipoise.optimizers.consensus import Consensus
from equipoise.optimizers.extragradient import ExtraSGD
from equipoise.penalties.r1 import R1

# ------------------------------------------------------------------------------------------ rules, on made-up numbers


def gap(size: float, seen: float = 0.0) -> DualityGap:
    def number(value: float) -> Estimate:
        return Estimate(value, value, value)

    d, g = number(size / 2), number(size / 2)
    return DualityGap(number(-1.4), number(-1.4), number(-1.4), number(size), d, g, number(size), number(seen), 1.386, 10)


REST = Motion(100, 0.2, 0.1, 0.1, 1.0, 0.05, (0.2,) * 11, 0.2, True, 1.0)
ROUND = dataclasses.replace(REST, roam=2.0, average_distance=0.6)
AFAR = dataclasses.replace(REST, roam=2.0, average_distance=0.1)
FLAT, FALLING = (Plateau(c, c - 0.01, c + 0.01, 4, 1.0, 0.5, 0.5) for c in (0.0, -0.2))
ALL, ONE = Coverage(0.9, 1.0, 20, 1.0), Coverage(0.1, 0.05, 20, 0.1)
GOOD = Evidence(True, ALL, REST, gap(0.02), plateau=FLAT)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "converged to equilibrium"),
        ({"plateau": None}, "converged to equilibrium"),
        ({"plateau": FALLING}, "converged to equilibrium"),  # nobody gains, D sees nothing: the rest is the measure's
        ({"plateau": FALLING, "gap": gap(0.2)}, "still improving"),
        ({"gap": gap(0.2)}, "converged to equilibrium"),
        ({"motion": ROUND}, "converged to equilibrium"),  # around the equilibrium, and good there
        ({"motion": ROUND, "gap": gap(5.0)}, "cycling"),
        ({"motion": ROUND, "coverage": ONE}, "cycling"),
        ({"motion": ROUND, "gap": gap(5.0), "plateau": FALLING}, "cycling"),
        (
            {"motion": dataclasses.replace(ROUND, straight=0.8), "gap": gap(5.0), "plateau": FALLING},
            "still improving",
        ),
        ({"coverage": ONE, "gap": gap(50.0)}, "stationary but collapsed"),
        ({"coverage": Coverage(0.02, 1.0, 20, 1.0)}, "stationary but collapsed"),  # few distinct samples
        ({"gap": gap(1.0)}, "settled but exploitable"),
        ({"gap": gap(0.02, seen=0.5)}, "settled but exploitable"),  # nobody gains, but D sees the difference
        ({"gap": dataclasses.replace(gap(0.2), rise=0.1)}, "insufficient evidence"),  # it was still finding more
        ({"gap": dataclasses.replace(gap(1.0), rise=0.1)}, "settled but exploitable"),
        ({"motion": AFAR, "gap": gap(1.0)}, "insufficient evidence"),
        ({"gap": None}, "insufficient evidence"),
        ({"finite": False}, "diverged"),
        ({"motion": dataclasses.replace(REST, spread=6.0)}, "diverged"),
        ({"motion": dataclasses.replace(REST, distances=(0.1, math.inf))}, "diverged"),
        ({"motion": dataclasses.replace(REST, distances=(0.1, math.nan))}, "diverged"),
    ],
)
def test_an_answer_for_every_kind_of_evidence(changes: dict[str, object], answer: str) -> None:
    found, reasons = judge(dataclasses.replace(GOOD, **changes))  # type: ignore[arg-type]
    assert found == answer
    assert reasons and all(reasons)


def test_without_anything_measured_every_line_is_there_and_says_what_it_needs() -> None:
    verdict = decide(Evidence(finite=False), 5)
    assert verdict.answer == "diverged" and verdict.local_nash == "not established"
    assert {row.standing for row in verdict.indicators} == {"not assessed"}
    assert verdict["path_angle"].words.startswith("needs an earlier checkpoint")


# --------------------------------------------------------------------------------------------------- the Dirac-GAN


def examined(now: Scene, earlier: object, quick: bool = True) -> Verdict:
    found = examine(now, LITTLE if quick else Budget.of(now.game), earlier=earlier)  # type: ignore[arg-type]
    return decide(found, now.game.steps)


@pytest.mark.parametrize("order", ["alternating", "simultaneous"])
def test_the_plain_dirac_gan_cycles_although_its_d_loss_is_that_of_the_equilibrium(order: str) -> None:
    now, earlier = dirac(steps=200, start=(0.3, 0.3) if order == "simultaneous" else (1.0, 0.5), order=order)
    game = fork(now.game)
    losses = [float(game.step(now.draw).d_loss) for _ in range(100)]
    assert 0.6 < sum(losses) / 100 < 0.8
    verdict = examined(now, earlier)
    assert verdict.answer == "cycling"
    assert verdict["duality_gap"].standing == "contradicts" and verdict["from_average"].standing == "contradicts"


@pytest.mark.parametrize(
    ("trick", "settings", "steps"),
    [
        (R1(weight=1.0), {}, 200),
        (Consensus(weight=4.0), {"order": "simultaneous"}, 200),
        (None, {"optimizer": ExtraSGD, "order": "simultaneous", "rate": 0.5}, 600),
    ],
    ids=["R1", "consensus", "extragradient"],
)
def test_dirac_gans_that_converge_are_said_to(trick: R1 | Consensus | None, settings: dict[str, object], steps: int) -> None:
    now, earlier = dirac(*([] if trick is None else [trick]), steps=steps, **settings)  # type: ignore[arg-type]
    verdict = examined(now, earlier)
    assert verdict.answer == "converged to equilibrium"
    assert abs(verdict["duality_gap"].value or 0) < 0.05
    assert verdict.local_nash == "not established"
    assert verdict["least_real"].standing == ("supports" if trick is None else "proves")


# ----------------------------------------------------------------------------------------------------------- ring


LITTLE = Budget(40, (1.0, 5.0), 100, 10, 128)


def on_ring(kind: str, steps: int, seed: int, *, quick: bool, hidden: int = 32) -> Verdict:
    now, earlier, source = ring(kind, steps, seed, hidden)
    found = examine(now, LITTLE if quick else Budget.of(now.game), earlier=earlier, modes=source.modes)
    return decide(found, now.game.steps)


ANSWERS = {"healthy": "converged to equilibrium", "collapsed": "stationary but collapsed", "cycling": "cycling"}


@pytest.mark.parametrize(("kind", "steps"), [("healthy", 600), ("collapsed", 400), ("cycling", 500)])
def test_a_ring_is_told_for_what_it_is(kind: str, steps: int) -> None:
    torch.set_flush_denormal(True)
    try:
        verdict = on_ring(kind, steps, 0, quick=True)
    finally:
        torch.set_flush_denormal(False)
    assert verdict.answer == ANSWERS[kind], verdict.reasons
    size = verdict["duality_gap"].value
    assert size is not None and (size < 0.2 if kind == "healthy" else size > 2)
    clusters = verdict["clusters"].value
    assert clusters is not None and (clusters == 1) == (kind == "healthy")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", ANSWERS)
def test_rings_of_other_seeds_in_full(kind: str, seed: int) -> None:
    verdict = on_ring(kind, 2000, seed, quick=False, hidden=64)
    assert verdict.answer == ANSWERS[kind], verdict.reasons


def test_a_diverged_game_is_told_by_its_weights() -> None:
    now, earlier = dirac(steps=10)
    with torch.no_grad():
        next(now.game.D.module.parameters()).fill_(torch.nan)
    verdict = examined(now, earlier)
    assert verdict.answer == "diverged" and "not numbers" in verdict.reasons[0]


# ----------------------------------------------------------------------------------------------------- what it says


def test_a_verdict_is_plain_json_and_a_screenful() -> None:
    verdict = decide(GOOD, 100)
    facts = json.loads(plain_json.dumps(verdict.as_json()))
    assert facts["answer"] == "converged to equilibrium" and facts["step"] == 100
    assert {"name", "value", "expected", "standing", "words", "low", "high"} <= facts["indicators"][0].keys()
    said = text(verdict)
    assert said.startswith("step 100: converged to equilibrium\n")
    assert "local Nash equilibrium: not established" in said
    for row in verdict.indicators:
        assert row.title in said and f"{row.standing}: " in said
    assert max(map(len, said.splitlines())) < 200
    with pytest.raises(KeyError):
        verdict["no such line"]


def test_the_same_seed_gives_the_same_verdict() -> None:
    now, earlier = dirac(R1(weight=0.2), steps=20)
    one, two = (dataclasses.replace(examined(now, earlier), seconds={}) for _ in range(2))
    assert one == two
