from dataclasses import replace

from folders import finding

from equipoise.card import Card
from equipoise.diagnosis.doctor import diagnose
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.track import Track
from equipoise.pages.episodes import episodes, recorded, replayed


def judge(track: Track) -> Judgement | None:
    newest = track["d_loss"].last(1)
    if newest.mean > 1:
        return Judgement(0.9, "serious", (Evidence("d_loss", newest.window, newest.mean, ">", 1, "here", "high"),), "high")
    return None


RULES = {"high": Rule(Card("high", "High", "", "", "", "", ""), "cause", "divergence", (Reading(("d_loss",), judge),), ())}


def test_a_replay_raises_after_two_looks_and_clears_after_three() -> None:
    track = Track.of({"step": i, "d_loss": 2.0 if 5 <= i < 10 else 0.5} for i in range(20))
    said = replayed(track, RULES, looks=20)
    assert [(one["step"], one["what"]) for one in said] == [(6, "raised"), (12, "cleared")]
    (passed,) = episodes(said, diagnose(track, RULES))
    assert (passed["name"], passed["since"], passed["raised"], passed["cleared"], passed["passed"]) == ("high", 6, 6, 12, True)


def test_what_stands_at_the_end_comes_first_and_since_when_it_began() -> None:
    track = Track.of({"step": i, "d_loss": 2.0 if i >= 10 else 0.5} for i in range(20))
    (found,) = episodes(replayed(track, RULES, looks=20), diagnose(track, RULES))
    assert (found["since"], found["raised"], found["cleared"], found["passed"]) == (11, 11, None, False)


def test_a_replay_sees_no_future_and_an_empty_track_says_nothing() -> None:
    assert replayed(Track(), RULES) == []
    track = Track.of([{"step": 1, "d_loss": 0.5}, {"step": 2, "d_loss": 5.0}])
    assert track.until(1)["d_loss"].values.tolist() == [0.5]


def test_lines_of_findings_in_either_shape() -> None:
    flat = {"what": "raised", **finding(step=90)}
    nested = {"what": "cleared", "step": 120, "finding": finding(step=90)}
    said = recorded([flat, nested, {"step": 3, "what": "raised"}, {"what": "raised", "finding": {"name": 7}}])
    assert [(one["step"], one["what"], one["finding"]["name"]) for one in said] == [
        (90, "raised", "discriminator_dominance"),
        (120, "cleared", "discriminator_dominance"),
    ]


def test_a_finding_that_was_never_cleared_but_is_not_in_the_diagnosis_has_passed() -> None:
    calm = Track.of({"step": i, "d_loss": 0.5} for i in range(5))
    (one,) = episodes(recorded([{"what": "raised", **finding()}]), diagnose(calm, {"high": replace(RULES["high"])}))
    assert one["passed"] and one["cleared"] is None
