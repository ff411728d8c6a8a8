"""Replay: D is shown old fakes among the new ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from equipoise.pieces import Card, Trick
from equipoise.seeds import Moment
from equipoise.tricks.checks import at_least, share

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class Replay(Trick):
    """In D's step a `share` of the fake batch is replaced by fakes from a buffer of the last `size` that were kept.

    Each `every`-th step the fakes that were replaced are kept for later, over the oldest ones (a ring). In the first
    step, with nothing to show yet, all fakes are new. The buffer is float32 [size, ...] on the game's device.
    """

    size: int = 1024
    share: float = 0.25
    every: int = 10
    buffer: Tensor = field(default_factory=lambda: torch.zeros(0), init=False, repr=False)
    written: int = field(default=0, init=False)  # fakes ever kept

    card: ClassVar[Card] = Card(
        name="replay",
        title="A history of old fakes, so that D does not forget what G did before",
        equation="D's fakes: (1 - share) * B new ones and share * B from the buffer",
        source="Shrivastava et al. 2017, section 2.3",
        helps="Cycling and mode hopping: G can't return to what D has forgotten",
        hurts="D learns partly against a G that is gone; with a large share it lags",
        cost="memory for `size` samples; below 1 % of a step",
    )

    def check(self) -> None:
        at_least(1, self, "size", "every")
        share(self, "share")

    def ready(self, game: Game) -> None:
        self.buffer = torch.zeros(self.size, *game.shape, device=game.at.device)

    def shown(self, fake: Tensor, at: Moment) -> Tensor:
        if len(self.buffer) != self.size:  # the knob was turned: start anew
            self.buffer, self.written = self.buffer.new_zeros(self.size, *fake.shape[1:]), 0
        count = min(round(self.share * len(fake)), self.size)
        if count == 0:
            return fake
        replaced, filled = fake[-count:], min(self.written, self.size)
        mixed = fake
        if filled:
            old = torch.randint(filled, (count,), generator=at.rng("replay"), device=fake.device)
            mixed = fake.clone()
            mixed[-count:] = self.buffer[old]
        if at.step % self.every == 0:
            slots = (torch.arange(count, device=fake.device) + self.written) % self.size
            self.buffer[slots] = replaced
            self.written += count
        return mixed

    def state(self) -> dict[str, Tensor]:
        return {"buffer": self.buffer, "written": torch.tensor(self.written)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.buffer, self.written = state["buffer"].clone(), int(state["written"])
