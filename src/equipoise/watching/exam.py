"""Exams of a foreign game: reals and fakes as D was shown them, D and G as copies, the same measures as in our own runs."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.signals import EXAMINATIONS
from equipoise.signals.examiner import Examiner, by_the_batch
from equipoise.signals.motion import apart
from equipoise.signals.neighbours import mean_distance
from equipoise.watching.lineage import Fake
from equipoise.watching.players import Player
from equipoise.watching.referee import Move
from equipoise.watching.tensors import tensors_in, verdict_in, views

MOST, LEAST = 256, 32  # samples of an exam
BYTES = 1 << 26  # and no more memory than this for each kind
OF_D = ("generalisation", "forgetting")  # examinations that ask D


class Exams:
    """What one D's game is examined on. `every` steps of G; 0: never. `heldout` [N, ...] as D gets reals."""

    def __init__(self, every: int, heldout: Tensor | None) -> None:
        self.every, self.heldout, self.next = every, heldout, every
        self.reals: list[Tensor] = []
        self.fakes: list[Tensor] = []
        self.fixed: tuple[tuple[Any, ...], dict[str, Any]] | None = None  # what G is given at every exam
        self.maker = ""
        self.examiner: Examiner | None = None
        self.others = False  # D is given more than the sample: it can't be asked

    def gathering(self, step: int, window: int, batch: int) -> bool:
        """Whether samples of the step under way are wanted: those of the last steps before an exam."""
        return self.every > 0 and step + max(window, MOST // batch) >= self.next

    def gather(self, moves: Iterable[Move], place: str | None) -> None:
        """Reals and fakes from D's steps that are over; of reals the first ones are kept for good."""
        for move in moves:
            for call in (arrival.call for arrival in move.arrivals):
                if call.x is None or call.rows is None or call.like is None:
                    continue
                found = views(call.x, call.like)
                x = found.get(place or "all", next(iter(found.values()), None))
                if x is None:
                    continue
                rows = torch.from_numpy(call.rows).to(x.device)
                self.others |= call.others or place not in (None, "all")
                if self.examiner is None and len(x[~rows]):
                    self.reals.append(x[~rows])
                if len(x[rows]):
                    self.fakes.append(x[rows])
                call.x = None
        trim(self.fakes, newest=True)
        trim(self.reals, newest=False)

    def keep(self, fake: Fake) -> None:
        """The first inputs of a generator are its inputs at every exam."""
        if self.fixed is None:
            self.fixed, self.maker = copied(fake.inputs), fake.maker

    def examine(self, step: int, D: Player, G: Player | None, squashed: bool) -> dict[str, float]:
        """All that can be measured now; {} where it is not yet time or there are too few samples."""
        if not self.every or step < self.next:
            return {}
        self.next = step + self.every
        fakes, self.fakes = joined(self.fakes[::-1]), []
        reals = joined(self.reals) if self.examiner is None else self.examiner.reals
        if fakes is None or reals is None or min(len(fakes), len(reals)) < LEAST or fakes.shape[1:] != reals.shape[1:]:
            return {}
        with torch.random.fork_rng(devices=devices(fakes)):
            if self.examiner is None:
                heldout = None if self.heldout is None else self.heldout.to(reals)[:MOST]
                chosen = {n: e for n, e in EXAMINATIONS.items() if not (self.others and n in OF_D)}
                self.examiner, self.reals = Examiner(chosen, reals, heldout, Encoder(reals)), []
            asked: nn.Module = Silent() if self.others else Logits(D.network, squashed)
            modules = {"D": D.network, **({"G": G.network} if G is not None else {})}
            fixed, evaluated = self.again(G) if G is not None else (None, None)
            found = self.examiner.examine(step, asked, lambda x: x, fakes, modules, fixed)
            if fixed is not None and evaluated is not None:
                found["eval_gap"] = float(apart(fixed, evaluated, mean_distance(reals)))
        return {name: value for name, value in found.items() if not (self.others and name.endswith("_d"))}

    def again(self, G: Player) -> tuple[Tensor | None, Tensor | None]:
        """Fakes of the fixed inputs: normalised as in training, and (where that may differ) as in evaluation."""
        if self.fixed is None or G.name != self.maker:
            return None, None
        network = copy.deepcopy(G.network).eval()
        args, kwargs = self.fixed
        n = next((len(t) for t in (*args, *kwargs.values()) if isinstance(t, Tensor) and t.dim()), 0)
        evaluated = samples_in(network(*args, **kwargs), n)
        if not any(isinstance(m, _BatchNorm) for m in network.modules()):
            return evaluated, None
        return samples_in(by_the_batch(network)(*args, **kwargs), n), evaluated


def samples_in(output: Any, n: int) -> Tensor | None:
    """What a generator made: of several outputs the largest with the batch first."""
    found = [t for t in tensors_in(output) if t.dim() > 1 and len(t) == n]
    return max(found, key=lambda t: t.numel(), default=None)


class Logits(nn.Module):
    """A D that gives one logit per sample, whatever it gives."""

    def __init__(self, D: nn.Module, squashed: bool) -> None:
        super().__init__()
        self.D, self.squashed = D, squashed

    def forward(self, x: Tensor) -> Tensor:
        out = verdict_in(self.D(x), len(x))
        if out is None:
            return x.new_zeros(len(x))
        out = out.float().reshape(len(x), -1)
        return (torch.logit(out, 1e-7) if self.squashed else out).mean(1)


class Silent(nn.Module):
    """In place of a D that can't be asked."""

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros(len(x))


def trim(parts: list[Tensor], newest: bool) -> None:
    """Forget what an exam would not use: the oldest fakes, the newest reals."""
    while len(parts) > 1 and sum(map(len, parts)) - len(parts[0 if newest else -1]) >= enough(parts[0]):
        del parts[0 if newest else -1]


def enough(part: Tensor) -> int:
    """How many samples an exam takes."""
    size = max(part[:1].numel() * part.element_size(), 1)
    return max(LEAST, min(MOST, BYTES // size))


def joined(parts: list[Tensor]) -> Tensor | None:
    """As many samples as an exam takes, of one shape."""
    alike = [part for part in parts if part.shape[1:] == parts[0].shape[1:]]
    return torch.cat(alike)[: enough(alike[0])].float() if alike else None


def copied(inputs: tuple[tuple[Any, ...], dict[str, Any]]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments with copies of their tensors."""

    def one(value: Any) -> Any:
        return value.detach().clone() if isinstance(value, Tensor) else value

    args, kwargs = inputs
    return tuple(one(a) for a in args), {name: one(value) for name, value in kwargs.items()}


def devices(x: Tensor) -> list[int]:
    """Whose random numbers a copy on the device might draw."""
    return [x.device.index or 0] if x.device.type == "cuda" else []
