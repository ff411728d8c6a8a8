"""Another gradient at D's output, in place of the one that the loop's own loss sends back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Objective, Targets, Trick
from equipoise.seeds import Moment
from equipoise.watching.objective import Guess

ROOM = 1e-6  # a probability's distance to 0 and 1, for its logit
TINY = 1e-30


class Retold:
    """What D's and G's losses say, as another objective or other labels have it, at the scale of the loop's own loss.

    The scale is what the loop's gradient is of its own objective's: 1 or 1/2 by its convention, and whatever mixed precision
    or accumulation multiply it by. Where its own objective has nothing to say (a hinge that is satisfied) the last one counts.
    """

    def __init__(self, own: Guess, goal: Objective | None, labels: Sequence[Trick], at: Moment) -> None:
        self.own, self.labels, self.at = own, labels, at
        self.goal = goal if goal is not None else OBJECTIVES[own.name]
        self.scales: dict[bool, Tensor] = {}  # of G's loss, of D's
        self.real: Tensor | None = None  # D's last logits on reals, for pairs

    def gradient(self, said: Tensor, grad: Tensor, squashed: bool, rows: Tensor | bool, for_g: bool) -> Tensor:
        """dL/d said. `rows`: which samples are fakes; `for_g`: of G's loss."""
        out = said.detach().float()
        logits = torch.logit(out, ROOM) if squashed else out
        inner = (out * (1 - out)).clamp_min(ROOM) if squashed else torch.ones_like(out)  # d out / d logit
        fakes = rows if isinstance(rows, Tensor) else torch.full((len(out),), bool(rows), device=out.device)
        scale = self.scale(out if self.own.name == "least_squares" else logits, grad.float(), inner, fakes, for_g)
        one, zero = torch.ones((), device=out.device), torch.zeros((), device=out.device)
        wanted = self.slope(self.goal, Targets(one, zero), self.labels, logits, fakes, for_g)
        if not for_g and self.goal.paired:
            self.real = logits[~fakes]
        return (scale * wanted / inner).to(grad.dtype)

    def scale(self, x: Tensor, grad: Tensor, inner: Tensor, fakes: Tensor, for_g: bool) -> Tensor:
        own, targets = OBJECTIVES[self.own.name], Targets(x.new_tensor(self.own.real), x.new_tensor(self.own.fake))
        h = self.slope(own, targets, (), x, fakes, for_g)
        g = grad if self.own.name == "least_squares" else grad * inner
        square, last = h.square().sum(), self.scales.get(for_g, x.new_ones(()))
        found = (h * g).sum() / square.clamp_min(TINY)
        found = torch.where((square > TINY) & torch.isfinite(found) & (found > 0), found, last)
        self.scales[for_g] = found
        return found

    def slope(
        self, goal: Objective, targets: Targets, labels: Sequence[Trick], x: Tensor, fakes: Tensor, for_g: bool
    ) -> Tensor:
        """The gradient at `x` of the half, or of both halves, of a loss that a call of D holds."""
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            if for_g:
                loss = goal.g_loss(x, self.partners(len(x)) if goal.paired else None)
            else:
                real, fake = x[~fakes], x[fakes]
                for trick in labels:
                    targets = trick.targets(targets, real, fake, self.at)
                far = x.new_zeros(1)  # stands for the half that another call holds
                loss = goal.d_loss(real if len(real) else far, fake if len(fake) else far, targets)
            (found,) = torch.autograd.grad(loss, x)
        return found

    def partners(self, n: int) -> Tensor | None:
        """The reals' logits of D's last step, as many as G's fakes."""
        if self.real is None:
            return None
        return self.real[torch.arange(n, device=self.real.device) % len(self.real)]

    def hook(self, said: Tensor, squashed: bool, rows: Tensor | bool, for_g: bool) -> Any:
        """For `said.register_hook`; passes of penalties, and G's before D's first, stay as they are."""

        def replace(grad: Tensor) -> Tensor | None:
            if torch.is_grad_enabled() or (for_g and self.goal.paired and self.real is None):
                return None
            return self.gradient(said, grad, squashed, rows, for_g)

        return replace
