import math
from pathlib import Path

import pytest

from equipoise.objectives import OBJECTIVES
from equipoise.pages.facts import of_run
from equipoise.run_folder import RunFolder


def facts_of(path: Path, text: str) -> object:
    (path / "recipe.yaml").write_text(f"name: x\ndata: {{kind: ring}}\nnetwork: {{kind: mlp}}\nsteps: 10\n{text}")
    return of_run(RunFolder(path))


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_equilibria_are_the_objectives_own(tmp_path: Path, objective: str) -> None:
    found = facts_of(tmp_path, f"objective: {objective}\n")
    at = OBJECTIVES[objective].equilibrium()
    assert (found.objective, found.d_equilibrium, found.g_equilibrium) == (objective, at.d_loss, at.g_loss)
    assert found.d_floor == (None if objective == "wasserstein" else 0.0)
    assert found.steps_planned == 10


@pytest.mark.parametrize(
    ("labels", "d", "g", "floor"),
    [
        ("real: 0.9", 0.6881, 0.7985, 0.1625),
        ("real: 0.8", 0.6730, 0.9163, 0.2502),
        ("real: 0.9, fake: 0.1", 0.6931, 0.6931, 0.3251),
    ],
)
def test_smoothed_labels(tmp_path: Path, labels: str, d: float, g: float, floor: float) -> None:
    found = facts_of(tmp_path, f"tricks: {{label_smoothing: {{{labels}}}}}\n")
    assert found.objective == "non_saturating"
    assert [found.d_equilibrium, found.g_equilibrium, found.d_floor] == [pytest.approx(v, abs=1e-4) for v in (d, g, floor)]


def test_a_recipe_that_cannot_be_resolved_is_a_note(tmp_path: Path) -> None:
    found = facts_of(tmp_path, "objective: nonsense\n")
    assert found.d_equilibrium is None and "nonsense" in found.notes[0]


def test_an_objective_of_the_users_own(tmp_path: Path) -> None:
    found = facts_of(tmp_path, "objective: custom\n")
    assert found.d_equilibrium is None and "own" in found.notes[0]
    assert not math.isnan(found.certainty)
