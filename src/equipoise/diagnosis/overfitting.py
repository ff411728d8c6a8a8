"""D knows the training data by heart."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    exams,
    history,
    onset,
    percent,
    reach,
    standing,
    steps,
    sureness,
)
from equipoise.diagnosis.losses import overfitting as losses
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


def from_signals(track: Track) -> Judgement | None:
    """D treats held-out reals as fakes. r_v is the measure; the accuracies confirm it, since its denominator may be small."""
    ratio, train, held = (exams(track, name) for name in ("r_v", "accuracy_train_reals", "accuracy_heldout"))
    gap = train.median - held.median
    if len(ratio) < 2 or not ratio.median > THRESHOLDS["r_v"].value or not gap > THRESHOLDS["heldout_gap"].value:
        return None
    told = (
        f"On held-out reals D's logit falls {percent(ratio.median)} of the way from training reals to fakes (r_v, "
        f"{steps(ratio)})."
    )
    seen = (
        f"It takes {percent(train.median)} of the reals that it was trained on for real, and {percent(held.median)} of those "
        "it was not."
    )
    evidence = (
        Evidence.of("r_v", ratio, ratio.median, ">", "r_v", told),
        Evidence.of("accuracy_heldout", held, gap, ">", "heldout_gap", seen),
    )
    words = (
        f"{told} {seen} D knows the training data by heart instead of what they have in common, and teaches G to copy or to "
        "please it by accident. "
        "It is not a D that wins: that one is right about held-out reals too. r_t alone could not tell the two apart, nor "
        "could the losses."
    )
    covered = reach(track)
    worse = covered is not None and covered.share_of_best < THRESHOLDS["coverage_fallen"].value
    sure = (sureness(ratio.median, "r_v") + sureness(gap, "heldout_gap")) / 2
    series = history(track, "r_v")
    begin = onset(series, series.values > THRESHOLDS["r_v"].value)
    return Judgement(sure, "serious" if worse or standing(track, "memorised") > 0.7 else "warning", evidence, words, begin)


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="overfitting",
    readings=(
        Reading(("r_v", "accuracy_train_reals", "accuracy_heldout"), from_signals),
        Reading(("r_t",), losses.judge, "log"),
    ),
    remedies=("diff_augment", "ada", "lecam", "r1", "dropout", "smaller_d", "stop"),
    explains=("memorisation", "discriminator_dominance"),
)
