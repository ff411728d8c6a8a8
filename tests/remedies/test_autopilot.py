"""The autopilot with hands that only write down what they are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from equipoise.diagnosis.finding import Finding
from equipoise.remedies import REMEDIES
from equipoise.remedies.autopilot import MOST_TRIALS, Autopilot, Snapshot
from equipoise.remedies.remedy import Change, Patient

PATIENT = Patient(
    objective="non_saturating",
    optimizer={"kind": "adam", "lr": 1e-3, "beta1": 0.5},
    penalties={},
    tricks={},
    network={"kind": "mlp", "hidden": 64},
    g_rate=1e-3,
    d_rate=1e-3,
    image=False,
    batch=64,
    steps_left=1000,
)


def finding(name: str = "discriminator_dominance", severity: Any = "serious", axis: Any = "cause", since: float = 0) -> Finding:
    return Finding(name, axis, name, severity, 0.95, since, 0, (), "words", ())


class Fake:
    """Hands that do nothing."""

    def __init__(self) -> None:
        self.findings: tuple[Finding, ...] = ()
        self.done: list[tuple[str, Any]] = []
        self.actions: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        self.broken = False

    def patient(self, healthy_steps: int) -> Patient:
        return replace(PATIENT, healthy_steps=healthy_steps)

    def refusal(self, change: Change) -> str:
        return "no" if self.refused & change.settings.keys() else ""

    def snapshot(self, step: int, lost: int) -> Snapshot | None:
        return None if self.broken else Snapshot(step, lost, {"w": float(step)}, {})

    def restore(self, snapshot: Snapshot) -> None:
        self.done.append(("restore", snapshot.step))

    def apply(self, change: Change, healthy: Snapshot | None) -> dict[str, Any]:
        self.done.append(("apply", change))
        self.findings = ()
        return {}

    def standing(self) -> tuple[Finding, ...]:
        return self.findings

    def numbers(self) -> dict[str, float]:
        return {"d_loss": 0.5}

    def tell(self, action: dict[str, Any]) -> None:
        self.actions.append(action)

    def end(self, words: str) -> None:
        self.done.append(("end", words))

    def said(self) -> list[tuple[str, Any]]:
        return [(action["action"], action["remedy"]) for action in self.actions]


def fails(auto: Autopilot, hands: Fake, *steps: int) -> None:
    """The same finding at each of these visits."""
    for step in steps:
        hands.findings = (finding(),)
        auto.visit(step)


def pilot(**more: Any) -> tuple[Autopilot, Fake]:
    hands = Fake()
    return Autopilot(hands, 1000, counts={}, **more), hands


def test_a_healthy_game_is_left_alone() -> None:
    auto, hands = pilot()
    for step in range(10, 1000, 10):
        auto.visit(step)
    assert hands.actions == [] and hands.done == []
    assert auto.healthy is not None and auto.candidate is not None
    assert auto.healthy.step < auto.candidate.step


def test_a_remedy_that_helps_is_kept() -> None:
    auto, hands = pilot()
    fails(auto, hands, 50, 90)
    assert hands.said() == []  # some findings pass by themselves: this one has stood for 40 steps of 1000
    fails(auto, hands, 100)
    auto.visit(290)
    assert hands.said() == [("treat", "start_again")]  # 200 steps are a trial
    auto.visit(300)
    assert hands.said() == [("treat", "start_again"), ("keep", "start_again")]
    assert auto.lost == 100 and auto.stretch == pytest.approx(0.1)  # what was trained before is lost, and is given back


def test_a_finding_that_passes_is_not_treated() -> None:
    auto, hands = pilot()
    fails(auto, hands, 50, 90)
    hands.findings = ()
    auto.visit(95)
    fails(auto, hands, 100, 140)
    assert hands.said() == []


def test_one_that_does_not_help_is_undone_and_the_next_tried() -> None:
    auto, hands = pilot()
    fails(auto, hands, 50, 100, 150)
    assert hands.said() == [("treat", "start_again")]  # a trial has its time
    fails(auto, hands, 300)
    assert hands.said() == [("treat", "start_again"), ("undo", "start_again")]
    assert hands.done[-1] == ("restore", 100)
    assert auto.lost == 200  # the steps of the trial
    hands.findings = ()
    auto.visit(310)  # it plays on as it was before: if nothing is found any more, nothing is done
    fails(auto, hands, 400, 450)
    assert hands.said()[2:] == [("treat", "new_d")]
    assert auto.lost == 200  # D alone starts again


def test_a_fatal_finding_ends_a_trial_at_once() -> None:
    auto, hands = pilot()
    fails(auto, hands, 50, 100)
    hands.findings = (finding("divergence", "fatal", "outcome"),)
    auto.visit(110)
    assert hands.said()[1] == ("undo", "start_again")


def test_actions_are_bounded_and_the_end_says_why() -> None:
    auto, hands = pilot()
    fails(auto, hands, *range(50, 5000, 50))
    tried = [remedy for action, remedy in hands.said() if action == "treat"]
    assert len(tried) == len(set(tried)) == MOST_TRIALS
    assert hands.said()[-1] == ("stop", None) and "discriminator dominance" in hands.done[-1][1]
    assert auto.stretch == 0.5


def test_the_most_successful_remedy_comes_first() -> None:
    hands = Fake()
    auto = Autopilot(hands, 1000, counts={"discriminator_dominance": {"r1": (9, 10), "start_again": (5, 10), "new_d": (0, 10)}})
    fails(auto, hands, 50, 100)
    assert hands.said() == [("treat", "r1")]


def test_only_the_named_remedies_are_tried() -> None:
    auto, hands = pilot(only=("lower_d_rate",))
    fails(auto, hands, *range(50, 1000, 50))
    said = hands.said()
    assert said[0] == ("treat", "lower_d_rate") and said[1] == ("undo", "lower_d_rate")
    assert all(action == "advise" for action, _ in said[2:])  # it is asked for that remedy, and not to stop


def test_a_remedy_that_cannot_be_applied_is_passed_over() -> None:
    auto, hands = pilot()
    hands.refused = {"objective"}
    fails(auto, hands, 50, 100)
    assert hands.said() != [("treat", "start_again")] and hands.said()[0][0] == "treat"


def test_going_back_needs_a_healthy_game_from_before_the_failure() -> None:
    auto, hands = pilot()
    for step in range(10, 500, 10):
        auto.visit(step)
    for step in (500, 550):
        hands.findings = (finding(since=480),)
        auto.visit(step)
    assert hands.said() == [("treat", "go_back")]
    assert auto.lost == 550 - 210  # the older of two snapshots, which are 200 steps apart
    other, late = pilot()
    for step in range(10, 500, 10):
        other.visit(step)
    for step in (500, 550):
        late.findings = (finding(since=100),)  # it had begun before the snapshot
        other.visit(step)
    assert late.said() == [("treat", "start_again")]


def test_a_bug_that_nothing_here_mends_ends_the_run() -> None:
    auto, hands = pilot()
    hands.findings = (finding("stale_noise", axis="wiring"), finding("mode_collapse", axis="outcome"))
    auto.visit(50)
    assert hands.said() == [("stop", None)]
    auto.visit(60)
    assert len(hands.actions) == 1


def test_what_nothing_treats_is_said_once() -> None:
    auto, hands = pilot()
    hands.findings = (finding("leaking_augmentation"),)
    for step in (50, 100, 110):
        auto.visit(step)
    assert hands.said() == [("advise", None)]


def test_the_state_goes_on_amid_a_trial() -> None:
    auto, hands = pilot()
    fails(auto, hands, 50, 100)
    tensors, facts = auto.state()
    again, other = pilot()
    again.load(tensors, facts)
    for one, its in ((auto, hands), (again, other)):
        its.actions.clear()
        assert one.trial is not None and one.before is not None
        fails(one, its, 300, 400, 450)
    assert hands.actions == other.actions
    assert [action for action, _ in hands.said()] == ["undo", "treat"]


def test_a_broken_game_has_no_snapshot_to_go_back_to() -> None:
    auto, hands = pilot()
    hands.broken = True
    hands.findings = (finding("divergence", "fatal", "outcome"),)
    auto.visit(50)
    assert hands.said() == [("treat", "start_again")] and auto.before is None


@pytest.mark.parametrize("name", REMEDIES)
def test_every_remedy_has_words_and_treats_what_the_rules_find(name: str) -> None:
    from equipoise.diagnosis import RULES

    remedy = REMEDIES[name]
    assert remedy.name == name and remedy.advice.title
    assert set(remedy.treats) <= RULES.keys()
    change = remedy.change(PATIENT)
    assert change is None or change != Change()


def test_after_a_remedy_that_was_kept_a_finding_has_to_stand_as_long_as_a_trial() -> None:
    hands = Fake()
    auto = Autopilot(hands, 1000)
    fails(auto, hands, 100, 200)
    auto.visit(400)  # the trial of 200 steps is over, without a finding
    assert [action for action, _ in hands.said()] == ["treat", "keep"]
    fails(auto, hands, 450, 500, 600, 640)
    assert len(hands.said()) == 2
    hands.findings = ()
    auto.visit(645)  # it passed: time begins anew
    fails(auto, hands, 650, 700, 800)
    assert len(hands.said()) == 2
    fails(auto, hands, 850)
    assert len(hands.said()) == 3
    again = Autopilot(hands, 1000)
    again.load(*auto.state())
    assert again.kept == 1
