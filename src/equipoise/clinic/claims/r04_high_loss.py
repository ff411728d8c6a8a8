"""R4: who is winning when D's loss is high."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from equipoise.clinic.claims.reading import POOL, RULE, Reading
from equipoise.clinic.trial import Claim, Outcome, Verdict
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Targets

HIGH, WINS = 0.9, 0.9  # D's loss; its accuracy on held-out reals and on fakes
GAME = OBJECTIVES["non_saturating"]


def wins(o: Outcome) -> bool:
    n = o.numbers
    return min(n.get("accuracy_heldout", n.get("accuracy_real", 0.0)), n.get("accuracy_fake", 0.0)) >= WINS


READING = Reading("runs that D wins", wins, lambda n: n["d_loss"] > HIGH, {})


def extremes() -> tuple[float, float]:
    """(the highest loss of a D that gets every sample right, the lowest of one that gets every sample wrong)."""
    margins = torch.linspace(0, 10, 201)
    labels = Targets(torch.tensor(1.0), torch.tensor(0.0))

    def loss(margin: torch.Tensor) -> float:
        return float(GAME.recorded(GAME.d_loss(margin[None], -margin[None], labels)))

    return max(loss(m) for m in margins), min(loss(-m) for m in margins)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    found = READING.decide(outcomes)
    highest, lowest = extremes()
    words = (
        f"{found.words} With equal margins, D's loss is at most {highest:.3f} while it gets"
        f" every sample right, and at least {lowest:.3f} while it gets every one wrong: above {HIGH} D is losing."
    )
    return replace(found, words=words, numbers={**found.numbers, "all right, at most": highest, "all wrong, at least": lowest})


R4 = Claim(
    "R4",
    "D loss above 0.9: the discriminator is too strong",
    f"Mean over the last tenth. D is strong where it wins: right on at least {WINS:.0%} of held-out reals and of fakes at the"
    f" end. {RULE}",
    POOL,
    decide,
)
