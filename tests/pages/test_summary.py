import subprocess
import sys
from pathlib import Path

from action_lines import decided, treat
from folders import finding, record, run_folder

from equipoise import plain_json
from equipoise.pages.report import tell
from equipoise.pages.summary import LINES, WIDTH, sparkline, summary


def test_a_screenful(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "calm", [record(i) for i in range(1, 301)])
    lines = summary(tell(run), "calm/report.html").splitlines()
    assert len(lines) <= LINES and max(map(len, lines)) <= WIDTH
    assert lines[0].startswith("calm: step 300") and "healthy" in lines[0]
    assert any("D loss" in line and "0.680" in line and "equilibrium 0.688" in line for line in lines)
    assert any("distance" in line and "best 0.0700" in line for line in lines)
    assert any("✓ D loss stable at 0.5 to 0.7" in line for line in lines)
    assert lines[-1] == "report: calm/report.html"


def test_findings_with_since_confidence_and_first_remedy_fit_the_screen_however_many(tmp_path: Path) -> None:
    told = tell(run_folder(tmp_path / "run", [record(i) for i in range(1, 301)]))
    one = finding(title="Discriminator dominance: D wins and G does not catch up", passed=False, cleared=None)
    text = summary({**told, "findings": [one]})
    assert "serious, 90% sure, since 40" in text and "try penalties.r1=on: Add R1" in text
    full = summary({**told, "findings": [one] * 30}, "x.html").splitlines()
    assert len(full) == LINES and "... more in the report" in "\n".join(full) and full[-1] == "report: x.html"


def test_a_line_for_each_treatment_and_for_what_was_given_up(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [record(i) for i in range(1, 301)])
    stop = {"step": 250, "action": "stop", "finding": "mode_collapse", "words": "stops after 2 treatments: " + "long " * 40}
    actions = [treat(), decided("undo"), treat(1300, "new_d"), stop]
    (run / "actions.jsonl").write_text("".join(plain_json.dumps(one) + "\n" for one in actions))
    text = summary(tell(run)).splitlines()
    first = text.index("  A treated at 60 with r1, for discriminator_dominance: undone at 120")
    assert text[first + 1] == "  B treated at 1,300 with new_d, for discriminator_dominance: on trial until 1,360"
    assert text[first + 2].startswith("  at 250 the autopilot stops after 2 treatments: long") and text[first + 2].endswith(
        "..."
    )
    assert len(text) <= LINES and max(map(len, text)) <= WIDTH


def test_names_move_no_cursor(tmp_path: Path) -> None:
    told = tell(run_folder(tmp_path / "run", [record(1)]))
    assert "\x1b" not in summary({**told, "name": "\x1b[2Jevil\r\n"})
    assert "\x1b[" in summary(told, colour=True)
    run = run_folder(tmp_path / "treated", [record(1)])
    evil = treat(remedy="\x1b[2J" + "r" * 200, finding="\r\n")
    (run / "actions.jsonl").write_text(plain_json.dumps(evil) + "\n")
    text = summary(tell(run))
    assert "\x1b" not in text and "\r" not in text and max(map(len, text.splitlines())) <= WIDTH


def test_sparkline() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1, 1, 1], 8) == "▄▄▄"
    assert len(sparkline(list(range(1000)), 56)) == 56


def equipoise(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "equipoise", *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_the_command(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "runs/calm", [record(i) for i in range(1, 301)])
    done = equipoise("report", "runs/calm", cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr and "\x1b" not in done.stdout
    assert done.stdout.splitlines()[-1] == "report: runs/calm/report.html"
    assert (run / "report.html").read_text().startswith("<!doctype html>")
    done = equipoise("report", "runs/calm", "--out", "there.html", cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "there.html").is_file()
    (run / "report.html").unlink()
    assert equipoise("report", "runs/calm", "--text", cwd=tmp_path).returncode == 0
    assert not (run / "report.html").exists()


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    run_folder(tmp_path / "calm", [record(i) for i in range(1, 30)])
    for arguments, words in (
        (("report", "cal"), "there is no such run folder (did you mean 'calm'?)"),
        (("report", "calm", "--out", "no/such/place.html"), "can't be written"),
        (("report", "calm/recipe.yaml"), "no log of a GAN"),
    ):
        done = equipoise(*arguments, cwd=tmp_path)
        assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_python(tmp_path: Path) -> None:
    import equipoise

    run = run_folder(tmp_path / "calm", [record(i) for i in range(1, 30)])
    (run / "findings.jsonl").write_text(plain_json.dumps({"what": "raised", **finding()}) + "\n")
    assert equipoise.report(run) == run / "report.html"
    assert equipoise.report(run, tmp_path / "x.html") == tmp_path / "x.html"
