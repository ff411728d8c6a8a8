"""What clumsy and hostile users do: each mistake is one clear line, exit code 2, and leaves nothing half-written behind."""

import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import broken_disk
import numpy as np
import pytest
import torch
from PIL import Image

from equipoise.cli import main

TINY = "data: {kind: ring, length: 64}\nnetwork: {kind: mlp, hidden: 8}\nbatch: 8\nlatent: 4\nsteps: 4\nname: tiny\n"
RING = ["ring", "data.length=64", "network.hidden=8", "batch=8", "steps=4", "checkpoints.every_steps=2"]
Here = Callable[[Path], None]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test is alone in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of four steps, with checkpoints of the second and the fourth."""
    run = tmp_path_factory.mktemp("trained") / "run"
    assert main(["train", *RING, "--out", str(run), "--quiet"]) == 0
    return run


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in folder.rglob("*")}


def code_of(*arguments: object) -> int:
    try:
        return main([str(a) for a in arguments])
    except SystemExit as end:
        return int(end.code or 0)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object, touches: tuple[str, ...] = ()) -> str:
    """The one line on stderr of a command that is refused; nothing in the folder has changed but what it `touches`."""
    before = everything(Path())
    capsys.readouterr()
    code = code_of(*arguments)
    printed = capsys.readouterr()
    assert code == 2, printed.err
    assert printed.err.startswith("equipoise: ") and printed.err.count("\n") == 1, printed.err
    after = everything(Path())
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert not {name for name in changed if not name.endswith(touches or ("/lock",))}, "something was left behind, or lost"
    return printed.err


# ---------------------------------------------------------------------------------------------------- recipes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "r.yaml: must hold settings"),
        (b"- a\n- b\n", "r.yaml: must hold settings"),
        (bytes(range(256)), "r.yaml: can't be read as text"),
        (b"\0\0", "r.yaml: is not YAML"),
        (b"a: [1,\nb: }", "r.yaml: is not YAML: while parsing a flow node"),
        (b"data: !!python/object/apply:os.mkdir ['x']", "r.yaml: is not YAML: could not determine a constructor"),
        (b"[" * 1500, "r.yaml: is nested too deeply"),
    ],
    ids=["empty", "list", "binary", "nul", "broken", "python", "deep"],
)
def test_a_file_that_is_no_recipe(content: bytes, message: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "r.yaml").write_bytes(content)
    assert message in refused(capsys, "train", "r.yaml", "--out", "run")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bacth: 3", "bacth: is no setting here (did you mean 'batch'?)"),
        ("batch: many", "batch: must be a whole number, not 'many'"),
        ("batch: 8.0", "batch: must be a whole number, not 8.0"),
        ("latent: 0", "latent: must be 1 or more, not 0"),
        ("log_every: 10000000000000", "log_every: must be 100,000 or less"),
        ("epochs: 2", "epochs: give either epochs or steps"),
        ("seed: 1.5", "seed: must be a whole number"),
        ("order: simultaneus", "order: 'simultaneus' is unknown (did you mean 'simultaneous'?)"),
        ("precision: float16", "precision: 'float16' is unknown"),
        ("name: [a]", "name: must be text"),
        ("data: ring", "data: must be a mapping, not 'ring'"),
        ("data: {}", "data.kind: is needed; known: bursts"),
        ("data: {kind: ringg}", "data.kind: 'ringg' is unknown (did you mean 'ring'?)"),
        ("data: {kind: ring, lenght: 64}", "data.lenght: is no setting here (did you mean 'length'?)"),
        ("data: {kind: ring, std: .inf}", "data.std: must be a number, not inf"),
        ("data: {kind: folder, path: [a]}", "data.path: must be text"),
        ("data: {kind: folder}", "--data PATH"),
        ("network: {kind: [mlp]}", "network.kind: ['mlp'] is unknown"),
        ("network: {kind: mlp, hidden: 0}", "network.hidden: must be 1 or more"),
        ("network: {kind: custom}", "network"),
        ("network: {kind: dcgan}", "network.kind: dcgan makes images"),
        ("optimizer: adam", "optimizer: must be a mapping"),
        ("optimizer: {kind: adamm}", "optimizer.kind: 'adamm' is unknown (did you mean 'adam'?)"),
        ("optimizer: {kind: adam, lr: -1}", "optimizer.lr: must be 0 or more"),
        ("optimizer: {kind: adam, lr: .nan}", "optimizer.lr: must be a number, not nan"),
        ("objective: hinge_", "objective: 'hinge_' is unknown (did you mean 'hinge'?)"),
        ("tricks: [ema]", "tricks: must be a mapping"),
        ("tricks: {emma: {}}", "tricks.emma: 'emma' is unknown (did you mean 'ema'?)"),
        ("tricks: {ema: {decayy: 0.9}}", "tricks.ema.decayy: is no setting here (did you mean 'decay'?)"),
        ("tricks: {ema: {decay: 2}}", "tricks.ema.decay: must be at least 0 and below 1"),
        ("tricks: {r1: {}}", "tricks.r1: belongs to penalties: write penalties.r1"),
        ("penalties: {r1: {weight: .inf}}", "penalties.r1.weight: must be a number, not inf"),
        ("penalties: {r1: {every: 0}}", "penalties.r1.every: must be 1 or more"),
        ("grids: {every_steps: 0}", "grids.every_steps: must be 1 or more, not 0"),
        ("grids: {samples: -4}", "grids.samples: must be 1 or more, not -4"),
        ("grids: {colour: red}", "grids.colour: 'red' is unknown"),
        ("checkpoints: {every_epochs: -1}", "checkpoints.every_epochs: must be 1 or more"),
        ("checkpoints: {keep_last: 0}", "checkpoints.keep_last: must be 1 or more"),
        ("device: gpu", "device: 'gpu' can't be used here (no device; known: cpu, cuda, mps)"),
        ("device: meta", "device: 'meta' can't be used here"),
        ("device: cuda:99", "device: 'cuda:99' can't be used here"),
    ],
    ids=lambda text: text[:40],
)
def test_a_wrong_setting_in_a_recipe_file(line: str, message: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = [old for old in TINY.splitlines() if old.split(":")[0] != line.split(":")[0]]
    (here / "r.yaml").write_text("\n".join([*kept, line]))
    assert message in refused(capsys, "train", "r.yaml", "--out", "run")


def test_sections_with_nothing_in_them_and_pieces_that_are_off(here: Path) -> None:
    for end in ("tricks:\npenalties:\ngrids:\ncheckpoints:\n", "tricks: {ema: false, packing: off}\n", "tricks: off\n"):
        (here / "r.yaml").write_text(TINY + end)
        assert main(["recipes", "r.yaml"]) == 0
    assert main(["train", "r.yaml", "tricks.ema=on", "--out", "run", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimizer.lrr=1", "optimizer.lrr: is no setting here (did you mean 'lr'?)"),
        ("optimizer=adam", "optimizer: must be a mapping"),
        ("optimizer.lr=1e999", "optimizer.lr: must be a number"),
        ("tricks.ema.decay.x=3", "tricks.ema.decay: must be a number"),
        ("tricks..a=1", "is unknown"),
        ("a.b.c=3", "a: is no setting here"),
        ("batch=", "batch: must be a whole number"),
        ("batch=[", "batch: can't read the value '['"),
        ("=3", "write key=value"),
        ("foo", "write key=value"),
        ("batch=65", "64 samples are fewer than the batch of 65; set batch=64 or less"),
        ("tricks.packing.size=3", "packing.size: 3 does not divide the batch of 8"),
        ("tricks.diff_augment=on", "diff_augment: changes images"),
        ("latent=10000000000000", "out of memory"),
    ],
)
def test_a_wrong_setting_on_the_command_line(setting: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, "train", *RING, setting, "--out", "run")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["objective=wasserstein", "tricks.label_smoothing=on"], "label_smoothing: wasserstein has no labels"),
        (["objective=hinge", "tricks.label_noise=on"], "label_noise: hinge has no labels"),
        (["objective=relativistic_paired", "tricks.label_flipping=on"], "label_flipping: relativistic_paired has no labels"),
        (["order=simultaneous", "tricks.cadence.d_steps=2"], "cadence: simultaneous moves"),
        (["optimizer.kind=extragradient_adam", "tricks.adaptive_cadence=on"], "adaptive_cadence: simultaneous moves"),
        (["batch=1", "tricks.minibatch_stddev=on"], "minibatch tricks compare samples"),
        (["batch=1", "tricks.minibatch_discrimination=on"], "minibatch tricks compare samples"),
        (["tricks.packing.size=8", "tricks.minibatch_stddev=on"], "minibatch tricks compare samples"),
        (["penalties.consistency=on"], "consistency: changes images"),
    ],
)
def test_combinations_that_can_not_be(settings: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, "train", *RING, *settings, "--out", "run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["trian", "ring"], "invalid choice: 'trian'"),
        (["train"], "required"),
        (["train", "ring", "--epohcs", "3"], "did you mean '--epochs'?"),
        (["train", "ring", "--epochs", "x"], "--epochs: must be a whole number, not 'x'"),
        (["train", "ring", "--epochs", "0"], "--epochs: must be 1 or more"),
        (["train", "ring", "--epochs", "1", "--steps", "1"], "not allowed with"),
        (["train", "ring", "--out", ""], "--out: must not be empty"),
        (["train", "rnig"], "did you mean 'ring'?"),
        (["train", "a" * 5000], "name too long"),
        (["train", "nowhere.yaml"], "nowhere.yaml: there is no such recipe file"),
        (["train", "fashion-mnist", "--data", "no\nwhere"], "no\\nwhere: is not there"),
        (["recipes", "rnig"], "did you mean 'ring'?"),
        (["resume", "nowhere"], "nowhere: there is no such run folder"),
        (["sample", "nowhere"], "--out"),
        (["sample", "nowhere", "--out", "s", "-n", "0"], "-n: must be 1 or more"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message.lower() in refused(capsys, *arguments).lower()


# ------------------------------------------------------------------------------------------------------- data


def images(folder: Path, n: int = 8, side: int = 32) -> None:
    folder.mkdir(exist_ok=True)
    for i in range(n):
        pixels = np.random.default_rng(i).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def windows(folder: Path, n: int = 4, height: int = 32) -> None:
    folder.mkdir(exist_ok=True)
    for i in range(n):
        np.savetxt(folder / f"{i}.csv", np.random.default_rng(i).normal(size=(height, 32)), delimiter=",", fmt="%.3f")


def spoiled(line: int, text: str) -> Here:
    """Windows in d, where a line (from 1) of 1.csv begins with something else."""

    def prepare(here: Path) -> None:
        windows(here / "d")
        file = here / "d/1.csv"
        lines = file.read_text().splitlines()
        lines[line - 1] = text + lines[line - 1][lines[line - 1].index(",") :]
        file.write_text("\n".join(lines))

    return prepare


def saved(array: object) -> Here:
    return lambda here: np.save(here / "d.npy", np.asarray(array))


def instead(name: str, content: bytes, make: Here) -> Here:
    def prepare(here: Path) -> None:
        make(here / "d")
        (here / "d" / name).write_bytes(content)

    return prepare


@pytest.mark.parametrize(
    ("prepare", "what", "message"),
    [
        (lambda here: (here / "d").mkdir(), "d", "d: holds nothing to train on"),
        (lambda here: images(here / "d", n=1), "d", "d: holds 1 image; a GAN needs at least 2"),
        (lambda here: images(here / "d", side=4), "d", "4 x 4 pixels, fewer than 8"),
        (lambda here: images(here / "d"), "d/1.png", "d/1.png: is one sample; give the folder"),
        (instead("3.png", b"", images), "d", "3.png (0 bytes)"),
        (instead("3.png", b"hello", images), "d", "3.png (no PNG"),
        (instead("3.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, images), "d", "3.png ("),
        (saved([1.0, 2.0]), "d.npy", "d.npy: holds an array 2, expected"),
        (saved(np.full((4, 32, 32), np.nan)), "d.npy", "d.npy: sample 0 holds nan"),
        (saved(np.full((4, 32, 32), 3.0)), "d.npy", "d.npy: is constant"),
        (saved(np.zeros((4, 0, 32))), "d.npy", "d.npy: holds no pixels"),
        (saved(["a", "b"]), "d.npy", "d.npy: holds <U1 values, expected numbers"),
        (lambda here: (here / "d.npz").write_bytes(b"PK\3\4"), "d.npz", "d.npz: is cut off or no .npz file"),
        (spoiled(5, "1,1"), "d", "1.csv: line 5 has 33 values, the others have 32"),
        (spoiled(7, "abc"), "d", "1.csv: line 7, column 1: 'abc' is not a number"),
        (spoiled(7, "nan"), "d", "1.csv: line 7, column 1: the value is nan"),
        (instead("1.csv", b"1,1,1\n1,1,1\n", windows), "d", "1.csv: is constant"),
        (instead("1.csv", b"", windows), "d", "1.csv: is empty (0 bytes)"),
        (instead("1.csv", b"\0\1\2", windows), "d", "1.csv: is not text"),
        (instead("1.csv", b"1,2\n3,4\n", windows), "d", "the windows are of several sizes"),
        (lambda here: windows(here / "d", n=1), "d", "d: holds 1 window"),
        (lambda here: windows(here / "d", height=30), "d", "not 30 x 32; set data.size to one"),
        (lambda here: (here / "d.txt").write_text("x"), "d.txt", "d.txt: is nothing to train on"),
    ],
)
def test_data_that_can_not_be_used(
    prepare: Here, what: str, message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(here)
    assert message in refused(capsys, "train", what, "--out", "run")


def test_what_a_message_asks_for_helps(here: Path) -> None:
    """Windows of several sizes are refused with the advice to give data.size; with it they are trained on."""
    windows(here / "d")
    windows(here / "d/taller", height=40)
    assert code_of("train", "d", "--dry-run") == 2
    settings = ["data.size=16", "network.width=4", "latent=4", "--steps", "1", "--quiet"]
    assert main(["train", "d", *settings, "--out", "run"]) == 0


def test_data_sets_that_are_nowhere_say_where_to_put_them(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    monkeypatch.delenv("EQUIPOISE_DATA", raising=False)
    monkeypatch.setattr("equipoise.data.locate.PROJECT", here / "away")
    monkeypatch.setattr("equipoise.data.fashion_mnist.FashionMNIST.mirrors", ("http://127.0.0.1:9/",))
    assert main(["train", "fashion-mnist"]) == 2
    note, error = capsys.readouterr().err.splitlines()
    assert note.startswith("downloading http://127.0.0.1:9/train-images-idx3-ubyte.gz")
    assert f"put the file into {here}/cache/equipoise/fashion-mnist, or say where it is with --data" in error
    assert main(["train", "fashion-mnist", "--quiet"]) == 2
    assert capsys.readouterr().err.count("\n") == 1, "no note where it is to be quiet"


def test_notes_are_said_once_and_the_logger_is_left_as_it_was(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images(here / "d", n=8)
    (here / "d/9.png").write_bytes(b"")
    settings = ["data.skip=0.5", "network.width=4", "latent=4", "batch=4", "--steps", "1", "--out"]
    handlers = logging.getLogger("equipoise").handlers.copy()
    assert main(["train", "d", *settings, "run"]) == 0
    assert capsys.readouterr().err.count("9.png (0 bytes)") == 1, "although the data is read twice"
    assert main(["train", "d", *settings, "other", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert logging.getLogger("equipoise").handlers == handlers


# ------------------------------------------------------------------------------------------- run folders and disks


@pytest.mark.parametrize(
    ("prepare", "out", "message"),
    [
        (lambda here: (here / "o").write_text("x"), "o", "o: can't be written"),
        (lambda here: (here / "o").write_text("x"), "o/run", "o/run: can't be written"),
        (lambda here: (here / "o/mine").mkdir(parents=True), "o", "o: is not empty (it holds mine); give another --out"),
        (lambda here: (here / "o").symlink_to("nowhere"), "o", "o: can't be written"),
        (lambda here: None, "a" * 300, "can't be written (File name too long)"),
        (lambda here: None, "/proc/run", "/proc/run: can't be written"),
        (lambda here: (here / "a\nb/x").mkdir(parents=True), "a\nb", "a\\nb: is not empty"),
    ],
)
def test_an_out_that_can_not_be_used(
    prepare: Here, out: str, message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(here)
    assert message in refused(capsys, "train", *RING, "--out", out, touches=("o/lock",))


@pytest.mark.parametrize("name", ["with space", "grüße 🎨", "new\nline", "-", "'quote\""])
def test_any_name_is_a_name(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *RING, f"--out={name}"]) == 0
    assert main(["resume", "--", name]) == 0
    assert main(["sample", "-n", "2", f"--out={name}/s", "--", name]) == 0
    assert (here / name / "s/samples.csv").is_file()


def test_a_full_disk_at_the_start_leaves_nothing(here: Path) -> None:
    code, error = limited(here, 100, "--out", "run")
    assert code == 2 and error.count("\n") == 1, error
    assert "run: can't be written (File too large)" in error
    assert list(here.iterdir()) == []


def test_a_full_disk_on_the_way_keeps_the_recipe_and_says_how_much_is_needed(here: Path) -> None:
    code, error = limited(here, 30_000, "network.hidden=64", "--out", "run")
    assert code == 2 and error.count("\n") == 1, error
    assert "no space left on the disk of run/checkpoints: the checkpoint needs" in error
    assert not list(here.rglob("*.part"))
    assert main(["resume", "run", "--quiet"]) == 0, "with room again it goes on"


def limited(here: Path, size: int, *more: str) -> tuple[int, str]:
    """The exit code and stderr of a training that can't write files of more than `size` bytes."""
    said = here.with_name("stderr")

    def child() -> None:
        torch.set_num_threads(1)  # a fork has no threads of its parent's pool
        sys.stderr = said.open("w", buffering=1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        os._exit(code_of("train", *RING, *more))

    return broken_disk.in_child(child), said.read_text()


# ----------------------------------------------------------------------------------------------- resume and sample


def test_a_finished_run_says_so_and_stays_as_it_is(trained: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained, here / "run")
    before = everything(here)
    assert main(["resume", "run"]) == 0
    assert "run: is at its end, step 4; go further with --epochs or --steps" in capsys.readouterr().out
    after = everything(here)
    assert {k for k in before if before[k] != after[k]} <= {"run/lock"} and before.keys() == after.keys()


def test_an_end_that_lies_behind_is_refused(trained: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained, here / "run")
    assert "run: 4 steps (0.5 epochs) are done already; give a later end" in refused(capsys, "resume", "run", "--steps", 2)
    assert "steps: 4" in (here / "run/recipe.yaml").read_text()


def test_samples_are_not_mixed_with_older_ones(trained: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained, here / "run")
    assert main(["sample", "run", "-n", "9", "--out", "s"]) == 0
    message = "s: holds samples already (samples.csv); give another --out, or replace them with --force"
    assert message in refused(capsys, "sample", "run", "-n", 3, "--out", "s", "--format", "npy")
    assert main(["sample", "run", "-n", "3", "--out", "s", "--format", "npy", "--force"]) == 0
    assert [path.name for path in (here / "s").iterdir()] == ["samples.npy"]


def changed(file: str, content: bytes | Callable[[str], str] | None) -> Here:
    def prepare(run: Path) -> None:
        path = run / file
        if content is None:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        else:
            path.write_bytes(content if isinstance(content, bytes) else content(path.read_text()).encode())

    return prepare


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (changed("recipe.yaml", b"a: [1"), "recipe.yaml: is not YAML"),
        (changed("recipe.yaml", b""), "recipe.yaml: must hold settings"),
        (changed("recipe.yaml", None), "run: is not a run folder (it has no recipe.yaml)"),
        (changed("recipe.yaml", lambda t: t + "bacth: 3"), "bacth: is no setting here"),
        (changed("recipe.yaml", lambda t: t.replace("hidden: 8", "hidden: 9")), "of other networks or another optimizer"),
        (
            changed("recipe.yaml", lambda t: t.replace("length: 64", "length: 65")),
            "the data is not what this run was trained on",
        ),
        (
            changed("recipe.yaml", lambda t: t.replace("batch: 8", "batch: 16")),
            "run/recipe.yaml: batch is 16, but this run was trained with 8 up to here",
        ),
    ],
)
def test_a_run_folder_that_was_damaged(
    damage: Here, message: str, trained: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained, here / "run")
    damage(here / "run")
    assert message in refused(capsys, "resume", "run", "--steps", 6, touches=("/lock",))


