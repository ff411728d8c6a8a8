import math
from typing import Any

from folders import record

from equipoise.diagnosis.track import Facts, Track
from equipoise.pages.checklist import checklist

BCE = Facts(objective="non_saturating")


def lines(
    records: list[dict[str, Any]], evaluations: list[dict[str, Any]] | None = None, facts: Facts = BCE
) -> dict[str, dict[str, Any]]:
    return {check["claim"]: check for check in checklist(Track.of(records, facts), evaluations or [])}


def test_a_calm_run_meets_what_can_be_met_and_each_line_says_what_it_is_worth() -> None:
    start = [record(i, g_loss=2.0) for i in range(1, 10)]
    found = lines(start + [record(i) for i in range(10, 500)])
    for claim in (
        "D loss stable at 0.5 to 0.7",
        "D loss settled in 0.4 to 0.8",
        "D loss never under 0.1",
        "G loss stable",
        "G loss lower than at the start",
        "Smooth curves",
        "Few wild jumps",
        "Consistent statistics over the last batches",
    ):
        assert found[claim]["met"] is True, claim
    assert found["Several kinds of samples"]["met"] is None
    assert all(check["standing"] and check["measured"] for check in found.values())


def test_a_dead_run_fails_them() -> None:
    wild = [record(i, d_loss=0.01 * (1 + i % 3), g_loss=5 + 0.1 * i + 15 * (i % 2), d_real=i % 2) for i in range(1, 200)]
    found = lines(wild)
    for claim in (
        "D loss stable at 0.5 to 0.7",
        "D loss settled in 0.4 to 0.8",
        "D loss never under 0.1",
        "G loss lower than at the start",
        "Smooth curves",
        "Few wild jumps",
        "Consistent statistics over the last batches",
    ):
        assert found[claim]["met"] is False, claim
    assert found["D loss never under 0.1"]["measured"] == "lowest 0.01 at step 3"


def test_a_mean_in_the_band_is_not_stable_where_it_swings() -> None:
    found = lines([record(i, d_loss=0.6 + 0.5 * (-1) ** i, g_loss=1 + 0.5 * (-1) ** i) for i in range(1, 200)])
    assert found["D loss stable at 0.5 to 0.7"]["met"] is False and found["G loss stable"]["met"] is False


def test_samples_are_judged_by_their_distances() -> None:
    def at(*distances: float) -> list[dict[str, Any]]:
        return [{"step": 100 * i, "sliced_wasserstein": d} for i, d in enumerate(distances, 1)]

    better, level = "Samples better at the end than early on", "Samples improve, then level off"
    assert [lines([], at(0.3, 0.2, 0.1, 0.1, 0.1))[c]["met"] for c in (better, level)] == [True, True]
    assert [lines([], at(0.3, 0.25, 0.2, 0.15, 0.1))[c]["met"] for c in (better, level)] == [True, False]
    assert [lines([], at(0.1, 0.1, 0.1, 0.1, 0.2))[c]["met"] for c in (better, level)] == [False, False]
    assert [lines([], at(0.1))[c]["met"] for c in (better, level)] == [None, None]


def test_kinds_of_samples() -> None:
    claim = "Several kinds of samples"
    assert lines([], [{"step": 1, "modes": 8, "of": 8}])[claim]["met"] is True
    assert lines([], [{"step": 1, "modes": 1, "of": 8}])[claim]["met"] is False
    assert lines([{"step": i, "coverage": 0.9} for i in range(3)])[claim]["met"] is True
    assert lines([{"step": i, "coverage": 0.1} for i in range(3)])[claim]["met"] is False


def test_claims_about_the_cross_entropy_are_not_held_against_other_losses() -> None:
    found = lines([record(i) for i in range(1, 100)], facts=Facts(objective="hinge"))
    assert found["D loss stable at 0.5 to 0.7"]["met"] is None
    assert "scale" in found["D loss stable at 0.5 to 0.7"]["measured"]


def test_nothing_to_check_is_no_error() -> None:
    assert {check["met"] for check in lines([]).values()} == {None}
    assert {
        check["met"] for check in lines([{"step": i, "d_loss": math.nan, "g_loss": math.inf} for i in range(50)]).values()
    } == {None}
