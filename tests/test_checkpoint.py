import errno
import hashlib
import json
import math
import pickle
import random
import resource
import shutil
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from broken_disk import damage, full_at, in_child, kill_at, record
from games import play, same, tiny_game
from torch import Tensor

from equipoise import checkpoint, disk
from equipoise.checkpoint import CheckpointError
from equipoise.tricks.ema import EMA


def bits(tensor: Tensor) -> bytes:
    return bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy())


def odd_tensors() -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(0)
    grid = torch.randn(2, 3, 4, 5, generator=rng)
    kinds = (
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
    )
    found = {f"kind/{k}".replace("torch.", ""): (grid * 50).to(k) for k in kinds}
    return {
        **found,
        "bool": grid > 0,
        "scalar": torch.tensor(3, dtype=torch.int64),
        "bf16 scalar": torch.tensor(1.5, dtype=torch.bfloat16),
        "empty": torch.empty(0),
        "empty/shaped": torch.empty(3, 0, 2, dtype=torch.float64),
        "channels_last": grid.contiguous(memory_format=torch.channels_last),
        "transposed": grid.transpose(0, 3),
        "strided": grid[:, :, ::2, 1:4],
        "expanded": torch.randn(1, 3, generator=rng).expand(4, 3),
        "shared": grid,
        "shared part": grid[0],
        "shared again": grid,
        "parameter": torch.nn.Parameter(grid[0, 0].clone()),
        "nan with a payload": torch.tensor([0x7FC00001, -0x3FFFFF, 1], dtype=torch.int32).view(torch.float32),
        "denormal and negative zero": torch.tensor([1e-42, -0.0, math.inf]),
        "Größe/東京": torch.ones(1),
    }


def small(step: int) -> dict[str, Tensor]:
    return {"w": torch.arange(6, dtype=torch.float32) + step, "n": torch.tensor(step)}


def save(folder: Path, *steps: int) -> list[Path]:
    return [checkpoint.save(folder, step, small(step), {"steps": step}) for step in steps]


def holds(found: checkpoint.Found | None, step: int) -> bool:
    return found is not None and found.step == step and found.facts == {"steps": step} and same(found.tensors, small(step))


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# ------------------------------------------------------------------------------------------------- there and back


def test_every_kind_of_tensor_comes_back_with_its_bits(tmp_path: Path) -> None:
    tensors = odd_tensors()
    loaded, _ = checkpoint.load(checkpoint.save(tmp_path, 7, tensors, {}))
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        back = loaded[name]
        assert (back.dtype, back.shape, back.device.type) == (tensor.dtype, tensor.shape, "cpu"), name
        assert back.is_contiguous() and not back.requires_grad, name
        assert bits(back) == bits(tensor), name
    loaded["shared"].zero_()  # memory of its own, and writable
    assert bits(loaded["shared again"]) == bits(tensors["shared again"])


def test_facts_come_back(tmp_path: Path) -> None:
    facts = {"steps": 3, "third": 1 / 3, "big": 2**62, "on": True, "none": None, "infinite": math.inf, "list": [1, {"ä": "東"}]}
    assert checkpoint.load(checkpoint.save(tmp_path, 3, small(3), facts))[1] == facts


def test_the_same_state_makes_the_same_files(tmp_path: Path) -> None:
    a, b = (checkpoint.save(tmp_path / x, 3, odd_tensors(), {"a": 1}) for x in "ab")
    for file in (checkpoint.WEIGHTS, checkpoint.DOCUMENT):
        assert (a / file).read_bytes() == (b / file).read_bytes()


def test_the_layout_that_others_may_rely_on(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path / "checkpoints", 1500, small(1), {"steps": 1500})
    assert path == tmp_path / "checkpoints" / "step-0001500"
    assert names(path) == ["state.json", "state.safetensors"] and names(path.parent) == ["step-0001500"]
    about = json.loads((path / "state.json").read_text())
    assert about["format"] == 1 and about["step"] == 1500 and about["facts"] == {"steps": 1500}
    assert about["weights"]["sha256"] == hashlib.sha256((path / "state.safetensors").read_bytes()).hexdigest()
    assert about["environment"]["torch"] == torch.__version__ and about["environment"]["device"] == "cpu"
    assert checkpoint.name(12_345_678) == "step-12345678"


def test_a_game_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    unbroken = tiny_game(EMA(), shape=(1, 16, 16))
    play(unbroken, 6)
    first = tiny_game(EMA(), shape=(1, 16, 16))
    play(first, 3)
    checkpoint.save(tmp_path, 3, *first.state())
    second = tiny_game(EMA(), shape=(1, 16, 16))
    found = checkpoint.newest(tmp_path)
    assert found is not None
    second.load(found.tensors, found.facts)
    play(second, 3)
    assert same(second.state()[0], unbroken.state()[0])


