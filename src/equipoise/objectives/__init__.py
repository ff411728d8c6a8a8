"""The objectives: pairs of losses, by name. An objective has no settings and no state, so these are instances."""

from equipoise.objectives.hinge import Hinge
from equipoise.objectives.least_squares import LeastSquares
from equipoise.objectives.minimax import Minimax
from equipoise.objectives.non_saturating import NonSaturating
from equipoise.objectives.relativistic import RelativisticAverage, RelativisticPaired
from equipoise.objectives.wasserstein import Wasserstein
from equipoise.pieces import Objective

OBJECTIVES: dict[str, Objective] = {
    "non_saturating": NonSaturating(),
    "minimax": Minimax(),
    "least_squares": LeastSquares(),
    "wasserstein": Wasserstein(),
    "hinge": Hinge(),
    "relativistic_average": RelativisticAverage(),
    "relativistic_paired": RelativisticPaired(),
}
