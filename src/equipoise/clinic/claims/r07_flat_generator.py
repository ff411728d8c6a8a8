"""R7: the signs of a vanishing gradient."""

from equipoise.clinic.claims.reading import Reading, claim, every
from equipoise.clinic.trial import Outcome

VANISHED = 1e-3  # norm of the gradient of G's loss at a sample; between 0.05 and 10 where players learn


def starved(o: Outcome) -> bool:
    """The gradient that reached G's samples, measured over the last tenth."""
    return o.numbers.get("fake_grad", 1.0) < VANISHED


PARTS = {
    "G loss hardly changes": lambda n: n["g_loss_std"] < 0.05,
    "D right on 99 %": lambda n: (n["accuracy_real"] + n["accuracy_fake"]) / 2 >= 0.99,
}

R7 = claim(
    "R7",
    "Vanishing gradients show as a G loss that hardly changes while D is at 0.99 accuracy",
    "Hardly changes: a standard deviation below 0.05 over the last 30 % of the run. D's accuracy is the mean of those on reals"
    f" and fakes, last tenth. True is a gradient of G's loss at its samples below {VANISHED:g}, last tenth, as recorded.",
    Reading("runs with a vanished gradient", starved, every(*PARTS.values()), PARTS),
)
