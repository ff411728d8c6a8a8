"""A DCGAN loop under DistributedDataParallel, one of several processes (gloo, CPU): alone, and watched in three ways.

python in_processes.py OUT, with RANK, WORLD_SIZE and the file OUT/meeting; leaves OUT/RANK.pt and the folders OUT/WAY.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import loops
import torch
import torch.nn.functional as F
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

import equipoise
from equipoise.signals.examiner import Asked

RANK, PROCESSES, OUT = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), Path(sys.argv[1])
STEPS, EXAM_EVERY, BATCH = 14, 9, 8  # an exam takes 64 samples


def nets() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(1)  # the same weights everywhere; DDP sees to it anyway
    return loops.dcgan(sigmoid=False)


def loop(G: nn.Module, D: nn.Module) -> list[tuple[float, float]]:
    """D's means on reals and fakes in each step, as this process knows them."""
    torch.manual_seed(10 + RANK)  # data and noise of its own
    opt_g, opt_d, told = loops.adam(G), loops.adam(D), []
    for _ in range(STEPS):
        fake = G(torch.randn(BATCH, loops.LATENT, 1, 1))
        opt_d.zero_grad()
        on_real = D(loops.images(n=BATCH)).flatten()
        F.softplus(-on_real).mean().backward()
        on_fake = D(fake.detach()).flatten()
        F.softplus(on_fake).mean().backward()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(fake).flatten()).mean().backward()
        opt_g.step()
        told.append((loops.mean(on_real), loops.mean(on_fake)))
    return told


def state(G: nn.Module, D: nn.Module) -> list[Tensor]:
    found = [t.clone() for net in (G, D) for t in net.state_dict().values()]
    return [*found, *(p.grad.clone() for net in (G, D) for p in net.parameters() if p.grad is not None), torch.get_rng_state()]


def play(way: str, **settings: Any) -> dict[str, Any]:
    inner = nets()
    if way == "early":  # before the processes know of each other
        watch = equipoise.watch(*inner, every=1, exam_every=EXAM_EVERY, out=OUT / way, **settings)
        meet()
    G, D = (DistributedDataParallel(net) for net in inner)
    if way in ("wrappers", "inner"):
        watched = (G, D) if way == "wrappers" else inner
        watch = equipoise.watch(*watched, every=1, exam_every=EXAM_EVERY, out=OUT / way, **settings)
    told = loop(G, D)
    weights = [p.detach().clone() for net in inner for p in net.parameters()]
    found = {"state": state(*inner), "weights": weights, "told": told}
    if way == "alone":
        return found
    watch.close()
    refused = ""
    try:
        equipoise.watch(G, D, out=False, treat=True)
    except equipoise.SettingError as error:
        refused = str(error)
    return {
        **found,
        "records": watch.signals(),
        "trouble": watch.trouble,
        "notes": list(watch.match(None).notes),
        "objective": watch.diagnosis().objective,
        "folder": str(watch.folder or ""),
        "refused": refused,
    }


def meet() -> None:
    distributed.init_process_group("gloo", init_method=f"file://{OUT}/meeting", rank=RANK, world_size=PROCESSES)


def asked_alone() -> list[float]:
    """A D that normalises across processes, examined by the first one only: it must not wait for the others."""
    D = nn.Sequential(nn.Linear(2, 4), nn.SyncBatchNorm(4), nn.ReLU(), nn.Linear(4, 1)).requires_grad_(False)
    x = torch.randn(16, 2, generator=torch.Generator().manual_seed(0))
    return Asked(D, lambda part: part, 8)(x, x).logits.tolist() if RANK == 0 else []


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    results = {way: play(way) for way in ("early", "alone", "wrappers", "inner")}
    torch.save({**results, "asked": asked_alone()}, OUT / f"{RANK}.pt")
    distributed.destroy_process_group()
