"""The claims on treatments: their trials can be played, and each verdict follows from the outcomes by the rule."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from equipoise import api
from equipoise.clinic import cost, effect_pictures, ledger, play
from equipoise.clinic.claims import CLAIMS
from equipoise.clinic.claims.arms import BURSTS, EPOCHS, d_rate, uncollapsed
from equipoise.clinic.claims.t15_non_saturating import slope
from equipoise.clinic.trial import Arm, Claim, Outcome, Trial
from equipoise.clinic.wards import WARDS
from equipoise.errors import DivergedError
from equipoise.objectives import OBJECTIVES
from equipoise.recipe import resolve

ROWS = [f"T{i}" for i in range(1, 18)]
claims = pytest.mark.parametrize("name", ROWS)
GOOD = {"frechet": 0.1, "energy": 0.01, "d_loss_least": 0.3, "g_loss_most": 2.0, "fake_grad": 1.0, "fake_grad_first": 1.0}
BAD = {"frechet": 1.0, "energy": 1.0, "d_loss_least": 0.001, "g_loss_most": 30.0, "fake_grad": 0.01, "fake_grad_first": 0.01}


def made_up(claim: Claim, well: Callable[[Trial, Arm], bool]) -> list[Outcome]:
    """Outcomes of all its trials."""
    found: dict[tuple[str, str, int], Outcome] = {}
    for trial in claim.trials:
        for arm in trial.arms:
            good = well(trial, arm)
            for seed in range(trial.seeds):
                numbers = {key: value * (1 + 0.01 * seed) for key, value in (GOOD if good else BAD).items()}
                found[trial.ward, arm.name, seed] = Outcome(trial.ward, arm.name, seed, good, False, 100, 1.0, numbers)
    return list(found.values())


def answer(name: str, well: Callable[[Trial, Arm], bool]) -> str:
    claim = CLAIMS[name]
    return claim.decide(made_up(claim, well)).answer


# --------------------------------------------------------------------------------------------------------- trials


@claims
def test_a_claim_is_put_to_a_fair_trial(name: str) -> None:
    claim = CLAIMS[name]
    assert claim.name == name and claim.rule and claim.says
    assert all(trial.seeds >= 5 and len(trial.arms) > 1 for trial in claim.trials)
    assert any(WARDS[trial.ward].image for trial in claim.trials) and len(claim.trials) >= 2
    settings: dict[tuple[str, str], Any] = {}
    for trial in claim.trials:
        for arm in trial.arms:
            about = settings.setdefault((trial.ward, arm.name), {**trial.settings, **arm.settings})
            assert about == {**trial.settings, **arm.settings}, "outcomes are told apart by ward and arm"
            assert resolve(cost.planned(trial, arm)).steps
        assert len({play.folder(Path(), (trial.ward, arm, (), trial.settings), 0) for arm in trial.arms}) == len(trial.arms)


def tiny(trial: Trial, arm: Arm) -> dict[str, Any]:
    """Its recipe for two steps; images are simulated, of the same size."""
    recipe = {**cost.planned(trial, arm), "steps": 2, "checkpoints": {"every_steps": 100}, "exams": {"every_steps": 0}}
    recipe["batch"] = min(recipe["batch"], 8)
    if WARDS[trial.ward].image:
        recipe["data"] = {**(recipe["data"] if trial.ward == BURSTS else {}), "kind": "bursts", "type_3": 16, "size": 28}
        recipe["network"] = {**recipe["network"], "width": 4}
    return recipe


BREAK = ("no-lipschitz", "stalled", "wild")  # rates at which a run may break within two steps: an outcome as well
SEEN: set[str] = set()  # arms that claims share are played once


def played(name: str, out: Path, image: bool) -> None:
    for i, (trial, arm) in enumerate([(one, arm) for one in CLAIMS[name].trials for arm in one.arms]):
        recipe = tiny(trial, arm)
        if WARDS[trial.ward].image is not image or trial.ward == "dirac/saturating" or repr(recipe) in SEEN:
            continue
        SEEN.add(repr(recipe))
        with contextlib.suppress(*([DivergedError] if WARDS[trial.ward].name in BREAK else [])):
            assert api.fit(recipe, out=out / str(i)).game.steps == 2


@claims
@pytest.mark.filterwarnings("ignore:instance_noise on reals")
def test_each_arm_on_points_can_be_played(name: str, tmp_path: Path) -> None:
    played(name, tmp_path, image=False)


@pytest.mark.slow
@claims
@pytest.mark.filterwarnings("ignore:instance_noise on reals")
def test_each_arm_on_images_can_be_played(name: str, tmp_path: Path) -> None:
    played(name, tmp_path, image=True)


@pytest.mark.filterwarnings("ignore:instance_noise on reals")
def test_an_arm_on_images_can_be_played(tmp_path: Path) -> None:
    (few,) = (trial for trial in CLAIMS["T4"].trials if WARDS[trial.ward].image)
    assert api.fit(tiny(few, few.arms[2]), out=tmp_path / "run").game.steps == 2


@pytest.mark.filterwarnings("ignore:instance_noise on reals")
def test_runs_are_shared_between_claims() -> None:
    """Costs are of runs that no claim before has; all rows together take an hour or so of one core."""
    head, *rows, total = cost.table([CLAIMS[name] for name in ROWS])
    assert head == cost.HEAD and [row[0] for row in rows] == ROWS
    assert sum(int(row[2]) for row in rows) == int(total[1]) == int(total[2]) < sum(int(row[1]) for row in rows)
    assert float(total[3]) < 90
    first, again, both = cost.table([CLAIMS["T7"], CLAIMS["T7"]])[1:]
    assert again[2:] == ("0", first[3], "0.0") and both[1] == first[1]


def test_kept_runs_cost_nothing_new(tmp_path: Path) -> None:
    trial = CLAIMS["T7"].trials[0]
    place = play.folder(tmp_path, (trial.ward, trial.arms[0], (), trial.settings), 0)
    place.mkdir(parents=True)
    (place / play.DONE).write_text("{}")
    (place / "signals.jsonl").write_text("")
    row = cost.table([CLAIMS["T7"]], tmp_path)[1]
    assert int(row[2]) == int(row[1]) - 1


def test_a_share_of_ds_rate_is_of_the_wards_own() -> None:
    assert d_rate("ring/strong-d", 0.25).settings == {"tricks.two_rates": {"d_rate": 2.5e-3, "g_rate": 2e-4}}
    assert d_rate("mnist/plain", 4).settings == {"tricks.two_rates": {"d_rate": 4e-3, "g_rate": 1e-3}}


# -------------------------------------------------------------------------------------------------------- verdicts


@claims
def test_what_helps_everywhere_is_confirmed(name: str) -> None:
    assert answer(name, lambda trial, arm: arm != trial.arms[0]) == "confirmed"


@claims
def test_what_helps_nowhere_is_refuted(name: str) -> None:
    assert answer(name, lambda trial, arm: False) == "refuted"
    assert answer(name, lambda trial, arm: arm == trial.arms[0]) == "refuted"


@claims
def test_what_helps_in_one_ward_depends(name: str) -> None:
    claim = CLAIMS[name]
    first = claim.trials[0]
    found = claim.decide(made_up(claim, lambda trial, arm: trial != first or arm != trial.arms[0]))
    assert found.answer == "depends" and "It depends on " in found.words


@claims
def test_words_and_picture_are_made_of_the_numbers(name: str, tmp_path: Path) -> None:
    claim = CLAIMS[name]
    found = claim.decide(made_up(claim, lambda trial, arm: arm != trial.arms[0]))
    assert f"Of {len([e for e in found.table[1:] if counts(name, e[1])])} comparisons" in found.words or name in ("T12", "T13")
    assert len({len(row) for row in found.table}) == 1 and len(found.table) > 2
    image = effect_pictures.picture(found.numbers["effects"])
    assert image is not None
    image.save(tmp_path / "row.png")
    assert (tmp_path / "row.png").stat().st_size < 60_000
    with Image.open(tmp_path / "row.png") as read:
        assert read.width > 500


def counts(name: str, arm: str) -> bool:
    """Whether an arm's row in the table is one that decides."""
    beside = {"T4": {"augmented"}, "T8": {"leaky-relu: gradient"}, "T10": {"adam", "wgan-gp, adam"}}
    return arm not in beside.get(name, {"non-saturating: outcome"})


