"""Checkpoints that are there whole or not at all, and that notice when a bit of them has changed.

    checkpoints/step-0001500/state.safetensors    every tensor
    checkpoints/step-0001500/state.json           the rest: facts, and the SHA-256 of both files

A checkpoint is written under another name (`.part`), synced, renamed, and the folder synced: a process that is killed at any
moment leaves the old ones or the old ones and the new one. Reading compares the digests before it parses, and never
unpickles (`torch.load` reads 94 % of single flipped bits as if nothing were wrong). A folder of checkpoints is one
line of time: saving a step removes what stood there for it and for later steps (they were damaged, or the run went
back), once the new one is safe.
"""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from equipoise import disk, environment, plain_json
from equipoise.errors import RunError

FORMAT = 1
WEIGHTS, DOCUMENT = "state.safetensors", "state.json"
ASIDE = ".aside"  # ends the name of a checkpoint that is about to be replaced
NAME = re.compile(r"step-(\d{7,})(?:\.aside)?")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# state.json begins with its own digest at a fixed place, so that it is compared before anything is parsed
HEAD = b'{\n "sha256": "'
BODY = len(HEAD) + 64
LARGEST_DOCUMENT = 2**28  # bytes


class CheckpointError(RunError):
    """A checkpoint can't be written, or what is there can't be trusted."""


class NewerFormatError(CheckpointError):
    """A checkpoint is from a later version of the package: it is not damaged, and must not be passed over."""


@dataclass(frozen=True)
class Found:
    """A checkpoint that was read, and what was wrong on the way to it."""

    step: int
    path: Path
    tensors: dict[str, Tensor]
    facts: dict[str, Any]
    damaged: list[str] = field(default_factory=list)  # a sentence for each newer one that can't be read
    differences: list[str] = field(default_factory=list)  # why going on from it will not be exact to the bit


def name(step: int) -> str:
    """'step-0001500'."""
    return f"step-{step:07d}"


# ------------------------------------------------------------------------------------------------------ writing


def save(folder: Path, step: int, tensors: dict[str, Tensor], facts: dict[str, Any]) -> Path:
    """Write a checkpoint and return its folder once it would survive a power cut.

    `facts` are JSON. Raises CheckpointError where it can't be written; the ones before it are then as they were.
    """
    target = folder / name(step)
    part = disk.part(target)
    weights = safetensors.torch.save({key: plain(tensor) for key, tensor in tensors.items()})
    about = document(step, weights, kind_of_device(tensors), facts)
    try:
        if not folder.is_dir():
            disk.make(folder)  # not those above it: a run folder that somebody removed does not come back as half a one
        disk.discard(part)
        disk.make(part)
        disk.write(part / WEIGHTS, weights)
        disk.write(part / DOCUMENT, about)
        disk.sync_folder(part)
        if target.exists():
            aside = target.with_name(target.name + ASIDE)
            disk.discard(aside)
            disk.rename(target, aside)
        disk.rename(part, target)
        disk.sync_folder(folder)
    except OSError as error:
        disk.discard(part)
        raise CheckpointError(f"{target}: {reason(error, folder, len(weights) + len(about))}") from None
    except BaseException:  # Ctrl-C
        disk.discard(part)
        raise
    for path in folder.iterdir():
        if path != target and (other := step_of(path)) is not None and other >= step:
            disk.discard(path)
    return target


def plain(tensor: Tensor) -> Tensor:
    """A copy on the host with memory of its own, contiguous."""
    return torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach())


def kind_of_device(tensors: dict[str, Tensor]) -> str:
    """Where the players are: some of their tensors may lie on the host besides."""
    return next((t.device.type for t in tensors.values() if t.device.type != "cpu"), "cpu")


def document(step: int, weights: bytes, device: str, facts: dict[str, Any]) -> bytes:
    """The bytes of state.json."""
    content = {
        "format": FORMAT,
        "step": step,
        "weights": {"bytes": len(weights), "sha256": hashlib.sha256(weights).hexdigest()},
        "environment": {"device_type": device, **environment.bits_depend_on(device)},
        "facts": facts,
    }
    body = b'",' + plain_json.dumps(content, indent=1).encode()[1:] + b"\n"
    return HEAD + hashlib.sha256(body).hexdigest().encode() + body


def reason(error: OSError, folder: Path, size: int) -> str:
    """What kept a checkpoint of `size` bytes from being written, in words."""
    if error.errno not in FULL:
        return f"can't be written ({error.strerror or error})"
    try:
        free = f", {shutil.disk_usage(folder).free:,} are free"
    except OSError:
        free = ""
    return f"no space left on the disk of {folder}: the checkpoint needs {size:,} bytes{free}"


def prune(folder: Path, keep_last: int, keep: Callable[[int], bool] = lambda step: False) -> None:
    """Remove all checkpoints but the last `keep_last` (at least one stays) and those whose step `keep` says yes to."""
    found = steps(folder)
    for step in found[: -max(1, keep_last)]:
        if not keep(step):
            disk.discard(folder / name(step))