# ------------------------------------------------------------------------------------------------ which one is read


def test_nothing_saved_is_no_error(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path) is None
    assert checkpoint.newest(tmp_path / "never") is None
    (tmp_path / "step-0000003.part").mkdir()
    (tmp_path / "notes").mkdir()
    assert checkpoint.newest(tmp_path) is None


def test_the_newest_is_the_one_of_the_highest_step(tmp_path: Path) -> None:
    save(tmp_path, 9, 10, 12_000_000)
    assert checkpoint.steps(tmp_path) == [9, 10, 12_000_000]
    assert holds(checkpoint.newest(tmp_path), 12_000_000)


def test_a_damaged_newest_is_named_and_the_one_before_is_used(tmp_path: Path) -> None:
    save(tmp_path, 10, 20, 30)
    (tmp_path / "step-0000030" / "state.json").unlink()
    file = tmp_path / "step-0000020" / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    found = checkpoint.newest(tmp_path)
    assert holds(found, 10) and found is not None
    assert len(found.damaged) == 2
    assert "step-0000030/state.json: is missing" in found.damaged[0]
    assert (
        "step-0000020/state.safetensors: is damaged" in found.damaged[1] and "step-0000010 is used instead" in found.damaged[1]
    )


def test_none_good_is_an_error_and_not_a_new_start(tmp_path: Path) -> None:
    for path in save(tmp_path, 10, 20):
        (path / "state.safetensors").write_bytes(b"")
    with pytest.raises(
        CheckpointError, match=r"no checkpoint can be read.*step-0000020.*step-0000010.*0 bytes instead of"
    ) as error:
        checkpoint.newest(tmp_path)
    assert "\n" not in str(error.value)


def test_one_step_can_be_asked_for(tmp_path: Path) -> None:
    save(tmp_path, 10, 20)
    assert holds(checkpoint.at(tmp_path, 10), 10)
    with pytest.raises(CheckpointError, match="no checkpoint of step 15; there are: 10, 20"):
        checkpoint.at(tmp_path, 15)


def test_a_later_format_is_not_taken_for_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 10)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", 2)
        save(tmp_path, 20)
    with pytest.raises(CheckpointError, match="format 2, this equipoise reads 1"):
        checkpoint.newest(tmp_path)


def test_another_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 10)
    assert checkpoint.at(tmp_path, 10).differences == []
    threads = torch.get_num_threads()
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads + 1)
    (sentence,) = checkpoint.at(tmp_path, 10).differences
    assert "resumes, but not bit-exactly" in sentence and f"threads {threads} then and {threads + 1} now" in sentence


# ---------------------------------------------------------------------------------------------- replaced and pruned


def test_a_damaged_one_is_replaced_by_a_new_one_of_its_step(tmp_path: Path) -> None:
    save(tmp_path, 10, 20)
    (tmp_path / "step-0000020" / "state.json").write_bytes(b"{}")
    save(tmp_path, 20)
    assert holds(checkpoint.newest(tmp_path), 20) and names(tmp_path) == ["step-0000010", "step-0000020"]


def test_one_that_was_moved_aside_counts_only_until_the_new_one_is_there(tmp_path: Path) -> None:
    (path,) = save(tmp_path, 20)
    aside = path.rename(path.with_name(path.name + checkpoint.ASIDE))
    assert holds(checkpoint.newest(tmp_path), 20) and holds(checkpoint.at(tmp_path, 20), 20)
    (aside / "state.json").write_bytes(b"{}")
    save(tmp_path / "elsewhere", 20)[0].rename(path)
    found = checkpoint.newest(tmp_path)
    assert holds(found, 20) and found is not None and found.damaged == []


def test_what_is_later_than_the_one_saved_is_of_another_time(tmp_path: Path) -> None:
    save(tmp_path, 10, 20, 30)
    save(tmp_path, 15)
    assert checkpoint.steps(tmp_path) == [10, 15]


def test_pruning_keeps_the_last_the_regular_and_the_best(tmp_path: Path) -> None:
    save(tmp_path, *range(10, 110, 10))
    checkpoint.prune(tmp_path, keep_last=2, keep=lambda step: step % 40 == 0 or step == 30)
    assert checkpoint.steps(tmp_path) == [30, 40, 80, 90, 100]
    checkpoint.prune(tmp_path, keep_last=0)
    assert checkpoint.steps(tmp_path) == [100], "one always stays"
    checkpoint.prune(tmp_path / "never", keep_last=1)


# ------------------------------------------------------------------------------------------------------------ damage


def refused(path: Path) -> None:
    """Neither an exception of another kind nor, worst of all, a success."""
    with pytest.raises(CheckpointError) as error:
        checkpoint.load(path)
    assert path.name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("file", [checkpoint.WEIGHTS, checkpoint.DOCUMENT])
