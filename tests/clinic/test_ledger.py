"""The ledger: from a claim's trials to its verdict, the committed file, and the page that is made of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from equipoise import cli, plain_json
from equipoise.clinic import effect_pictures, evidence, ledger, play
from equipoise.clinic.claims import CLAIMS
from equipoise.clinic.decide import effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Trial, Verdict
from equipoise.errors import RunError, SettingError
from equipoise.remedies.rank import success

TINY: dict[str, Any] = {"steps": 6, "batch": 8, "network.hidden": 8, "log_every": 2, "checkpoints": {"every_steps": 100}}
TRIALS = (Trial("ring/r1", (Arm("untreated", "as it is"), Arm("faster", "", {"optimizer.lr": 0.01})), 2, TINY),)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes), "A | note.")


CLAIM = Claim("T99", "Faster is better", "The rule.", TRIALS, decide)


@pytest.fixture
def claim(monkeypatch: pytest.MonkeyPatch) -> Claim:
    for module in (ledger, evidence):
        monkeypatch.setattr(module, "CLAIMS", {"T99": CLAIM})
    return CLAIM


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for folder in ("src/equipoise/clinic", "src/equipoise/remedies", "docs/results/clinic"):
        (tmp_path / "checkout" / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"


def settled(work: Path, **more: Any) -> ledger.Settled:
    (found,) = ledger.settle([CLAIM], processes=1, work=work, **more)
    return found


def test_from_trials_to_the_page(claim: Claim, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ["clinic", "run", "t99", "--processes", "1", "--work", str(tmp_path / "work"), "--out", "docs/results/clinic"]
    assert cli.main(run) == 0
    file = checkout / "docs/results/clinic/T99.json"
    found = plain_json.loads(file.read_bytes())
    assert (found["claim"], found["command"], found["partial"]) == ("T99", "equipoise clinic run T99", False)
    assert found["answer"] in ("confirmed", "refuted", "depends")
    assert [row[:3] for row in found["outcomes"]] == [["ring/r1", arm, s] for arm in ("untreated", "faster") for s in (0, 1)]
    assert all(len(row) == len(found["columns"]) for row in found["outcomes"])
    assert found["environment"]["torch"]
    with Image.open(file.with_suffix(".png")) as image:
        assert image.width > 500

    assert cli.main(["clinic", "evidence"]) == 0
    page = (checkout / "docs/evidence.md").read_text()
    assert f"| [T99](#t99) | Faster is better | {found['answer']} |" in page
    assert "A \\| note." in page, "what would break a table is escaped"
    for part in ("Rule: The rule.", "`equipoise clinic run T99`", "![T99](results/clinic/T99.png)", "4 runs"):
        assert part in page
    kept = json.loads((checkout / "src/equipoise/clinic/ledger.json").read_text())
    assert kept["T99"]["answer"] == found["answer"]
    assert json.loads((checkout / "src/equipoise/remedies/evidence.json").read_text()) == {}

    monkeypatch.setattr(ledger, "files", lambda _: checkout / "src/equipoise/clinic")
    assert found["words"] in ledger.shown(claim) and "Rule, stated before the runs: The rule." in ledger.shown(claim)
    assert found["answer"] in ledger.listing()
    before = {path: path.read_bytes() for path in evidence.write(checkout)}
    assert {path: path.read_bytes() for path in evidence.write(checkout)} == before, "the same results make the same page"


def test_quick_is_shorter_and_says_so(claim: Claim, checkout: Path, tmp_path: Path) -> None:
    quick = settled(tmp_path, quick=True, seeds=1)
    assert {o.steps for o in quick.outcomes} == {2} and {o.seed for o in quick.outcomes} == {0}
    assert quick.command == "equipoise clinic run T99 --seeds 1 --quick"
    assert "not the ledger's verdict" in ledger.said(quick)
    ledger.write(quick, checkout / "docs/results/clinic")
    with pytest.raises(RunError, match=r"T99 rests on fewer steps or seeds"):
        evidence.write(checkout)
    assert replace(quick, quick=False).partial and not replace(quick, quick=False, seeds=2).partial


def test_quick_shortens_arms_that_set_their_own_steps() -> None:
    trial = Trial("ring/r1", (Arm("a", ""), Arm("b", "", {"steps": 31})), 1)
    shorter = ledger.shorter(trial)
    assert shorter.settings["steps"] == 667, "a third of the ward's 2000"
    assert [arm.settings for arm in shorter.arms] == [{}, {"steps": 11}]


def test_a_page_needs_a_checkout(claim: Claim, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no checkout"):
        evidence.write(tmp_path)


def test_a_claim_that_was_not_tried_says_so(claim: Claim, checkout: Path) -> None:
    evidence.write(checkout)
    assert "no trial yet" in (checkout / "docs/evidence.md").read_text()
    assert (checkout / "src/equipoise/clinic/ledger.json").read_text() == "{}\n"


def test_unknown_claims_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clinic", "show", "T77"]) == cli.USER_ERROR
    assert "there is no claim 'T77' (did you mean 'T7'?)" in capsys.readouterr().err
    assert cli.main(["clinic", "run"]) == cli.USER_ERROR
    assert "say which claims" in capsys.readouterr().err
    with pytest.raises(SettingError):
        ledger.asked(["R1", "all"])


def test_all_claims_can_be_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clinic", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CLAIMS)
    assert cli.main(["clinic", "show", "all"]) == 0
    said = capsys.readouterr().out
    assert all(claim.rule in said for claim in CLAIMS.values())
    assert ledger.asked(["t12", "R3"]) == [CLAIMS["T12"], CLAIMS["R3"]]


# ------------------------------------------------------------------------------------------------------ remedies


def treated(place: Path, healthy: bool, *done: tuple[str, str, str]) -> None:
    """A kept run in which (action, finding, remedy) were done."""
    place.mkdir(parents=True)
    outcome = {
        "ward": "ring/strong-d",
        "arm": "t",
        "seed": 0,
        "healthy": healthy,
        "diverged": False,
        "steps": 1,
        "seconds": 1.0,
    }
    (place / play.DONE).write_text(json.dumps({**outcome, "numbers": {}}))
    (place / "signals.jsonl").write_text("")
    lines = [
        {"step": i, "action": a, "remedy": r, "finding" if a == "treat" else "treated": f} for i, (a, f, r) in enumerate(done)
    ]
    (place / "actions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_remedy_brought_back_what_it_was_kept_in(tmp_path: Path) -> None:
    trial = Trial("ring/strong-d", (Arm("t", "", treat=True),), 3)
    places = [play.folder(tmp_path, (trial.ward, trial.arms[0], (), {}), seed) for seed in range(3)]
    treated(places[0], True, ("treat", "a", "r1"), ("undo", "a", "r1"), ("treat", "a", "hinge"), ("keep", "a", "hinge"))
    treated(places[1], False, ("treat", "a", "r1"), ("keep", "a", "r1"))
    treated(places[2], True, ("treat", "a", "r1"), ("keep", "a", "r1"))
    counts = ledger.treatments([trial], tmp_path)
    assert counts == {"a": {"hinge": [1, 1], "r1": [1, 3]}}
    assert ledger.treatments([replace(trial, ward="ring/r1")], tmp_path) == {}, "on a healthy ward nothing can come back"
    total = ledger.added([counts, {"a": {"r1": [2, 2]}, "b": {"r2": [0, 1]}}])
    assert total == {"a": {"hinge": [1, 1], "r1": [3, 5]}, "b": {"r2": [0, 1]}}
    best = {f: {name: (k, n) for name, (k, n) in by.items()} for f, by in total.items()}
    assert success("hinge", "a", best) > success("r1", "a", best) > success("r2", "b", best), "as the autopilot reads it"


def test_rescue_goes_into_the_page_and_the_order_of_remedies(claim: Claim, checkout: Path) -> None:
    rescue = {
        "rescue": {
            "all": {"untreated": {"runs": 9, "rescued": [0.0, 0.0, 0.3]}, "treated": {"runs": 9, "rescued": [1.0, 0.7, 1.0]}}
        },
        "no harm": {"runs": 20, "acted": [0.05, 0.01, 0.24]},
        "remedies": {"mode_collapse": {"start_again": [9, 9]}},
    }
    (checkout / "docs/results/rescue.json").write_text(json.dumps(rescue))
    evidence.write(checkout)
    page = (checkout / "docs/evidence.md").read_text()
    assert "| treated | 9 | 100% | 70% to 100% |" in page
    assert "On 20 healthy runs the autopilot did something in 5% (1% to 24%)." in page
    assert "| mode collapse | start again | 9 of 9 |" in page
    kept = json.loads((checkout / "src/equipoise/remedies/evidence.json").read_text())
    assert kept == {"mode_collapse": {"start_again": [9, 9]}}


# ------------------------------------------------------------------------------------------------------ pictures


def test_effects_to_the_right_are_good_ones() -> None:
    assert effect_pictures.better({"measure": "success"}, 0.5) == 0.5
    assert effect_pictures.better({"measure": "quality"}, -0.6931) == pytest.approx(1.0, abs=1e-3), "half the distance"
    assert effect_pictures.picture([]) is None
    row = {"ward": "w", "arm": "a", "value": 0.2, "low": -0.1, "high": 0.5, "so": "no effect shown"}
    one = effect_pictures.picture([{**row, "measure": "success"}])
    two = effect_pictures.picture([{**row, "measure": "success"}, {**row, "measure": "quality", "high": 99.0, "so": "harms"}])
    assert one is not None and two is not None and two.height > one.height
