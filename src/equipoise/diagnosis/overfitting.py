"""D knows the training data by heart."""

from equipoise.card import Card
from equipoise.diagnosis.curves import late
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="overfitting",
    title="D overfits: it knows the training data by heart",
    equation="r_v = (E D_train - E D_heldout) / (E D_train - E D_fake); of a log, r_t = E sign D(train) alone",
    source="Karras et al. 2020, equation 1; FAILURES.md, section 0.8",
    helps="On hundreds or a few thousand samples the usual end of training",
    hurts="r_t alone is no test: a D that dominates, or says 'real' of everything, has a high one too",
    cost="none",
)


def from_losses(track: Track) -> Judgement | None:
    """r_t as StyleGAN logs it: a hint, a strong one only where it stands near 1 while D tells fakes as surely."""
    limit, end = THRESHOLDS["r_t"], late(track["r_t"])
    if not end or end.median < limit.value:
        return None
    sure = 0.55 if end.median > 0.85 else 0.4
    words = (
        f"D gives {(end.median + 1) / 2:.0%} of the training data a positive logit (r_t = {end.median:.2f}, ADA aims at {limit.value}): either D knows"
        " the training data by heart, or it dominates. Only held-out data can tell (r_v)."
    )
    evidence = Evidence("r_t", end.window, end.median, ">", limit.value, limit.source, words)
    return Judgement(sure, "warning" if sure > 0.5 else "note", (evidence,), words)


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="overfitting",
    readings=(Reading(("r_t",), from_losses),),
    remedies=(),
    explains=("memorisation", "discriminator_dominance"),
)