def test_usual_ways_are_named_in_their_table() -> None:
    arms = {name: {row[1] for row in CLAIMS[name].decide(made_up(CLAIMS[name], lambda t, a: True)).table[1:]} for name in ROWS}
    assert arms["T8"] == {"leaky-relu", "leaky-relu: gradient"}
    assert arms["T16"] == {f"as said, not {other}" for other in ("beta1 0.9", "rate 0.002", "latent 8", "batch 16")}
    assert "batch-norm" in arms["T17"] and not any("untreated" in found for found in arms.values())


def test_no_run_no_verdict() -> None:
    for name in ROWS:
        assert CLAIMS[name].decide([]).answer == "depends"


# ------------------------------------------------------------------------------------------- the notebook's case


def burst(d_loss: float, g_loss: float, healthy: bool = True, diverged: bool = False) -> Outcome:
    numbers = {"d_loss_least": d_loss, "g_loss_most": g_loss}
    return Outcome(BURSTS, "untreated", 0, healthy, diverged, 42, 1.0, {} if diverged else numbers)


def test_collapse_is_what_the_notebook_saw() -> None:
    """`Loss_D: 0.0000  Loss_G: 46` is; one of the two alone is not."""
    assert not uncollapsed(burst(0.0, 46.0))
    assert uncollapsed(burst(0.0, 5.0)) and uncollapsed(burst(0.3, 46.0, healthy=False))
    assert not uncollapsed(burst(0.3, 2.0, diverged=True))
    assert not uncollapsed(Outcome("ring/strong-d", "untreated", 0, False, False, 9, 1.0, {})), "elsewhere the ward decides"
    assert all(words in CLAIMS["T12"].rule for words in ("below 0.01", "above 10", "42 steps"))
    assert all(trial.settings["steps"] == EPOCHS["steps"] for n in ("T12", "T13", "T14") for trial in at_bursts(n))