@pytest.mark.parametrize(
    "damage",
    [
        changed("checkpoints", None),
        changed("data.json", b"{"),
        changed("signals.jsonl", b'\0\xff\n{}\n[1]\n{"step": 1}\n{"x": 3}\n'),
        changed("evaluations.jsonl", b'{"step": 1}\n{"x": 3}\n{"step": 2, "sliced_wasserstein": "x"}\n'),
        changed("checkpoints/step-0000004/state.json", None),
    ],
    ids=["no checkpoint", "data.json", "signals", "evaluations", "newest"],
)
def test_damages_that_a_run_survives(damage: Here, trained: Path, here: Path) -> None:
    shutil.copytree(trained, here / "run")
    damage(here / "run")
    assert main(["resume", "run", "--steps", "6"]) == 0
    assert (here / "run/checkpoints/step-0000006").is_dir()


@pytest.mark.parametrize(
    ("damage", "arguments", "message"),
    [
        (None, ["--step", "77"], "there is no checkpoint of step 77; there are: 2, 4"),
        (None, ["--step", "x"], "step: must be a checkpoint's step or 'best', not 'x'"),
        (None, ["-n", str(10**12)], "n: must be from 1 to 10,000,000"),
        (None, ["--format", "png"], "format: points are no pictures"),
        (None, ["--weights", "avg"], "--weights: invalid choice: 'avg'"),
        (changed("checkpoints", None), [], "there is no checkpoint to draw samples from; go on with: equipoise resume run"),
        (changed("evaluations.jsonl", b'{"x": 3}\n'), ["--step", "best"], "no checkpoint was measured yet"),
        (changed("data.json", b"{}"), [], "data.json: is not what equipoise writes"),
        (changed("data.json", None), [], "data.json: can't be read"),
    ],
)
def test_samples_that_can_not_be_drawn(
    damage: Here | None, arguments: list[str], message: str, trained: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained, here / "run")
    if damage is not None:
        damage(here / "run")
    assert message in refused(capsys, "sample", "run", "--out", "s", *arguments)


# --------------------------------------------------------------------------------------------- as a process


def equipoise(*arguments: str, **more: object) -> "subprocess.Popen[str]":
    command = [sys.executable, *more.pop("python", ()), "-m", "equipoise", *arguments]  # type: ignore[misc]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload]


def test_terminated_while_it_loads_leaves_nothing(here: Path) -> None:
    process = equipoise("train", "bursts", "data.type_3=100000", "--out", "run")
    time.sleep(0.5)
    deadline = time.monotonic() + 60
    while not caught(process.pid, signal.SIGTERM) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=30)
    assert (process.returncode, error.count("\n")) == (143, 1), error
    assert list(here.iterdir()) == []


def caught(pid: int, which: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, as Linux says."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    mask = next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")), 0)
    return bool(mask >> (which - 1) & 1)


def test_a_plain_terminal_a_reader_that_leaves_and_strict_warnings(here: Path) -> None:
    """Locale C, ASCII only, `| head -1`, `python -W error`: the run is trained to its end."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = equipoise("train", *RING, "log_every=1", "--out", "grüße", env=environment, python=("-W", "error"))
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline().startswith("[1/")
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 128 + signal.SIGPIPE) and error == ""
    assert (here / "grüße/checkpoints/step-0000004").is_dir()
