"""Unrolled GAN: G plays against the D that would have answered it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from equipoise.networks.functional import call
from equipoise.pieces import Card, Seen, Trick
from equipoise.tricks.checks import at_least, positive


@dataclass
class Unrolled(Trick):
    """G's loss is taken with D after `steps` more steps of plain gradient descent at `rate`, and G's gradient flows
    through them.

    The steps descend the objective alone (no penalties) on the batch that D saw last: its reals, and G's fakes made anew
    from the same latents so that D's answer depends on G. D's weights and both players' statistics stay untouched.
    """

    steps: int = 5
    rate: float = 0.01

    card: ClassVar[Card] = Card(
        name="unrolled",
        title="G looks some steps of D ahead",
        equation="theta_D^(k+1) = theta_D^k - rate * grad L_D(theta_G, theta_D^k);  L_G(theta_G, theta_D^K)",
        source="Metz et al. 2017, section 2.2",
        helps="Mode collapse and cycling: G does not run to where D is weak only for a moment",
        hurts="Slow; on large nets five steps do little",
        cost="each step costs about two plain steps",
    )

    def check(self) -> None:
        at_least(0, self, "steps")
        positive(self, "rate")

    def opponent(self, D: Callable[[Tensor], Tensor], seen: Any) -> Callable[[Tensor], Tensor]:
        return unroll(seen, self.steps, self.rate) if self.steps else D


def unroll(seen: Seen, steps: int, rate: float) -> Callable[[Tensor], Tensor]:
    """D's logits after so many steps on what D saw last, as a function of its input and of G's parameters."""
    game = seen.game
    D, x, y = game.D.module, seen.x, game.view(call(game.G.module, {}, seen.z), real=False)
    assert x is not None
    weights = {name: p.detach() for name, p in D.named_parameters()}
    # D is frozen in G's step, so what it trains is told by the gradients that its own step has left
    trained = [name for name, p in D.named_parameters() if p.grad is not None]
    weights.update({name: weights[name].requires_grad_(True) for name in trained})
    for _ in range(steps):
        d_real, d_fake = call(D, weights, x.detach()), call(D, weights, y)
        loss = game.objective.d_loss(d_real, d_fake, game.targets(d_real, d_fake))
        gradients = torch.autograd.grad(loss, [weights[n] for n in trained], create_graph=True)
        weights.update({n: weights[n] - rate * g for n, g in zip(trained, gradients, strict=True)})
    return partial(call, D, weights)
