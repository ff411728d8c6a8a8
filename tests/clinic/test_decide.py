"""The rule for claims on treatments: what counts as help and harm, and which verdict follows."""

import math

import pytest

from equipoise.clinic.decide import HEAD, RULE, Effect, compare, effects, factor, needed, ratio, verdict
from equipoise.clinic.trial import Arm, Outcome, Trial

A, B, C = Arm("control", ""), Arm("b", ""), Arm("c", "")
TRIALS = (Trial("one", (A, B)), Trial("two", (A, B)))


def runs(ward: str, arm: str, good: int, distance: float = 1.0, steps: int = 100, broken: int = 0) -> list[Outcome]:
    """Five runs, the first `good` of them healthy, the last `broken` diverged, with distances that differ a little."""
    apart = [distance * (1 + 0.01 * ((7 * i) % 5)) for i in range(5)]
    return [Outcome(ward, arm, i, i < good, i >= 5 - broken, steps, 1.0, {"frechet": apart[i]}) for i in range(5)]


def one(control: list[Outcome], arm: list[Outcome]) -> Effect:
    return compare("one", "b", list(zip(control, arm, strict=True)))


def test_success_where_there_is_room_for_it() -> None:
    effect = one(runs("one", "control", 0), runs("one", "b", 4))
    assert (effect.measure, effect.value, effect.word) == ("success", 0.8, "helps")
    assert one(runs("one", "control", 4), runs("one", "b", 0)).word == "harms"
    nothing = one(runs("one", "control", 1), runs("one", "b", 2))
    assert nothing.word == "no effect shown" and not nothing.small, "20 points matter, and five seeds don't show them"
    assert one(runs("one", "control", 0), runs("one", "b", 0, distance=0.1)).measure == "success", "none came well: no benefit"


def test_quality_where_success_is_at_its_ceiling() -> None:
    effect = one(runs("one", "control", 5), runs("one", "b", 5, distance=0.5))
    assert (effect.measure, effect.word) == ("quality", "helps")
    assert math.exp(effect.value) == pytest.approx(0.5, rel=0.01)
    assert effect.gain > 0 and effect.distance == pytest.approx(effect.value, abs=1e-3)
    assert one(runs("one", "control", 5), runs("one", "b", 5, distance=2.0)).word == "harms"
    close = one(runs("one", "control", 5), runs("one", "b", 5, distance=0.95))
    assert close.small, "5 % of the distance do not matter"
    assert one(runs("one", "control", 5), runs("one", "b", 2, distance=0.5)).word != "helps", "better ones of fewer that live"


def test_a_run_without_a_distance_is_no_perfect_one() -> None:
    arm = runs("one", "b", 4, distance=0.5)
    arm[4] = Outcome("one", "b", 4, False, True, 3, 1.0, {})
    effect = one(runs("one", "control", 5), arm)
    assert effect.word == "no effect shown" and effect.broken == 1 and effect.amount.endswith("(any to any)")


def test_pairs_are_made_by_seed() -> None:
    outcomes = [*runs("one", "control", 2), *runs("one", "b", 5)[::-1], *runs("two", "control", 0)]
    (effect,) = effects(TRIALS, outcomes)
    assert (effect.seeds, effect.control, effect.healthy) == (5, 2, 5)
    (fewer,) = effects(TRIALS, outcomes[:3] + runs("one", "b", 5))
    assert fewer.seeds == 3, "a seed without its control does not count"
    (own,) = effects(TRIALS, outcomes, well=lambda o: o.arm == "control")
    assert (own.control, own.healthy, own.word) == (5, 0, "harms"), "a claim can say itself what success is"


def test_a_reading_is_compared_whatever_became_of_the_run() -> None:
    control = [Outcome("one", "control", i, False, False, 9, 1.0, {"pull": 1e-6}) for i in range(5)]
    arm = [Outcome("one", "b", i, False, False, 9, 1.0, {"pull": 0.1 + 0.01 * i}) for i in range(5)]
    effect = ratio("one", "b", list(zip(control, arm, strict=True)), "gradient", "pull")
    assert effect.word == "helps" and effect.amount.startswith("gradient x 1e+05") and effect.distance is None
    assert ratio("one", "b", list(zip(arm, control, strict=True)), "gradient", "pull").word == "harms"
    assert ratio("one", "b", list(zip(arm, control, strict=True)), "quality", "pull").word == "helps", "a smaller distance"


def both(first: tuple[int, int], second: tuple[int, int]) -> list[Effect]:
    """Arm b in two wards: healthy runs without and with it."""
    outcomes = []
    for ward, (before, after) in (("one", first), ("two", second)):
        outcomes += [*runs(ward, "control", before), *runs(ward, "b", after)]
    return effects(TRIALS, outcomes)


