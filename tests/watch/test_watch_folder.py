"""What a watched loop leaves on disk, and what the commands make of it."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import loops
import pytest
import test_wiring
import torch

import equipoise
from equipoise import diagnosing


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/home/me/train.py"])


def broken(steps: int = 24, **settings: object) -> equipoise.Watch:
    """A watched loop with swapped labels, that has ended."""
    torch.manual_seed(0)
    G, D = loops.dcgan(sigmoid=False)
    with equipoise.watch(G, D, every=2, **settings) as watch:
        list(islice(test_wiring.loop(G, D, swapped=True), steps))
    return watch


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_folder_is_named_after_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    watch = broken()
    assert watch.folder == Path("runs/watch-train")
    assert "runs/watch-train" in capsys.readouterr().err
    assert [record["step"] for record in lines(watch.folder / "signals.jsonl")] == list(range(2, 25, 2))
    about = json.loads((watch.folder / "watch.json").read_text())
    assert (about["objective"], about["convention"], about["source"], about["batch"]) == ("non_saturating", "sum", "watch", 6)
    assert json.loads((watch.folder / "environment.json").read_text())["torch"] == torch.__version__
    assert broken(2).folder == Path("runs/watch-train-2"), "the next one takes the next name"


def test_findings_are_printed_once_with_evidence_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    watch = broken()
    said = capsys.readouterr().err
    assert said.count("swapped labels (serious") == 1
    assert "push_real, push_g" in said and "first remedy:" in said
    raised = [line for line in lines(watch.folder / "findings.jsonl") if line["name"] == "swapped_labels"]
    assert [line["what"] for line in raised] == ["raised"]
    assert raised[0]["evidence"] and raised[0]["remedies"]


def test_findings_go_where_they_are_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    assert broken(out=False, print=said.append).folder is None
    assert any("swapped labels" in text for text in said)
    broken(out=False, print=False)
    assert capsys.readouterr().err == ""
    assert not Path("runs").exists()


def test_a_loop_that_never_steps_leaves_no_folder() -> None:
    with equipoise.watch(*loops.mlps()) as watch:
        pass
    assert watch.folder is None and not Path("runs").exists()
    assert watch.diagnosis().verdict == "unknown"


def test_a_folder_that_holds_something_is_refused_before_the_loop() -> None:
    Path("mine").mkdir()
    Path("mine/thesis.tex").write_text("")
    G, D = loops.mlps()
    with pytest.raises(equipoise.RunError, match="is not empty"):
        equipoise.watch(G, D, out="mine")
    assert not G._forward_hooks


def test_diagnose_reads_the_folder() -> None:
    watch = broken(out="out")
    said = diagnosing.report("out")
    assert said.diagnosis.verdict == watch.diagnosis().verdict
    assert {f.name for f in said.diagnosis.findings} == {f.name for f in watch.diagnosis().findings}
    assert said.diagnosis.objective == "non_saturating"
    Path("out/watch.json").write_text("[]")
    with pytest.raises(equipoise.RunError, match=r"watch.json"):
        diagnosing.report("out")


def test_several_discriminators_have_a_folder_each() -> None:
    names: list[equipoise.Watch] = []
    loop = loops.cyclegan(lambda G, D: names.append(equipoise.watch(G, D, every=2, out="out", print=False)))
    list(islice(loop, 8))
    names[0].close()
    assert names[0].folder == Path("out")
    assert {path.name for path in Path("out").iterdir()} == {"D_A", "D_B"}
    assert diagnosing.report("out").pair in ("D_A", "D_B")


def test_a_script_that_just_ends_leaves_its_last_window(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(Path(loops.__file__).parent)!r})\n"
        "import equipoise, itertools, loops\n"
        "G, D = loops.mlps()\n"
        "equipoise.watch(G, D)\n"
        "list(itertools.islice(loops.plain(G, D), 7))\n"
        "raise SystemExit(3)\n"
    )
    ended = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 3, ended.stderr
    assert [record["step"] for record in lines(tmp_path / "runs/watch-mine/signals.jsonl")] == [7]


def test_report_and_diagnose_commands_take_the_folder() -> None:
    broken(out="out")
    command = [sys.executable, "-m", "equipoise"]
    told = subprocess.run([*command, "diagnose", "out", "--json"], capture_output=True, text=True, check=False)
    assert told.returncode == 1, told.stderr
    assert any(finding["name"] == "swapped_labels" for finding in json.loads(told.stdout)["findings"])
    page = subprocess.run([*command, "report", "out"], capture_output=True, text=True, check=False)
    assert page.returncode == 0, page.stderr
    assert "swapped" in Path("out/report.html").read_text()


def test_trouble_in_the_watch_ends_the_watch_and_not_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    G, D = loops.mlps()
    watch = equipoise.watch(G, D, every=1, out=False, print=said.append)
    monkeypatch.setattr(watch, "record", lambda match: 1 / 0)
    assert len(list(islice(loops.plain(G, D), 3))) == 3
    assert said == ["equipoise: stopped watching, the loop goes on (ZeroDivisionError: division by zero); please report this"]
    assert not G._forward_hooks


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"G": 3}, "G: must be an nn.Module or a dict"),
        ({"D": {"a": 1}}, "D.a: must be an nn.Module"),
        ({"D": {}}, "D: must be an nn.Module or a dict"),
        ({"objective": "hing"}, "did you mean 'hinge'"),
        ({"every": 0}, "every: must be 1 or more"),
        ({"exam_every": -1}, "exam_every: must be 0 or more"),
        ({"optimizers": [1]}, "optimizers: must be"),
    ],
)
def test_what_can_not_be_watched(change: dict[str, object], complaint: str) -> None:
    G, D = loops.mlps()
    with pytest.raises(equipoise.SettingError, match=complaint.replace(".", r"\.")):
        equipoise.watch(**{"G": G, "D": D, "out": False, **change})  # type: ignore[arg-type]


def test_one_module_can_not_be_both_players() -> None:
    G, _ = loops.mlps()
    with pytest.raises(equipoise.SettingError, match="given twice"):
        equipoise.watch(G, G, out=False)
