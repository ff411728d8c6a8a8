"""D knows the training data by heart."""

from equipoise.card import Card
from equipoise.diagnosis.losses import overfitting as losses
from equipoise.diagnosis.rule import Reading, Rule

CARD = Card(
    name="overfitting",
    title="D overfits: it knows the training data by heart",
    equation="r_v = (E D_train - E D_heldout) / (E D_train - E D_fake); of a log, r_t = E sign D(train) alone",
    source="Karras et al. 2020, equation 1; FAILURES.md, section 0.8",
    helps="On hundreds or a few thousand samples the usual end of training",
    hurts="r_t alone is no test: a D that dominates, or says 'real' of everything, has a high one too",
    cost="none",
)

RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="overfitting",
    readings=(Reading(("r_t",), losses.judge, "log"),),
    remedies=(),
    explains=("memorisation", "discriminator_dominance"),
)
