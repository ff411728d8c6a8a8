import json
import subprocess
from pathlib import Path

import torch

import equipoise
from equipoise import environment


def test_it_says_what_a_reader_of_a_run_wants_to_know() -> None:
    about = json.loads(json.dumps(environment.describe()))
    assert about["equipoise"] == equipoise.__version__ and about["torch"] == torch.__version__
    assert about["threads"] == torch.get_num_threads() and about["cpu"] and about["command"]
    assert set(about) >= {"numpy", "python", "platform", "gpu", "commit", "date", "cpu_capability"}


def test_bits_depend_on_threads_on_a_cpu_and_on_the_model_of_a_gpu() -> None:
    assert environment.bits_depend_on("cpu").keys() == {"torch", "device", "threads", "cpu_capability"}
    assert environment.bits_depend_on("cuda").keys() == {"torch", "device"}
    assert environment.bits_depend_on("cpu")["device"] == "cpu"


def test_the_commit_is_that_of_the_checkout_or_none(tmp_path: Path) -> None:
    file = tmp_path / "environment.py"
    file.write_text("a = 1\n")
    assert environment.commit(tmp_path) is None
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    for arguments in (["init", "-q"], ["add", "environment.py"], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *arguments], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert environment.commit(tmp_path) == head
    file.write_text("a = 2\n")
    assert environment.commit(tmp_path) == head + "+changes"
    (tmp_path / "installed").mkdir()
    assert environment.commit(tmp_path / "installed") is None, "a package below somebody else's checkout"
