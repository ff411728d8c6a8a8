"""The claims on readings: each verdict follows from the outcomes, by the rule that was stated."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from equipoise.clinic.claims import CLAIMS
from equipoise.clinic.claims.r03_collapse_or_dominance import LOWERED, RAISED, turned
from equipoise.clinic.claims.r12_disjoint_supports import measured
from equipoise.clinic.claims.reading import (
    POOL,
    Reading,
    Score,
    Share,
    auc,
    collapsed,
    harmed,
    nothing_done,
    score,
    untreated,
    well,
)
from equipoise.clinic.reading_pictures import PICTURES, picture
from equipoise.clinic.trial import Outcome
from equipoise.clinic.wards import SCORED, WARDS

ROWS = [f"R{i}" for i in range(1, 16)]
FINE = {  # the readings of a game near its equilibrium
    "of": 10.0,
    "energy": 0.01,
    "frechet": 0.1,
    "d_loss": 0.6,
    "d_loss_first": 0.66,
    "d_loss_start": 0.69,
    "d_loss_std": 0.02,
    "d_loss_least": 0.5,
    "d_loss_falls": 0.5,
    "d_loss_jumps": 0.0,
    "g_loss": 0.9,
    "g_loss_first": 1.2,
    "g_loss_start": 0.7,
    "g_loss_std": 0.03,
    "g_loss_falls": 0.5,
    "g_loss_jumps": 0.0,
    "d_real": 0.55,
    "d_real_std": 0.01,
    "d_fake_before": 0.45,
    "d_fake_before_first": 0.5,
    "d_fake_before_std": 0.01,
    "accuracy_real": 0.6,
    "accuracy_fake": 0.6,
    "accuracy_heldout": 0.6,
    "fake_grad": 1.0,
    "diversity_encoder": 1.0,
    "moved": 0.05,
    "coverage_wide": 0.9,
    "coverage_wide_first": 0.2,
    "coverage_wide_range": 0.05,
}
BAD = {  # those of a game that D has won
    "energy": 0.9,
    "frechet": 50.0,
    "d_loss": 0.01,
    "d_loss_least": 0.001,
    "g_loss": 9.0,
    "g_loss_std": 0.5,
    "accuracy_real": 1.0,
    "accuracy_fake": 1.0,
    "accuracy_heldout": 1.0,
    "coverage_wide": 0.0,
    "coverage_wide_first": 0.1,
    "diversity_encoder": 0.2,
}


def run(ward: str, seed: int = 0, arm: str | None = None, **numbers: float) -> Outcome:
    good = WARDS[ward].healthy
    modes = {"found": 10.0 if good else 1.0}
    values = {**FINE, **modes, **({} if good else BAD), **numbers}
    return Outcome(ward, arm or nothing_done(WARDS[ward]).name, seed, good, False, 1000, 1.0, values)


def pool() -> list[Outcome]:
    return [run(trial.ward, seed) for trial in POOL for seed in range(3)]


def changed(runs: Sequence[Outcome], ward: str, **numbers: float) -> list[Outcome]:
    return [replace(o, numbers={**o.numbers, **numbers}) if o.ward == ward else o for o in runs]


# ------------------------------------------------------------------------------------------------------- all rows


@pytest.mark.parametrize("name", ROWS)
def test_each_row_is_on_trial(name: str) -> None:
    claim = CLAIMS[name]
    assert claim.name == name
    assert "onfirmed" in claim.rule and "efuted" in claim.rule and "depends" in claim.rule.lower()
    assert all(trial.seeds >= 5 for trial in claim.trials)
    assert {trial.ward for trial in claim.trials} == {trial.ward for trial in POOL}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("runs", [pool(), pool()[:1], [replace(pool()[0], diverged=True, healthy=False, numbers={})], []])
def test_each_verdict_can_be_written_down(name: str, runs: list[Outcome]) -> None:
    found = CLAIMS[name].decide(runs)
    assert found.answer in ("confirmed", "refuted", "depends")
    assert found.words.endswith(".") and "  " not in found.words
    assert len({len(row) for row in found.table}) == 1 and len(found.table) > 1
    json.dumps(found.numbers, allow_nan=False)


def test_runs_are_those_of_all_scored_wards_and_every_one_has_curves() -> None:
    assert {trial.ward for trial in POOL} == {name for name, ward in WARDS.items() if ward.data in SCORED}
    for trial in POOL:
        ward, arm = WARDS[trial.ward], trial.arms[0]
        assert arm.alone or ward.image or ward.plant is not None, "seeds side by side leave no curves"
        assert not arm.settings and not arm.treat


def test_treated_runs_are_no_part_of_the_pool() -> None:
    runs = [run("mnist/plain"), run("mnist/plain", arm="smoothing"), run("ring/plain", arm="untreated")]
    assert untreated(runs) == runs[:1]


# ------------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_the_runs(name: str) -> None:
    runs = pool()
    found, nobody = picture(name, runs), picture(name, [])
    assert found is not None and nobody is None
    moved = picture(name, [replace(o, numbers={key: value + 0.07 for key, value in o.numbers.items()}) for o in runs])
    assert moved is not None and moved.tobytes() != found.tobytes(), "other readings are another picture"
    out = io.BytesIO()
    found.save(out, "PNG", optimize=True)
    assert len(out.getvalue()) < 60_000


def test_a_row_without_a_picture_has_none() -> None:
    assert picture("R12", pool()) is None and picture("T1", pool()) is None


# ------------------------------------------------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("caught", "spared", "answer"),
    [
        ((20, 20), (20, 20), "confirmed"),
        ((16, 20), (20, 20), "confirmed"),
        ((15, 20), (20, 20), "depends"),  # below 0.8
        ((4, 5), (20, 20), "depends"),  # its interval reaches below a half
        ((4, 20), (20, 20), "refuted"),  # its interval lies below a half
        ((10, 20), (10, 20), "refuted"),  # chance
        ((0, 0), (20, 20), "depends"),  # nothing to catch
    ],
)
def test_the_rule_of_readings(caught: tuple[int, int], spared: tuple[int, int], answer: str) -> None:
    assert Score(Share(*caught), Share(*spared)).answer == answer


def test_a_run_without_the_curve_counts_nowhere() -> None:
    blank = replace(run("ring/plain"), numbers={})
    found = score([*pool(), blank], harmed, lambda n: n["d_loss"] < 0.1)
    assert found.sensitivity.n + found.specificity.n == len(pool())


def test_harm_by_construction_counts_whatever_the_samples_look_like() -> None:
    looks_fine = replace(run("ring/one-batch-of-noise", found=10.0), healthy=True)
    assert harmed(looks_fine) and collapsed(looks_fine) and not well(looks_fine)


def test_a_reading_that_fails_on_one_kind_of_data_depends_on_it() -> None:
    reading = Reading("failed runs", harmed, lambda n: n["d_loss"] < 0.1, {}, of=None)
    assert reading.decide(pool()).answer == "confirmed"
    digits = [run(trial.ward, seed) for trial in POOL for seed in range(5) if WARDS[trial.ward].image]
    points = [run(trial.ward, d_loss=0.6) for trial in POOL if not WARDS[trial.ward].image]
    found = reading.decide([*digits, *points])
    assert found.answer == "depends" and "ring" in found.words


def test_a_reading_that_holds_on_one_kind_of_data_only_is_not_refuted() -> None:
    reading = Reading("failed runs", harmed, lambda n: n["d_loss"] < 0.1, {}, of=None)
    digits = [run(trial.ward, seed, d_loss=0.6) for trial in POOL for seed in range(5) if WARDS[trial.ward].image]
    points = [run(trial.ward) for trial in POOL if not WARDS[trial.ward].image]
    found = reading.decide([*digits, *points])
    assert score([*digits, *points], harmed, reading.whole).answer == "refuted"
    assert found.answer == "depends" and "on ring only" in found.words


def test_nothing_is_said_of_what_was_not_on_trial() -> None:
    reading = Reading("failed runs", harmed, lambda n: n["d_loss"] < 0.1, {})
    found = reading.decide([o for o in pool() if well(o)])
    assert found.answer == "depends" and "not put on trial" in found.words


def test_a_part_that_would_do_alone_saves_a_claim_from_refutation() -> None:
    parts = {"low": lambda n: n["d_loss"] < 0.1, "never": lambda n: False}
    whole = Reading("failed runs", harmed, lambda n: False, parts)
    assert whole.decide(pool()).answer == "depends"
    assert "low" in whole.decide(pool()).words
    assert replace(whole, parts={"never": parts["never"]}).decide(pool()).answer == "refuted"


def test_the_area_under_the_curve() -> None:
    assert auc([2, 3], [0, 1])[0] == 1 and auc([0, 1], [2, 3])[0] == 0
    assert auc([1, 1], [1, 1])[0] == 0.5
    _, low, high = auc([1.0] * 50, [0.0] * 5)
    assert low < 0.7 and high == 1, "as wide as the smaller group is small"


# ------------------------------------------------------------------------------------------------------- some rows


def test_r1_the_loss_of_a_blind_discriminator_is_measured() -> None:
    assert CLAIMS["R1"].decide(pool()).answer == "confirmed"
    gone = [replace(o, numbers={**o.numbers, "d_loss_start": 0.1}) for o in pool()]
    found = CLAIMS["R1"].decide(gone)
    assert found.answer == "depends" and found.numbers["closed form"] < 1e-6


def test_r2_counts_every_run_of_a_cross_entropy_once() -> None:
    found = CLAIMS["R2"].decide(pool())
    counted = sum(int(cell) for row in found.table[1:7] for cell in row[1:])
    entropy = [o for o in pool() if WARDS[o.ward].changes.get("objective", "minimax") == "minimax"]
    assert counted == len(entropy)


def test_r3_says_which_half_holds() -> None:
    wards = ("ring/strong-d", "mnist/strong-d")

    def arm(share: float, energy: float) -> list[Outcome]:
        return [run(ward, seed, turned(ward, share).name, energy=energy) for ward in wards for seed in range(5)]

    control = [run(ward, seed) for ward in wards for seed in range(5)]
    decide = CLAIMS["R3"].decide
    lowered = decide([*control, *arm(RAISED, 1.5), *arm(LOWERED, 0.1)])
    assert lowered.answer == "depends" and "Lowering is the half that holds" in lowered.words
    assert decide([*control, *arm(RAISED, 1.5), *arm(LOWERED, 1.5)]).answer == "refuted"
    assert decide([*control, *arm(RAISED, 0.1), *arm(LOWERED, 0.1)]).answer == "confirmed"
    assert decide(control).answer == "depends", "what was not tried is not refuted"


def test_r3_pairs_each_arm_with_runs_that_were_played_alike() -> None:
    for trial in CLAIMS["R3"].trials:
        assert len({arm.alone or WARDS[trial.ward].image for arm in trial.arms if len(trial.arms) > 1}) <= 1


def test_r4_a_high_loss_is_that_of_a_discriminator_that_loses() -> None:
    found = CLAIMS["R4"].decide(changed(pool(), "mnist/weak-d", d_loss=2.0, accuracy_fake=0.0))
    assert found.answer == "refuted"
    assert found.numbers["all right, at most"] < 0.9 < 2 * found.numbers["all wrong, at least"]


def test_r7_is_confirmed_where_flat_curves_and_a_sure_discriminator_go_with_a_vanished_gradient() -> None:
    starving = {"fake_grad": 1e-9, "g_loss_std": 0.0}
    runs = pool()
    for name in SCORED:
        for ward in ("saturating", "strong-d", "stalled"):
            runs = changed(runs, f"{name}/{ward}", **starving)
    assert CLAIMS["R7"].decide(runs).answer == "confirmed"
    unsure = [replace(o, numbers={**o.numbers, "accuracy_real": 0.5}) for o in runs]
    assert CLAIMS["R7"].decide(unsure).answer != "confirmed"


def test_r10_asks_for_both_losses_to_fall() -> None:
    falling = {"d_loss": 0.5, "d_loss_first": 0.9, "d_loss_falls": 0.9, "g_loss": 0.8, "g_loss_first": 2.0, "g_loss_falls": 0.9}
    healthy = [replace(o, numbers={**o.numbers, **(falling if well(o) else {})}) for o in pool()]
    assert CLAIMS["R10"].decide(healthy).answer == "confirmed"
    flat = [replace(o, numbers={**o.numbers, "g_loss_first": 0.1}) for o in pool()]
    assert CLAIMS["R10"].decide(flat).answer == "refuted"


def test_r11_names_the_causes_that_the_five_leave_out() -> None:
    found = CLAIMS["R11"].decide(pool())
    assert found.answer == "depends"
    assert {"ring/swapped-labels", "mnist/few-samples"} <= set(found.numbers["none of the five"])
    covered = [o for o in pool() if o.ward not in found.numbers["none of the five"]]
    assert CLAIMS["R11"].decide(covered).answer == "confirmed"


@pytest.mark.parametrize("dimensions", [1, 2])
def test_r12_the_gradient_vanishes_with_the_saturating_loss_only(dimensions: int) -> None:
    left = {line.game: line.left for line in measured(dimensions)}
    assert left["minimax"] < 0.01 and left["non_saturating"] > 1


def test_r15_a_distance_that_ranks_backwards_is_refuted() -> None:
    assert CLAIMS["R15"].decide(pool()).answer == "confirmed"
    worse = [replace(o, numbers={**o.numbers, "energy": float(well(o)), "frechet": float(well(o))}) for o in pool()]
    assert CLAIMS["R15"].decide(worse).answer == "refuted"
    assert "raters" in CLAIMS["R15"].decide(pool()).words