# ------------------------------------------------------------------------------------------------------ reading


def steps(folder: Path) -> list[int]:
    """The steps of which there is a checkpoint, good or damaged, in order."""
    return sorted(places(folder))


def places(folder: Path) -> dict[int, Path]:
    """Where each step's checkpoint is. One that was moved aside counts where its place was not yet taken by a new one."""
    found: dict[int, Path] = {}
    if folder.is_dir():
        for path in sorted(folder.iterdir(), reverse=True):  # step-0000002.aside, then step-0000002
            if (step := step_of(path)) is not None:
                found[step] = path
    return found


def step_of(path: Path) -> int | None:
    match = NAME.fullmatch(path.name)
    return int(match[1]) if match else None


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors (contiguous, on the host) and facts of one checkpoint, just as they were saved.

    Raises CheckpointError, which names file and problem, for anything else.
    """
    found = read(path)
    return found.tensors, found.facts


def newest(folder: Path) -> Found | None:
    """The newest good checkpoint, None where none was ever saved.

    Damaged ones on the way to it are named in `damaged`. Raises CheckpointError where there are some but none is good.
    """
    damaged: list[str] = []
    for _, path in sorted(places(folder).items(), reverse=True):
        try:
            found = read(path)
        except NewerFormatError:
            raise
        except CheckpointError as error:
            damaged.append(str(error))
        else:
            found.damaged.extend(f"{sentence}; {path.name} is used instead" for sentence in damaged)
            return found
    if damaged:
        raise CheckpointError(f"{folder}: no checkpoint can be read. " + "; ".join(damaged))
    return None


def at(folder: Path, step: int) -> Found:
    """The checkpoint of one step; CheckpointError where it is missing or damaged."""
    found = places(folder)
    if step not in found:
        known = ", ".join(str(s) for s in sorted(found)) or "none yet"
        raise CheckpointError(f"{folder}: there is no checkpoint of step {step}; there are: {known}")
    return read(found[step])


def read(path: Path) -> Found:
    """One checkpoint, verified."""
    about = path / DOCUMENT
    content = parsed(about, contents(about, limit=LARGEST_DOCUMENT))
    version = content.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise NewerFormatError(
            f"{about}: has format {version}, this equipoise reads {FORMAT}; a later version wrote it and can read it"
        )
    try:
        if version != FORMAT:
            raise ValueError
        step, facts, where = int(content["step"]), dict(content["facts"]), dict(content["environment"])
        size, digest = int(content["weights"]["bytes"]), str(content["weights"]["sha256"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise CheckpointError(f"{about}: is not what equipoise writes") from None
    if step_of(path) not in (None, step):
        raise CheckpointError(f"{about}: is of step {step}, not of {path.name}")
    file = path / WEIGHTS
    weights = contents(file, expected=size)
    if hashlib.sha256(weights).hexdigest() != digest:
        raise CheckpointError(f"{file}: is damaged (its SHA-256 is not the one in {DOCUMENT})")
    return Found(step, path, tensors_in(file, weights), facts, differences=differences(path, where))


def contents(file: Path, *, limit: int | None = None, expected: int | None = None) -> bytes:
    """The bytes of a file, of which the size is looked at before anything is read."""
    try:
        size = file.stat().st_size
        if expected is not None and size != expected:
            raise CheckpointError(f"{file}: is damaged ({size:,} bytes instead of {expected:,})")
        if limit is not None and size > limit:
            raise CheckpointError(f"{file}: is damaged ({size:,} bytes are too many)")
        return file.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{file}: is missing") from None
    except OSError as error:
        raise CheckpointError(f"{file}: can't be read ({error.strerror or error})") from None


def parsed(file: Path, data: bytes) -> dict[str, Any]:
    """state.json once its own digest was found right."""
    if not data.startswith(HEAD) or data[len(HEAD) : BODY] != hashlib.sha256(data[BODY:]).hexdigest().encode():
        raise CheckpointError(f"{file}: is damaged (its SHA-256 is not the one that it begins with)")
    try:
        content = plain_json.loads(data)
    except ValueError as error:
        raise CheckpointError(f"{file}: is not JSON ({error})") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{file}: is not what equipoise writes")
    return content


def tensors_in(file: Path, weights: bytes) -> dict[str, Tensor]:
    """A digest proves that a file is what was written, not that who wrote it meant well: headers are checked as well."""
    try:
        return safetensors.torch.load(weights)
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, AssertionError, RuntimeError, OverflowError) as error:
        raise CheckpointError(f"{file}: is not safetensors ({' '.join(str(error).split())})") from None


def differences(path: Path, then: dict[str, Any]) -> list[str]:
    """A sentence where bits depend on something that has changed since the checkpoint was saved."""
    now = environment.bits_depend_on(str(then.get("device_type", "cpu")))
    changed = [key for key in now if then.get(key) != now[key]]
    if not changed:
        return []
    words = ", ".join(f"{key} {then.get(key)} then and {now[key]} now" for key in changed)
    return [f"{path.name}: the run resumes, but not bit-exactly: {words}"]
