"""Both players' losses vanish: they are not opponents."""

import math

from equipoise.card import Card
from equipoise.diagnosis.curves import late, quantile
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="swapped_labels",
    title="Swapped labels: both losses vanish, so the players agree",
    equation="L_D and L_G both below 2 % of their values at equilibrium; L_D >= -ln(1 - exp(-L_G)) where they are opponents",
    source="FAILURES.md, section 4b: labels swapped, both losses <= 0.001 in 6 of 6 runs",
    helps="A wiring bug that no setting can cure",
    hurts="A critic's losses may be small together: there it is not asked",
    cost="none",
)
FEW = 5


def from_losses(track: Track) -> Judgement | None:
    facts, d, g = track.facts, late(track["d_loss"]), late(track["g_loss"])
    if facts.objective not in ("non_saturating", "least_squares") or facts.d_equilibrium is None or len(track["d_loss"]) < FEW or not g:
        return None
    limit = THRESHOLDS["both_zero"]
    level = facts.g_equilibrium if facts.g_equilibrium is not None else math.log(2)
    largest = max(d.median / facts.d_equilibrium, g.median / level, quantile(g, 0.75) / level / 5)
    if largest > limit.value:
        return None
    words = (
        f"D's loss ended at {d.median:.3g} and G's at {g.median:.3g}. In a game of two opponents both can't vanish: G is trained with the label"
        " that D gives to fakes, its loss is taken of reals, or what is printed is not what is trained."
    )
    evidence = Evidence("d_loss, g_loss", d.window, largest, "<", limit.value, limit.source, words)
    return Judgement(0.75, "serious", (evidence,), words)


RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="no_learning",
    readings=(Reading(("d_loss", "g_loss"), from_losses),),
    remedies=(),
    explains=("discriminator_dominance", "generator_dominance", "frozen_training", "mode_collapse", "no_learning"),
)
