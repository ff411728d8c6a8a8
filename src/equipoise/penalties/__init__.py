"""The penalties: tricks that add a term to D's loss, by name."""

from equipoise.penalties.consistency import Consistency
from equipoise.penalties.dragan import DRAGAN
from equipoise.penalties.gradient_penalty import GradientPenalty
from equipoise.penalties.lecam import LeCam
from equipoise.penalties.r1 import R1
from equipoise.penalties.r2 import R2
from equipoise.pieces import Penalty

PENALTIES: dict[str, type[Penalty]] = {
    "r1": R1,
    "r2": R2,
    "gradient_penalty": GradientPenalty,
    "dragan": DRAGAN,
    "lecam": LeCam,
    "consistency": Consistency,
}
