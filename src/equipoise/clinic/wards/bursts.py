"""Solar bursts: the plain DCGAN of the notebooks that dies on 218 windows within an epoch."""

from equipoise.clinic.wards.failures import ANY_OUTCOME, STRONG
from equipoise.clinic.wards.ward import Ward

HOPELESS = 10.0  # G's loss, mean of the last tenth of a run: D gives its samples a chance of one in e^10

NAIVE = Ward(
    "naive",
    "bursts",
    "the notebook's case at half its size, four epochs: a plain DCGAN on 218 windows, hard labels, one rate for both",
    STRONG,
    ANY_OUTCOME | {"overfitting"},
    sound=lambda numbers: numbers["g_loss"] <= HOPELESS,
)
