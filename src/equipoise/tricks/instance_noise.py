"""Instance noise: D sees everything through Gaussian noise."""

import warnings
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from equipoise.pieces import Card, Trick
from equipoise.seeds import Moment
from equipoise.tricks.checks import at_least, one_of


@dataclass
class InstanceNoise(Trick):
    """Gaussian noise of standard deviation `std`, in units of the data, on what D sees; real and fake alike.

    The deviation falls linearly to 0 over `decay_steps` steps (0: it stays). `on` 'real' leaves the fakes as they are,
    which is offered because notebooks do it, with a warning: D then learns that noise means real.
    """

    std: float = 0.1
    decay_steps: int = 0
    on: Literal["both", "real"] = "both"

    card: ClassVar[Card] = Card(
        name="instance_noise",
        title="Gaussian noise on D's inputs, so that real and fake overlap",
        equation="x -> x + std_t * N(0, I), std_t = std * max(0, 1 - t / decay_steps)",
        source="Sonderby et al. 2017 (instance noise); Arjovsky & Bottou 2017, section 3",
        helps="Where D wins because the supports do not overlap: its gradient for G stays useful; converges on the Dirac-GAN",
        hurts="Details finer than the noise are not learnt while it lasts",
        cost="1 to 3 % of a step",
    )

    def check(self) -> None:
        at_least(0, self, "std", "decay_steps")
        one_of(self, "on", "both", "real")
        if self.on == "real":
            warnings.warn("instance_noise on reals only teaches D that noise means real; prefer on=both", stacklevel=2)

    def view(self, x: Tensor, at: Moment, *, real: bool) -> Tensor:
        std = self.now(at.step)
        if std == 0 or not (real or self.on == "both"):
            return x
        return x + std * at.normal_like("instance_noise", x)

    def now(self, step: int) -> float:
        """The standard deviation in a step."""
        return self.std * max(0.0, 1 - step / self.decay_steps) if self.decay_steps else self.std
