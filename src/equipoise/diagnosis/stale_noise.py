"""G is given the same latents again and again."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import history, onset, percent, recent, steps
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="stale_noise",
    title="Stale noise: G is trained on the same latents in every step",
    equation="share of G's training passes whose latents equal those of the pass before > 0.9",
    source="A correct loop draws new ones in every step: 0, or 0.5 where both players' steps share them",
    helps="G learns a table of one batch: its samples of other latents are never trained",
    hurts="Overfitting one batch on purpose, as a test of a loop, looks the same",
    cost="one comparison of two tensors of latents",
)


def from_signals(track: Track) -> Judgement | None:
    series = history(track, "latent_repeats")
    now = recent(series)
    if len(now) < 2 or not now.median > THRESHOLDS["latent_repeats"].value:
        return None
    told = f"{percent(now.median)} of G's training passes got the latents of the pass before ({steps(now)})."
    evidence = Evidence.of("latent_repeats", now, now.median, ">", "latent_repeats", told)
    words = (
        f"{told} They are drawn once, outside the loop, or a seed is set inside it. G learns one batch by heart, and its "
        "samples of any other latents "
        "are as they were at the beginning. It is not the sharing of latents by D's and G's step, which repeats every second "
        "pass only."
    )
    return Judgement(0.9, "serious", (evidence,), words, onset(series, series.values > THRESHOLDS["latent_repeats"].value))


RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="mode_collapse",
    readings=(Reading(("latent_repeats",), from_signals),),
    remedies=("fresh_noise",),
    explains=("mode_collapse", "memorisation", "overfitting", "no_learning", "discriminator_dominance"),
)
