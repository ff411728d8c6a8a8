"""`equipoise diagnose` as a user meets it: files, folders, exit codes, text and JSON; and no torch."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import equipoise
from equipoise.cli import main
from equipoise.diagnosing import diagnose, known, levels, report
from equipoise.diagnosis.finding import VERDICTS
from equipoise.diagnosis.track import Facts
from equipoise.errors import DataError, RunError
from equipoise.objectives import OBJECTIVES

HEALTHY = "".join(f"[{n}/50] Loss_D: {1.1 + 0.1 * math.sin(n):.4f} Loss_G: {1.3 + 0.2 * math.cos(n):.4f}\n" for n in range(50))
DOMINATED = "".join(f"[{n}/50] Loss_D: {2 * 0.7**n:.4e} Loss_G: {0.7 + n / 3:.4f}\n" for n in range(50))


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "equipoise", "diagnose", *map(str, arguments)], capture_output=True, text=True)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_exit_codes_and_text(tmp_path: Path) -> None:
    healthy, sick = write(tmp_path / "a.log", HEALTHY), write(tmp_path / "b.log", DOMINATED)
    done = command(healthy)
    assert done.returncode == 0 and done.stderr == ""
    assert "HEALTHY" in done.stdout and "Look at a grid of samples" in done.stdout
    done = command(sick)
    assert done.returncode == 1
    for part in ("DISCRIMINATOR DOMINANCE", "'Loss_D'", "text, 50 moments", "% sure", "d_loss over", "Not assessed", "1. "):
        assert part in done.stdout, part
    assert max(map(len, done.stdout.splitlines()[1:])) <= 100 and len(done.stdout.splitlines()) < 50, "a screenful"
    done = command(write(tmp_path / "c.log", "epoch 1 loss 0.3\n" * 9))
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert f"equipoise: {tmp_path / 'c.log'}: no log of a GAN" in done.stderr


def test_json_has_the_fields_that_are_promised(tmp_path: Path) -> None:
    done = command(write(tmp_path / "b.log", DOMINATED), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["verdict"] == "discriminator_dominance" in VERDICTS
    assert {"verdict", "findings", "not_assessed", "objective", "convention", "points", "notes", "certainty"} <= found.keys()
    assert (found["objective"], found["convention"], found["points"]) == ("non_saturating", "sum", 50)
    finding = found["findings"][0]
    assert finding["evidence"][0]["signal"] == "d_loss" and finding["remedies"] and 0.5 <= finding["confidence"] <= 1
    assert all({"name", "needs"} == silent.keys() for silent in found["not_assessed"])


def test_json_stays_json_where_losses_are_not_finite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = "".join(f"d_loss: {'nan' if n > 30 else 0.6} g_loss: {'inf' if n > 30 else 0.8}\n" for n in range(50))
    assert main(["diagnose", str(write(tmp_path / "a.log", log)), "--json"]) == 1
    found = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["verdict"] == "divergence" and found["findings"][0]["severity"] == "fatal"


def test_a_short_log_can_not_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(write(tmp_path / "a.log", "\n".join(HEALTHY.splitlines()[:3])))]) == 0
    assert "UNKNOWN: the log can't tell" in capsys.readouterr().out


def test_it_starts_without_torch(tmp_path: Path) -> None:
    log = write(tmp_path / "b.log", DOMINATED)
    code = f"import sys; from equipoise.cli import main; main(['diagnose', {str(log)!r}]); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_as_a_function(tmp_path: Path) -> None:
    found = equipoise.diagnose(write(tmp_path / "b.log", DOMINATED))
    assert found.verdict == "discriminator_dominance"
    assert equipoise.diagnose is diagnose, "however often it is asked for, and whatever was imported since"


def test_of_several_pairs_the_one_that_is_worst_off(tmp_path: Path) -> None:
    lines = [
        f"D_A: {0.25 + 0.02 * math.sin(n):.4f} G_A: 0.3{n % 9} D_B: {0.25 * 0.7**n:.3e} G_B: 0.9{n % 9}" for n in range(40)
    ]
    found = report(write(tmp_path / "loss_log.txt", "\n".join(lines)))
    assert found.pair == "b" and found.diagnosis.verdict == "discriminator_dominance"
    assert any("2 pairs of players" in note for note in found.diagnosis.notes)


def test_run_folders_of_others(tmp_path: Path) -> None:
    stats = "".join(
        json.dumps(
            {
                "Progress/kimg": {"num": 1, "mean": n, "std": 0},
                **{
                    f"Loss/{p}/loss": {"num": 1, "mean": v, "std": 0}
                    for p, v in (("D", 1.2 + n % 3 / 9), ("G", 0.9 + n % 4 / 9))
                },
            }
        )
        + "\n"
        for n in range(20)
    )
    write(tmp_path / "style/stats.jsonl", stats)
    assert report(tmp_path / "style").format.startswith("StyleGAN") and diagnose(tmp_path / "style").verdict == "healthy"
    write(
        tmp_path / "lightning/metrics.csv", "step,d_loss,g_loss\n" + "".join(f"{n},{0.5 + n % 3 / 10},0.8\n" for n in range(20))
    )
    assert report(tmp_path / "lightning").format == "CSV"
    write(tmp_path / "other/notes.md", "nothing")
    with pytest.raises(DataError, match="holds no run and no log"):
        diagnose(tmp_path / "other")


def run_folder(path: Path, objective: str, records: list[dict[str, float]]) -> Path:
    write(path / "recipe.yaml", f"objective: {objective}\nbatch: 64\nsteps: 5000\n")
    write(path / "signals.jsonl", "".join(json.dumps({"step": 50 * n, **record}) + "\n" for n, record in enumerate(records, 1)))
    return path


def test_run_folders_of_ours(tmp_path: Path) -> None:
    good = [
        {"d_loss": 0.6 + n % 5 / 50, "g_loss": 0.8 + n % 3 / 50, "accuracy_real": 0.6, "accuracy_fake": 0.65} for n in range(60)
    ]
    found = diagnose(run_folder(tmp_path / "good", "non_saturating", good))
    assert (found.verdict, found.objective, found.convention, found.points) == ("healthy", "non_saturating", "mean", 60)
    bad = [{**record, "d_loss": math.nan} if n > 40 else record for n, record in enumerate(good)]
    text = "\n".join(json.dumps(r).replace("NaN", '"NaN"') for r in ({"step": n, **record} for n, record in enumerate(bad)))
    write(run_folder(tmp_path / "bad", "{kind: hinge}", []) / "signals.jsonl", text + '\n{"step": 99, "d_lo')
    found = diagnose(tmp_path / "bad")
    assert found.verdict == "divergence" and found.objective == "hinge"


def test_a_folder_of_a_watched_loop(tmp_path: Path) -> None:
    records = [{"d_loss": 0.6 + n % 5 / 50, "g_loss": 0.8 + n % 3 / 50} for n in range(60)]
    folder = run_folder(tmp_path / "watched", "hinge", records)
    (folder / "recipe.yaml").unlink()
    write(
        folder / "watch.json",
        json.dumps({"objective": "least_squares", "convention": "mean", "certainty": 0.8, "notes": ["a"]}),
    )
    found = report(folder)
    assert found.format == "folder of a watched loop" and found.diagnosis.objective == "least_squares"
    assert found.diagnosis.certainty == 0.8 and found.diagnosis.notes == ("a",)
    write(folder / "watch.json", "{")
    with pytest.raises(RunError, match=r"watch\.json"):
        diagnose(folder)


@pytest.mark.parametrize(
    ("objective", "real", "fake", "expected"),  # FAILURES.md, convention table
    [
        ("non_saturating", 1.0, 0.0, (0.6931, 0.0, 0.6931)),
        ("non_saturating", 0.9, 0.0, (0.6881, 0.1625, 0.7985)),
        ("non_saturating", 0.9, 0.1, (0.6931, 0.3251, 0.6931)),
        ("minimax", 1.0, 0.0, (0.6931, 0.0, -0.6931)),
        ("least_squares", 1.0, 0.0, (0.25, 0.0, 0.25)),
        ("hinge", 1.0, 0.0, (2.0, 0.0, None)),
        ("wasserstein", 1.0, 0.0, (0.0, None, None)),
        ("", 1.0, 0.0, (None, None, None)),
    ],
)
def test_levels_of_a_recipe(objective: str, real: float, fake: float, expected: tuple[float | None, ...]) -> None:
    assert levels(objective, real, fake) == tuple(None if x is None else pytest.approx(x, abs=1e-4) for x in expected)


def older(path: Path, text: str) -> Facts:
    """What is known of a run that wrote no facts."""
    found = known(write(path / "recipe.yaml", f"name: x\ndata: {{kind: ring}}\nsteps: 10\n{text}").parent)
    assert found is not None
    return found


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_levels_are_the_objectives_own(tmp_path: Path, objective: str) -> None:
    found = older(tmp_path, f"objective: {objective}\n")
    at, own = OBJECTIVES[objective].equilibrium(), OBJECTIVES[objective]
    assert (found.objective, found.steps_planned, found.notes) == (objective, 10, ())
    assert [found.d_equilibrium, found.g_equilibrium] == [level and pytest.approx(level) for level in (at.d_loss, at.g_loss)]
    floor = own.floor()
    assert found.d_floor == (floor and pytest.approx(floor, abs=0.01))
    assert found.logits == (at.logit is not None and own.takes_targets and objective != "least_squares")


@pytest.mark.parametrize("labels", ["real: 0.9", "real: 0.8", "real: 0.9, fake: 0.1"])
def test_levels_with_smoothed_labels_are_the_objectives_own(tmp_path: Path, labels: str) -> None:
    found = older(tmp_path, f"tricks: {{label_smoothing: {{{labels}}}}}\n")
    asked = [float(part.split(":")[1]) for part in labels.split(",")]
    at = OBJECTIVES["non_saturating"].equilibrium(*asked)
    assert [found.d_equilibrium, found.g_equilibrium] == [pytest.approx(at.d_loss), pytest.approx(at.g_loss)]
    assert found.d_floor == pytest.approx(OBJECTIVES["non_saturating"].floor(*asked), abs=0.01)


@pytest.mark.parametrize(
    "text", ["objective: custom\n", "objective: nonsense\n", "objective: [1]\n", "tricks: {label_noise: {}}\n"]
)
def test_levels_that_only_the_game_itself_could_tell_are_not_guessed(tmp_path: Path, text: str) -> None:
    found = older(tmp_path, text)
    assert found.d_equilibrium is None and found.d_floor is None and "not known" in found.notes[0]


def test_a_run_that_was_trained_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert main(["train", "ring", "data.length=512", "batch=32", "steps=40", "log_every=4", "--out", str(run), "--quiet"]) == 0
    assert main(["diagnose", str(run)]) in (0, 1)
    assert "run: run folder of equipoise" in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["{", "- 1\n- 2\n", "objective: [1, 2]\n", "\x00"])
def test_a_damaged_recipe_is_one_line_and_no_traceback(broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_folder(tmp_path / "run", "hinge", [{"d_loss": 1.0, "g_loss": 0.5}] * 9)
    write(folder / "recipe.yaml", broken)
    code = main(["diagnose", str(folder)])
    said = capsys.readouterr()
    assert (code == 2 and len(said.err.splitlines()) == 1 and "recipe.yaml" in said.err) or (
        code == 0 and "not told" in said.out
    )
