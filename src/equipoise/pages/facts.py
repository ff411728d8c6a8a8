"""The facts of a run that has no players in memory: from its recipe."""

from __future__ import annotations

from equipoise import recipe as recipes
from equipoise.diagnosing import entropy
from equipoise.diagnosis.track import Facts
from equipoise.errors import SettingError
from equipoise.objectives import OBJECTIVES
from equipoise.run_folder import RunFolder

BOUNDED = ("least_squares", "hinge", "relativistic_average", "relativistic_paired")  # below, by 0


def of_run(run: RunFolder, samples: int | None = None) -> Facts:
    """What the recipe tells of the objective and its labels; where it can't be resolved, a note of why."""
    try:
        recipe = recipes.resolve(recipes.read(run.recipe))
        tricks = recipes.tricks(recipe)
    except SettingError as error:
        return Facts(samples=samples, notes=(f"the recipe can't be read ({error}): no equilibrium is drawn",))
    objective = OBJECTIVES.get(recipe.objective)
    if objective is None:
        return Facts(batch=recipe.batch, samples=samples, notes=("the objective is the user's own: no equilibrium is drawn",))
    real, fake = 1.0, 0.0
    for trick in tricks:
        real, fake = trick.expected_targets(real, fake)
    at = objective.equilibrium(real, fake)
    return Facts(
        objective=recipe.objective,
        convention="mean",
        d_equilibrium=at.d_loss,
        g_equilibrium=at.g_loss,
        d_floor=floor(recipe.objective, objective.takes_targets, real, fake),
        logits=objective.takes_targets and recipe.objective != "least_squares",
        batch=recipe.batch,
        samples=samples,
        steps_planned=recipe.steps,
    )


def floor(objective: str, takes_targets: bool, real: float, fake: float) -> float | None:
    """The recorded loss of a perfect D: for cross-entropies the mean entropy of its labels."""
    if objective in BOUNDED:
        return 0.0
    return (entropy(real) + entropy(fake)) / 2 if takes_targets else None
