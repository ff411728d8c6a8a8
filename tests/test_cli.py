"""The command line as a user meets it: through a subprocess where that matters, else through `main`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from equipoise.cli import main, parse

RING = ["ring", "data.length=512", "batch=32", "steps=6", "checkpoints.every_steps=3", "grids.every_steps=3", "log_every=2"]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "equipoise", *map(str, arguments)]


def test_train_resume_and_sample(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = subprocess.run(command("train", *RING, "--out", out, "--seed", 4), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Loss_D:" in done.stdout and "D(G(z)):" in done.stdout, "the classic lines, where stdout is no terminal"
    assert str(out / "curves.png") in done.stdout
    assert sorted(p.name for p in (out / "checkpoints").iterdir()) == ["step-0000003", "step-0000006"]
    assert {p.name for p in (out / "checkpoints/step-0000003").iterdir()} == {"state.safetensors", "state.json"}
    records = [json.loads(line) for line in (out / "signals.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records if "d_loss" in r] == [2, 4, 6]
    assert {"d_loss", "g_loss", "d_real", "d_fake_before", "d_fake_after", "epoch"} <= records[0].keys()

    assert main(["resume", str(out), "--steps", "9", "--quiet"]) == 0
    assert (out / "checkpoints/step-0000009").is_dir()
    assert "steps: 9" in (out / "recipe.yaml").read_text()

    assert main(["sample", str(out), "-n", "10", "--out", str(tmp_path / "samples")]) == 0
    assert np.loadtxt(tmp_path / "samples/samples.csv", delimiter=",").shape == (10, 2)


def test_quiet_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *RING, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err == ""


def test_samples_of_images_as_png_and_npy(tmp_path: Path) -> None:
    settings = ["data.size=16", "data.type_3=32", "network.width=4", "steps=1", "--out", str(tmp_path / "run"), "--quiet"]
    assert main(["train", "bursts", *settings]) == 0
    for form in ("png", "npy", "csv"):
        assert main(["sample", str(tmp_path / "run"), "-n", "3", "--format", form, "--out", str(tmp_path / form)]) == 0
    assert [Image.open(p).size for p in sorted((tmp_path / "png").iterdir())] == [(16, 16)] * 3
    assert np.load(tmp_path / "npy/samples.npy", allow_pickle=False).shape == (3, 1, 16, 16)
    windows = [np.loadtxt(p, delimiter=",") for p in sorted((tmp_path / "csv").iterdir())]
    assert [w.shape for w in windows] == [(16, 16)] * 3
    assert max(np.abs(w).max() for w in windows) > 1, "in receiver digits, not in [-1, 1]"


def test_dry_run_prints_recipe_sizes_and_estimates(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *RING, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "kind: ring" in printed and "ms a step x 6 steps" in printed and "MiB" in printed
    assert "G " in printed and "D " in printed
    assert list(tmp_path.iterdir()) == [], "a dry run writes nothing"


def test_settings_may_stand_among_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    options = parse(["train", "ring", "batch=8", "--seed", "3", "optimizer.lr=0.1", "--quiet", "latent=5"])
    assert options.settings == ["batch=8", "optimizer.lr=0.1", "latent=5"] and options.seed == 3 and options.quiet
    for wrong in (["train", "ring", "--quiet", "batch"], ["train", "ring", "--lr=3"], ["resume", "run", "batch=8"]):
        with pytest.raises(SystemExit) as caught:
            parse(wrong)
        assert caught.value.code == 2 and "unrecognized arguments" in capsys.readouterr().err


def test_recipes_are_listed_and_shown_as_what_train_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["recipes"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    required = {
        "fashion-mnist",
        "fashion-mnist-vanilla",
        "mnist",
        "cifar10",
        "stacked-mnist",
        "bursts",
        "bursts-naive",
        "ring",
        "grid",
    }
    assert required <= set(listed)
    for name in listed:
        assert main(["recipes", name]) == 0
        file = tmp_path / "copy.yaml"
        file.write_text(capsys.readouterr().out)
        from equipoise import recipe

        assert recipe.resolve(recipe.read(file)) == recipe.resolve(recipe.read(name))


def test_every_piece_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    from equipoise.penalties import PENALTIES
    from equipoise.tricks import TRICKS

    assert main(["recipes", "--pieces"]) == 0
    printed = capsys.readouterr().out
    for registry in (TRICKS, PENALTIES):
        for name, piece in registry.items():
            assert f"  {name}: {piece.card.title}" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnig"], "did you mean 'ring'?"),
        (["ring", "optimizer.lrr=1"], "optimizer.lrr: is no setting here (did you mean 'lr'?)"),
        (["ring", "bacth=3"], "bacth: is no setting here (did you mean 'batch'?)"),
        (["ring", "objective=hinge_"], "objective: 'hinge_' is unknown (did you mean 'hinge'?)"),
        (
            ["ring", "objective=wasserstein", "tricks.label_smoothing=on"],
            "label_smoothing: wasserstein has no labels to change",
        ),
        (["ring", "tricks.emma=on"], "tricks.emma: 'emma' is unknown (did you mean 'ema'?)"),
        (["ring", "data.length=16", "batch=32"], "16 samples are fewer than the batch of 32; set batch=16 or less"),
        (["ring", "batch=0"], "batch: must be 1 or more, not 0"),
        (["ring", "device=cuda:7"], "device: 'cuda:7' can't be used here"),
        (["ring", "tricks.diff_augment=on"], "diff_augment"),
        (["nothing.yaml"], "nothing.yaml: there is no such recipe file"),
        (["fashion-mnist", "--data", "nowhere"], "nowhere"),
    ],
)
def test_a_users_mistake_is_one_clear_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["train", *arguments, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("equipoise: ") and error.count("\n") == 1
    assert not out.exists(), "no half-written run is left behind"


def test_an_existing_run_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    assert main(["train", *RING, "--out", str(out), "--quiet"]) == 0
    before = sorted((p, p.stat().st_mtime_ns) for p in out.rglob("*"))
    assert main(["train", *RING, "--out", str(out), "--quiet"]) == 2
    assert str(out) in capsys.readouterr().err
    assert sorted((p, p.stat().st_mtime_ns) for p in out.rglob("*")) == before


@pytest.mark.parametrize(("which", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_stop_with_a_checkpoint_and_say_how_to_go_on(which: signal.Signals, code: int, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = command("train", "ring", "data.length=512", "batch=32", "steps=1000000", "--out", out)
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert trained(out)
    second = subprocess.run(command("resume", out), capture_output=True, text=True)
    assert second.returncode == 2 and str(process.pid) in second.stderr, "a second process on the same folder is refused"
    process.send_signal(which)
    _, error = process.communicate(timeout=30)
    assert process.returncode == code, error
    assert f"go on with: equipoise resume {out}" in error
    kept = [p.name for p in (out / "checkpoints").iterdir()]
    stopped = int(error.split("stopped at step ")[1].split(";")[0])
    assert f"step-{stopped:07d}" in kept


def trained(out: Path) -> bool:
    """Whether a run has written down a step, within a minute."""
    deadline = time.monotonic() + 60
    while not ((out / "signals.jsonl").exists() and (out / "signals.jsonl").stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    return (out / "signals.jsonl").exists()


def test_a_terminal_that_goes_away_leaves_a_checkpoint(tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = command("train", "ring", "data.length=512", "batch=32", "steps=1000000", "--out", out)
    terminal, side = os.openpty()
    environment = {**os.environ, "TERM": "xterm"}  # the live table is drawn
    process = subprocess.Popen(arguments, preexec_fn=lambda: os.login_tty(side), env=environment)
    os.close(side)
    assert trained(out)
    os.close(terminal)  # the kernel sends SIGHUP, and whatever is printed from now on fails
    assert process.wait(timeout=60) == 129
    assert [p.name for p in (out / "checkpoints").iterdir()], "it was saved"


def test_nohup_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = command("train", "ring", "data.length=512", "batch=32", "steps=1000000", "--out", out, "--quiet")
    process = subprocess.Popen(["nohup", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert trained(out)
    process.send_signal(signal.SIGHUP)
    size = (out / "signals.jsonl").stat().st_size
    while (out / "signals.jsonl").stat().st_size == size:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 143


def test_importing_equipoise_costs_little_beside_torch() -> None:
    clock = "time.process_time()"  # not of the wall: the suite runs several processes side by side
    code = f"import time, torch; t = {clock}; import equipoise; equipoise.fit; print({clock} - t)"
    seconds = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert seconds < 2