def test_no_flipped_bit_and_no_cut_goes_unnoticed(tmp_path: Path, file: str) -> None:
    (path,) = save(tmp_path, 3)
    good = (path / file).read_bytes()
    rng = random.Random(0)
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << rng.randrange(8)
        (path / file).write_bytes(bad)
        refused(path)
    for size in range(0, len(good), 5):
        (path / file).write_bytes(good[:size])
        refused(path)
    for more in (b"\0", b"\n", good):
        (path / file).write_bytes(good + more)
        refused(path)
    (path / file).write_bytes(good)
    checkpoint.load(path)


def test_forty_random_damages_are_all_noticed(tmp_path: Path) -> None:
    state = tiny_game(EMA(), shape=(1, 16, 16)).state()
    paths = [checkpoint.save(tmp_path, step, *state) for step in (3, 4)]
    other, good = ({p.name: p.read_bytes() for p in path.iterdir()} for path in paths)
    other[checkpoint.WEIGHTS] = other[checkpoint.WEIGHTS][:-1] + b"!"  # same size, other weights
    rng, done = random.Random(1), 0
    while done < 40:
        bad = damage(rng, good, other)
        if bad == good:
            continue
        done += 1
        for name, data in bad.items():
            (paths[1] / name).unlink(missing_ok=True)
            if data is not None:
                (paths[1] / name).write_bytes(data)
        found = checkpoint.newest(tmp_path)
        assert found is not None and found.step == 3 and len(found.damaged) == 1


def test_a_whole_checkpoint_under_the_name_of_another_is_noticed(tmp_path: Path) -> None:
    first, second = save(tmp_path, 3, 4)
    shutil.rmtree(second)
    first.rename(second)
    with pytest.raises(CheckpointError, match="is of step 3, not of step-0000004"):
        checkpoint.load(second)


# ---------------------------------------------------------------------------------------- files made to do harm


def forge(path: Path, weights: bytes, change: Callable[[dict[str, Any]], Any] = lambda content: content) -> Path:
    """A checkpoint whose digests are right, as anybody can make them."""
    path.mkdir(exist_ok=True)
    content = json.loads(checkpoint.document(3, weights, "cpu", {}))
    del content["sha256"]
    body = b'",' + json.dumps(change(content) or content).encode()[1:]
    (path / checkpoint.DOCUMENT).write_bytes(checkpoint.HEAD + hashlib.sha256(body).hexdigest().encode() + body)
    (path / checkpoint.WEIGHTS).write_bytes(weights)
    return path


def header(tensors: object, data: bytes = b"", size: int | None = None) -> bytes:
    text = json.dumps(tensors).encode() if not isinstance(tensors, bytes) else tensors
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def entry(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("unpickled",))


HOSTILE = {
    "a pickle": pickle.dumps(Bomb()),
    "a header longer than the file": header({}, size=2**62),
    "a header of negative length": header({}, size=2**64 - 1),
    "a huge shape": header({"a": entry(shape=(2**40, 2**20))}, bytes(4)),
    "a shape that overflows": header({"a": entry(shape=(2**63, 2**63))}, bytes(4)),
    "a negative shape": header({"a": entry(shape=(-1,))}, bytes(4)),
    "a negative offset": header({"a": entry(offsets=(-4, 0))}, bytes(4)),
    "offsets outside": header({"a": entry(offsets=(2**40, 2**40 + 4))}, bytes(4)),
    "overlapping tensors": header({"a": entry(), "b": entry()}, bytes(4)),
    "a gap": header({"a": entry(), "b": entry(offsets=(8, 12))}, bytes(12)),
    "an unknown dtype": header({"a": entry(dtype="F1")}, bytes(4)),
    "a wrong dtype": header({"a": entry(dtype="F64")}, bytes(4)),
    "deep JSON": header(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a list": header([]),
    "no header": b"",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_weights_with_right_digests_are_refused(tmp_path: Path, kind: str) -> None:
    refused(forge(tmp_path / "step-0000003", HOSTILE[kind]))


def test_the_forger_of_these_tests_can_also_make_a_good_one(tmp_path: Path) -> None:
    tensors, _ = checkpoint.load(forge(tmp_path / "step-0000003", header({"a": entry()}, struct.pack("<f", 2.5))))
    assert tensors["a"].tolist() == [2.5]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("weights"),
        lambda content: content.update(facts=None),
        lambda content: content.update(facts=3),
        lambda content: content.update(step="many"),
        lambda content: content.update(step=math.inf),
        lambda content: content.update(format=0),
        lambda content: content.update(format="1"),
        lambda content: content.update(weights=[]),
        lambda content: content.update(environment=None),
        lambda content: content["weights"].update(bytes="NaN"),
    ],
)
def test_documents_with_right_digests_and_wrong_contents_are_refused(tmp_path: Path, change: Any) -> None:
    refused(forge(tmp_path / "step-0000003", header({"a": entry()}, bytes(4)), lambda content: (change(content), content)[1]))


