"""Wards: what they say of themselves holds, and each can be played."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from equipoise import api
from equipoise.clinic.outcome import energy, measured
from equipoise.clinic.wards import BASES, ENOUGH, WARDS, source
from equipoise.diagnosis import RULES
from equipoise.recipe import resolve

BREAKS = "ring/no-lipschitz"  # within two steps
POINTS = [
    name for name, ward in WARDS.items() if ward.data in ("ring", "dirac") and name != BREAKS
]  # the grid's are the ring's


@pytest.mark.parametrize("name", WARDS)
def test_a_ward_says_what_it_is(name: str) -> None:
    ward = WARDS[name]
    assert name == f"{ward.data}/{ward.name}"
    assert (ward.right | ward.beside) <= set(RULES)
    assert ward.healthy is (not ward.right)
    assert ward.data in BASES and ward.data in ENOUGH
    recipe = {**ward.base, **ward.changes, "name": name}
    assert resolve({**recipe, "network": recipe.get("network", {"kind": "mlp"})}).steps


def test_each_failing_ward_has_a_healthy_twin() -> None:
    failing = [ward for ward in WARDS.values() if not ward.healthy and ward.data != "bursts"]
    assert all(WARDS[ward.twin].healthy for ward in failing)
    assert {ward.data for ward in failing} == {"ring", "grid", "mnist", "fashion", "dirac"}


def test_what_nothing_can_treat_is_in_the_users_own_networks() -> None:
    hopeless = [ward for ward in WARDS.values() if not ward.curable]
    assert {ward.name for ward in hopeless} == {"few-codes", "one-batch-of-noise", "saturating"}
    for ward in (ward for ward in hopeless if not ward.image):
        assert "generator" in ward.given(0), f"{ward.name}: its cause is no network of the user's"


@pytest.mark.parametrize("name", POINTS)
def test_wards_of_points_begin(name: str, tmp_path: Path) -> None:
    """A few steps of each, and a truth that is told apart from anything that a rule sees."""
    ward = WARDS[name]
    given: dict[str, Any] = ward.given(3)
    recipe = {**given.pop("recipe"), "batch": 8, "steps": 2, "checkpoints": {"every_steps": 100}}
    run = api.fit(recipe, out=tmp_path / "run", **given)
    found = ward.measure(run.game) if ward.measure else measured(ward, run.sample(200, 7), 3)
    assert 0 <= found["found"] <= found["of"]
    assert found["energy"] >= 0 and found["frechet"] >= 0


def test_dirac_games_end_as_the_theory_says(tmp_path: Path) -> None:
    for name, well in (("dirac/saturating", False), ("dirac/r1", True)):
        ward = WARDS[name]
        given = ward.given(0)
        recipe = {**given.pop("recipe"), "steps": 60}
        game = api.fit(recipe, out=tmp_path / name, **given).game
        assert ward.measure is not None
        assert ward.came_well(ward.measure(game)) is well


def test_the_truth_of_points() -> None:
    ward = WARDS["ring/r1"]
    real = source("ring", seed=1).batch(torch.arange(1000))
    good = measured(ward, real, 0)
    assert (good["found"], good["of"]) == (8, 8)
    assert good["energy"] < 0.01 and good["frechet"] < 0.05 and good["good"] > 0.99
    assert ward.came_well(good)
    one_mode = measured(ward, real[:1].expand(1000, -1) + 0.01 * torch.randn(1000, 2), 0)
    assert one_mode["found"] == 1 and one_mode["frechet"] > 1
    assert not ward.came_well(one_mode)


def test_energy_is_the_distance_of_its_definition() -> None:
    x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0], [1.0]])
    cross = (1 + 3 + 1 + 1 + 1 + 1) / 6
    within = (2 * 2) / 4, (4 * 2) / 9
    assert energy(x, y) == pytest.approx((2 * cross - sum(within)) / within[1])
    assert energy(torch.full((3, 1), math.nan), y) == math.inf


def test_held_out_data_are_others() -> None:
    for data in ("ring", "grid"):
        train, test = source(data, "train", 4), source(data, "test", 4)
        assert train.values is not None and test.values is not None
        assert not torch.equal(train.values[:100], test.values[:100])
