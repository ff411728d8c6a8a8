"""Where a run takes place: what its numbers depend on, and what a reader of them wants to know."""

from __future__ import annotations

import datetime
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import equipoise


def bits_depend_on(device: str = "cpu") -> dict[str, Any]:
    """What has to be the same for two runs to agree in every bit, on a device of that type."""
    import torch

    found: dict[str, Any] = {"torch": torch.__version__, "device": device_name(device)}
    if device == "cpu":
        found |= {"threads": torch.get_num_threads(), "cpu_capability": torch.backends.cpu.get_cpu_capability()}
    return found


def device_name(device: str) -> str:
    """'cpu', or the model of the GPU; a type of device that is not here is just named."""
    import torch

    if device == "cuda" and torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return device


def describe() -> dict[str, Any]:
    """Versions, machine, command and date, as JSON."""
    import numpy
    import torch

    return {
        "equipoise": equipoise.__version__,
        "commit": commit(Path(__file__).parent),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "command": sys.argv,
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def cpu() -> str:
    """The model of the CPU as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit(folder: Path) -> str | None:
    """The commit of the checkout that the package runs from ('...+changes' where files differ), None where it is installed."""
    if git(folder, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    head = git(folder, "rev-parse", "HEAD")
    return head + "+changes" if head and git(folder, "status", "--porcelain", "--untracked-files=no", ".") else head


def git(folder: Path, *arguments: str) -> str | None:
    """What git says, None where it fails or is not there."""
    try:
        said = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
