"""D tells reals from fakes too easily and G does not catch up."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="discriminator_dominance",
    title="Discriminator dominance: D wins and G does not catch up",
    equation="accuracy of D on reals and fakes >= 0.95, held out where there are held-out reals",
    source="Arjovsky and Bottou 2017; FAILURES.md, section 2",
    helps="Names the failure that is reported most: 'loss D goes to 0 and loss G climbs'",
    hurts="A low D loss alone is no failure: many good GANs train with one",
    cost="none",
)


def from_signals(track: Track) -> Judgement | None:
    limit = THRESHOLDS["accuracy_dominance"]
    real, fake = track["accuracy_real"].share(0.7), track["accuracy_fake"].share(0.7)
    accuracy = (real.mean + fake.mean) / 2
    if accuracy < limit.value:
        return None
    words = f"D is right about {accuracy:.0%} of reals and fakes."
    evidence = Evidence("accuracy_real, accuracy_fake", real.window, accuracy, ">", limit.value, limit.source, words)
    return Judgement(0.6, "serious", (evidence,), words)


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="discriminator_dominance",
    readings=(Reading(("accuracy_real", "accuracy_fake"), from_signals),),
    remedies=("r1",),
    explains=("mode_collapse", "vanishing_gradient"),
)
