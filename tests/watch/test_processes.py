"""DistributedDataParallel and DataParallel: nothing in a process changes, and only the first one speaks and writes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import loops
import pytest
import torch
from torch import nn

import equipoise
from equipoise.history import History
from equipoise.watching.watch import first_process

PROCESSES = 2
WATCHED = ("early", "wrappers", "inner")


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]], list[str]]:
    """What each process saw, and what it said on stderr."""
    out = tmp_path_factory.mktemp("processes")
    script = Path(loops.__file__).parent / "in_processes.py"
    running = [
        subprocess.Popen(
            [sys.executable, script, out],
            env={**os.environ, "RANK": str(rank), "WORLD_SIZE": str(PROCESSES), "GLOO_SOCKET_IFNAME": "lo"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(PROCESSES)
    ]
    try:
        said = [process.communicate(timeout=300)[1] for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0] * PROCESSES, said
    return out, [torch.load(out / f"{rank}.pt", weights_only=True) for rank in range(PROCESSES)], said


@pytest.mark.slow  # two processes that import torch: 10 s on an idle core; the rest of this file is its fast sibling
class TestDistributedDataParallel:
    @pytest.mark.parametrize("way", WATCHED)
    def test_weights_gradients_and_random_numbers_are_those_of_the_unwatched_run(self, processes: Any, way: str) -> None:
        _, found, _ = processes
        for own in found:
            assert own[way]["trouble"] == ""
            assert all(torch.equal(a, b) for a, b in zip(own["alone"]["state"], own[way]["state"], strict=True))
        first, second = (own[way]["weights"] for own in found)
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True)), "the processes do train together"
        assert found[0]["alone"]["told"] != found[1]["alone"]["told"], "each process has data of its own"

    @pytest.mark.parametrize("way", WATCHED)
    def test_each_process_sees_its_own_batches(self, processes: Any, way: str) -> None:
        for own in processes[1]:
            records = own[way]["records"]
            assert own[way]["objective"] == "non_saturating"
            seen = [number for r in records for number in (r["logit_real"], r["logit_fake"])]
            assert seen == pytest.approx([number for step in own[way]["told"] for number in step], rel=1e-4, abs=1e-4)
            assert any("coverage" in r and "r_t" in r for r in records), own[way]["notes"]

    @pytest.mark.parametrize("way", WATCHED)
    def test_the_first_process_alone_speaks_and_writes(self, processes: Any, way: str) -> None:
        out, found, said = processes
        assert [own[way]["folder"] for own in found] == [str(out / way), ""]
        assert list(History(out / way / "signals.jsonl").read("step")) == found[0][way]["records"]
        assert f"equipoise: watching; signals and findings go to {out / way}" in said[0]
        assert "equipoise" not in said[1]

    def test_treatment_is_refused(self, processes: Any) -> None:
        assert all("several processes" in own[way]["refused"] for own in processes[1] for way in WATCHED)

    def test_an_exam_waits_for_nobody(self, processes: Any) -> None:
        assert len(processes[1][0]["asked"]) == 16


def test_replicas_of_data_parallel_are_not_seen_twice() -> None:
    G, D = loops.mlps()
    watch = equipoise.watch(G, D, every=1, out=False, print=False)
    replica = D._replicate_for_data_parallel()  # what DataParallel makes on each device; it shares the hooks
    assert replica._forward_hooks
    weights = torch.zeros(16, 2, requires_grad=True)
    replica._modules = {"0": nn.Linear(2, 1)}
    replica(weights)
    assert watch.orders == 0
    D(torch.zeros(3, 2))
    assert watch.orders == 1


@pytest.mark.parametrize(("rank", "of", "first"), [("0", "2", True), ("1", "2", False), ("1", "1", True), ("x", "2", True)])
def test_a_process_that_was_started_as_one_of_several_knows_it(
    monkeypatch: pytest.MonkeyPatch, rank: str, of: str, first: bool
) -> None:
    """torchrun says so before the processes have met."""
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", of)
    assert first_process() == first


def test_of_processes_on_their_own_each_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert first_process()