def test_a_document_of_nested_brackets_is_refused(tmp_path: Path) -> None:
    path = forge(tmp_path / "step-0000003", header({}))
    body = b'","facts":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    (path / checkpoint.DOCUMENT).write_bytes(checkpoint.HEAD + hashlib.sha256(body).hexdigest().encode() + body)
    refused(path)


# --------------------------------------------------------------------------------------------------- killed, and full


def test_every_file_is_synced_before_its_name_counts_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = record(monkeypatch.setattr)
    save(tmp_path, 3)
    part = "step-0000003.part"
    order = [
        ("make", part),
        ("put", "state.safetensors"),
        ("sync", "state.safetensors"),
        ("put", "state.json"),
        ("sync", "state.json"),
        ("sync_folder", part),
        ("rename", part),
        ("sync_folder", tmp_path.name),
    ]
    assert [call for call in done if call[0] != "remove"] == order


@pytest.mark.parametrize(("before", "torn"), [("one", False), ("one", True), ("damaged", False), ("good", False)])
def test_killed_at_any_operation_of_a_save_there_is_the_old_or_the_new(tmp_path: Path, before: str, torn: bool) -> None:
    """`before`: the one before alone, or also a damaged or a good one of the step that is saved."""
    n, code, seen = 0, -9, set()
    while code == -9:
        n += 1
        folder = tmp_path / str(n)
        save(folder, 10, *([] if before == "one" else [20]))
        if before == "damaged":
            (folder / "step-0000020" / "state.json").write_bytes(b"{")

        def work(folder: Path = folder, n: int = n) -> None:
            kill_at(n, torn)
            save(folder, 20)

        code = in_child(work)
        for cleaned in (False, True):
            if cleaned:
                disk.remove_leftovers(folder)
                assert not [p for p in folder.iterdir() if p.suffix == disk.PART]
            found = checkpoint.newest(folder)
            assert found is not None and holds(found, found.step), f"after operation {n}"
            assert found.step == 20 or before != "good", f"lost at operation {n}"
            seen.add(found.step)
        save(folder, 20)  # the run that resumes gets there again
        assert holds(checkpoint.newest(folder), 20) and names(folder) == ["step-0000010", "step-0000020"]
    assert code == 0 and n > 9
    assert seen == ({20} if before == "good" else {10, 20})


@pytest.mark.parametrize("before", ["nothing", "one", "damaged"])
def test_a_disk_that_is_full_at_any_operation_costs_only_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    for n in range(1, 30):
        folder = tmp_path / str(n)
        folder.mkdir()
        save(folder, *{"nothing": (), "one": (10,), "damaged": (10, 20)}[before])
        if before == "damaged":
            (folder / "step-0000020" / "state.json").write_bytes(b"{")
        with monkeypatch.context() as patch:
            failed = full_at(n, patch.setattr)
            try:
                save(folder, 20)
            except CheckpointError as error:
                assert "no space left on the disk of" in str(error) and str(folder) in str(error)
                assert "step-0000020" in str(error) and "bytes" in str(error) and "free" in str(error)
            else:
                assert not failed or failed == ["rename"]  # of what was only to be thrown away
        found = checkpoint.newest(folder)
        assert found is None if before == "nothing" and not found else holds(found, found.step)  # type: ignore[union-attr]
        assert not [p for p in folder.iterdir() if p.suffix == disk.PART and failed != ["rename"]]
        save(folder, 20)
        assert holds(checkpoint.newest(folder), 20)
        if not failed:
            assert n > 8
            return
    raise AssertionError("every operation failed")


def test_a_file_too_large_for_the_system_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """The real thing: the kernel refuses to write more than 4 KiB a file."""
    save(tmp_path, 10)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with pytest.raises(CheckpointError, match=r"no space left on the disk of .* the checkpoint needs 4[01],\d\d\d bytes"):
            checkpoint.save(tmp_path, 20, {"w": torch.zeros(10_000)}, {})

    assert in_child(work) == 0
    assert names(tmp_path) == ["step-0000010"] and holds(checkpoint.newest(tmp_path), 10)


def test_other_troubles_are_said_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full_at(1, monkeypatch.setattr, errno.EROFS)
    with pytest.raises(CheckpointError, match=r"step-0000003: can't be written \(Read-only file system\)"):
        save(tmp_path, 3)


def test_a_run_folder_that_was_removed_does_not_come_back_in_part(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No such file"):
        save(tmp_path / "run" / "checkpoints", 3)
    assert names(tmp_path) == []


def test_ctrl_c_within_a_save_leaves_no_half_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    save(tmp_path, 10)
    monkeypatch.setattr(disk, "sync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, 20)
    assert names(tmp_path) == ["step-0000010"]