def at_bursts(name: str) -> list[Trial]:
    return [trial for trial in CLAIMS[name].trials if trial.ward == BURSTS]


def test_a_tenth_counts_where_a_quarter_is_not_enough() -> None:
    def quarter_fails(trial: Trial, arm: Arm) -> bool:
        return arm != trial.arms[0] and not (trial.ward == BURSTS and arm.name == "d-rate/4")

    assert answer("T12", quarter_fails) == "confirmed"
    assert answer("T12", lambda t, a: quarter_fails(t, a) and a.name != "d-rate/10") == "depends"


def test_soft_labels_are_not_judged_by_the_losses_that_they_bound() -> None:
    claim = CLAIMS["T13"]
    outcomes = made_up(claim, lambda trial, arm: trial.ward != BURSTS and arm != trial.arms[0])
    calm = [
        Outcome(o.ward, o.arm, o.seed, True, False, 42, 1.0, {**o.numbers, "d_loss_least": 0.4, "g_loss_most": 3.0})
        if o.ward == BURSTS and o.arm == "label-noise"
        else o
        for o in outcomes
    ]
    found = claim.decide(calm)
    assert found.answer == "depends", "its losses are calm, its samples as far away as before"
    assert found.table[1][0] == BURSTS and found.table[1][4].startswith("distance x 1.00")


# ------------------------------------------------------------------------------------------------------------ T15


def test_the_gradient_in_closed_form() -> None:
    """At D(G(z)) = p the saturating loss pulls with p and the non-saturating one with 1 - p."""
    for logit, p in ((-10.0, 4.5398e-05), (0.0, 0.5)):
        assert slope(OBJECTIVES["minimax"], logit) == pytest.approx(p, rel=1e-3)
        assert slope(OBJECTIVES["non_saturating"], logit) == pytest.approx(1 - p, rel=1e-3)
    found = CLAIMS["T15"].decide([])
    assert found.numbers["same_optimum"] is True and set(found.numbers["slopes"]) == {"-2", "-5", "-10"}
    assert "is pulled with 1 by" in found.words and "with 4.5e-05" in found.words


def test_other_optima_would_refute_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OBJECTIVES, "minimax", OBJECTIVES["least_squares"])
    assert answer("T15", lambda trial, arm: arm != trial.arms[0]) == "refuted"


def test_gradients_decide_and_what_became_of_the_runs_does_not() -> None:
    claim = CLAIMS["T15"]
    outcomes = [
        Outcome(o.ward, o.arm, o.seed, False, False, 9, 1.0, o.numbers)
        for o in made_up(claim, lambda trial, arm: arm != trial.arms[0])
    ]
    found = claim.decide(outcomes)
    assert found.answer == "confirmed" and {row[-1] for row in found.table if ": outcome" in row[1]} == {"no effect shown"}


# ------------------------------------------------------------------------------------------------- from the engine


def test_a_small_trial_of_a_claim_is_played_and_decided(tmp_path: Path) -> None:
    """T11's on points, for a few steps, through the engine; the rest of its wards has no runs then."""
    claim = CLAIMS["T11"]
    few = [
        Trial(trial.ward, trial.arms, 2, {"steps": 6, "batch": 8, "network.hidden": 8, "log_every": 2})
        for trial in claim.trials
        if not WARDS[trial.ward].image
    ]
    play.run(play.jobs(few), tmp_path, 1, lambda line: None)
    found = claim.decide(play.kept(few, tmp_path))
    assert {row[0] for row in found.table[1:]} == {"ring/weak-d", "ring/strong-d"}
    assert {row[6] for row in found.table[1:]} == {"6"} and "Of 2 comparisons" in found.words


def test_what_decides_is_in_the_committed_file() -> None:
    assert {"d_loss_least", "g_loss_most", "fake_grad", "fake_grad_first", "frechet"} <= set(ledger.COLUMNS)