@pytest.mark.parametrize(
    "first, second, answer",
    [
        ((0, 5), (0, 4), "confirmed"),
        ((0, 5), (0, 0), "depends"),
        ((0, 5), (5, 0), "depends"),
        ((0, 0), (1, 1), "refuted"),
        ((0, 0), (3, 0), "refuted"),
        ((0, 2), (5, 0), "refuted"),
        ((0, 2), (0, 2), "depends"),
        ((0, 2), (0, 0), "depends"),
    ],
    ids=["all help", "one helps", "helps and harms", "nothing", "less", "harm shown", "too few seeds to tell", "half small"],
)
def test_the_verdict_follows_from_the_rule(first: tuple[int, int], second: tuple[int, int], answer: str) -> None:
    assert verdict(both(first, second)).answer == answer


def test_words_come_from_the_numbers() -> None:
    found = verdict(both((0, 5), (5, 0)), "A note.")
    assert found.words.startswith("Of 2 comparisons 1 show a benefit and 1 a harm. It depends on the ward: it helps b on one;")
    assert "It harms b on two." in found.words
    assert "The largest effect: b on one, +100 points (+39 to +100)." in found.words
    assert found.words.endswith("A note.")
    unsure = verdict(both((0, 2), (0, 2))).words
    assert (
        "In 0 the mean effect is a bad one" in unsure
        and "With 5 seeds a benefit is shown from 3 more healthy runs on" in unsure
    )
    assert "Numbers broke" not in unsure
    broken = [*runs("one", "control", 0, broken=2), *runs("one", "b", 5)]
    assert "Numbers broke in 2 of 5 runs without and 0 of 5 with it." in verdict(effects(TRIALS, broken)).words
    assert verdict([]).answer == "depends" and verdict([]).words == "There are no runs to compare."


def test_it_depends_on_the_arm_where_arms_differ_everywhere() -> None:
    trials = tuple(Trial(ward, (A, B, C)) for ward in ("one", "two"))
    outcomes = []
    for ward in ("one", "two"):
        outcomes += [*runs(ward, "control", 0), *runs(ward, "b", 5), *runs(ward, "c", 0)]
    assert "It depends on the arm: it helps b on one, b on two;" in verdict(effects(trials, outcomes)).words
    outcomes[-5:] = runs("two", "c", 5)
    assert "It depends on the arm and the ward" in verdict(effects(trials, outcomes)).words


def test_arms_beside_a_claim_are_shown_and_do_not_count() -> None:
    trials = (Trial("one", (A, B, C)),)
    outcomes = [*runs("one", "control", 0), *runs("one", "b", 5), *runs("one", "c", 0)]
    assert verdict(effects(trials, outcomes)).answer == "depends"
    found = verdict(effects(trials, outcomes), beside=("c",))
    assert found.answer == "confirmed" and len(found.table) == 3 and len(found.numbers["effects"]) == 2


@pytest.mark.parametrize("first, second, answer", [(0, 5, "confirmed"), (5, 0, "confirmed"), (0, 0, "refuted")])
def test_a_fallback_counts_where_the_first_is_not_enough(first: int, second: int, answer: str) -> None:
    trials = (Trial("one", (A, B, C)),)
    outcomes = [*runs("one", "control", 0), *runs("one", "b", first), *runs("one", "c", second)]
    found = verdict(effects(trials, outcomes), instead={"c": "b"})
    assert found.answer == answer and "Of 1 comparisons" in found.words and len(found.table) == 3


def test_the_table_has_costs_and_one_width() -> None:
    outcomes = [*runs("one", "control", 0, steps=100), *runs("one", "b", 5, steps=250, distance=0.5)]
    table = verdict(effects(TRIALS, outcomes)).table
    assert table[0] == HEAD and {len(row) for row in table} == {len(HEAD)}
    assert table[1] == ("one", "b", "0/5", "5/5", "+100 points (+39 to +100)", "0.50", "250 (100 without)", "helps")


def test_factors_far_from_one_stay_readable() -> None:
    assert [factor(x) for x in (0.0, math.log(0.8), -20.0, 20.0, math.inf)] == ["1.00", "0.80", "2e-09", "5e+08", "any"]


def test_what_seeds_can_show() -> None:
    assert (needed(5), needed(10), needed(1)) == ("3 more healthy runs", "4 more healthy runs", "no number of healthy runs")


def test_the_rule_names_its_numbers() -> None:
    assert all(words in RULE for words in ("80%", "10 points", "10%", "95 %"))
