"""One adversarial step. Read `Game.step` beside algorithm 1 of Goodfellow et al. 2014; everything else serves it.

The game knows nothing of runs, files or screens, and logs nothing: a step returns its raw terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from equipoise.errors import SettingError
from equipoise.optimizers.state import load_optimizer, optimizer_state
from equipoise.pieces import Cadence, Equilibrium, Objective, Seen, Targets, Terms, Trick, frozen, scalar
from equipoise.seeds import Moment

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}
SIMULTANEOUS = "simultaneous moves (and extragradient) take one D step for one G step"
T = TypeVar("T", bound=Trick)


@dataclass
class Player:
    """G or D: a network and the optimizer that moves it."""

    name: str
    module: nn.Module
    optimizer: Optimizer


class Game:
    """Two players, an objective and the tricks, at a place in time (`at`).

    `draw(position)` gives the real batch at a position of the data's order: float32 [B, *shape].
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        objective: Objective,
        *,
        latent: int,
        shape: tuple[int, ...],
        g_optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        d_optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        tricks: Sequence[Trick] = (),
        seed: int = 0,
        device: torch.device | str = "cpu",
        order: str = "alternating",
        precision: str = "float32",
    ) -> None:
        refuse_probabilities(discriminator)
        self.objective, self.latent_size, self.shape = objective, latent, shape
        self.at = Moment(seed, device)
        self.steps = 0  # done
        self.drawn = 0  # real batches that D has been shown
        self.autocast = torch.autocast(self.at.device.type, PRECISIONS[precision], enabled=precision != "float32")
        layout = torch.channels_last if len(shape) == 3 else torch.preserve_format
        unmoved = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=0.0)  # until the tricks have changed the networks
        self.G = Player("G", generator.to(device), unmoved)
        self.D = Player("D", discriminator.to(device), unmoved)
        self.tricks: list[Trick] = []
        self._having: dict[str, list[Trick]] = {}
        self.built = False
        for trick in tricks:
            self.add(trick)
        for player, optimizer in ((self.G, g_optimizer), (self.D, d_optimizer)):
            player.module.to(device, memory_format=layout)  # type: ignore[call-overload]
            player.optimizer = optimizer(player.module.parameters())
        for trick in self.tricks:
            trick.ready(self)
        self.built = True
        # An extragradient optimizer first looks ahead, then moves from where it stood by the gradient found there.
        self.moves = ("extrapolate", "step") if hasattr(self.G.optimizer, "extrapolate") else ("step",)
        self.order = "simultaneous" if len(self.moves) > 1 else order
        if self.order == "simultaneous" and self.having("cadence"):
            raise SettingError(self.having("cadence")[0].card.name, f"{SIMULTANEOUS}; leave it out")

    # ------------------------------------------------------------------------------------------------ the step

    def step(self, draw: Callable[[int], Tensor]) -> Terms:
        """k updates of D on fresh data and noise, then one of G on fresh noise through a frozen D."""
        pace = self.begin()
        for move in self.moves:
            for _ in range(pace.d_steps):
                self.descend(self.D, self.d_loss(self.next(draw)), move)
            for _ in range(pace.g_steps):
                with frozen(self.D.module):
                    self.descend(self.G, self.g_loss(), move)
            if self.order == "simultaneous":
                self.move(self.D, move)
                self.move(self.G, move)
        return self.end()

    def d_loss(self, real: Tensor) -> Tensor:
        """D's loss on a real batch and as many fresh fakes."""
        with self.autocast:
            z = self.latent(len(real))
            with torch.no_grad():
                fake = self.G.module(z).float()
            for trick in self.having("shown"):
                fake = trick.shown(fake, self.at)
            x, y = self.view(real, real=True), self.view(fake, real=False)
            d_real, d_fake = self.discriminate(x), self.discriminate(y)
            loss = self.objective.d_loss(d_real, d_fake, self.targets(d_real, d_fake))
            seen = Seen(self, real, fake, z, x, y, d_real, d_fake, loss)
            terms = {f"d/{t.card.name}": t.d_term(seen) for t in self.having("d_term")}
        self.seen_by_d, self.d_terms = seen, {k: v for k, v in terms.items() if v is not None}
        return loss + sum(self.d_terms.values())

    def g_loss(self) -> Tensor:
        """G's loss on fresh fakes, as the D that it plays against sees them."""
        with self.autocast:
            real = self.seen_by_d.real
            z = self.latent(len(real))
            D = self.opponent()
            fake = self.G.module(z).float()
            fake.retain_grad()  # what D tells G of each sample
            y = self.view(fake, real=False)
            d_fake = D(y)
            x = self.view(real, real=True) if self.objective.paired else None
            d_real = D(x) if x is not None else None
            loss = self.objective.g_loss(d_fake, d_real)
            seen = Seen(self, real, fake, z, x, y, d_real, d_fake, loss)
            terms = {f"g/{t.card.name}": t.g_term(seen) for t in self.having("g_term")}
        self.seen_by_g, self.g_terms = seen, {k: v for k, v in terms.items() if v is not None}
        return loss + sum(self.g_terms.values())

    def descend(self, player: Player, loss: Tensor, move: str) -> None:
        """One gradient of the player's loss, and (in the alternating order) its move."""
        player.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for trick in self.having("gradients"):
            trick.gradients(player)
        if self.order == "alternating":
            self.move(player, move)

    def move(self, player: Player, move: str) -> None:
        getattr(player.optimizer, move)()
        if move == "step":
            for trick in self.having("moved"):
                trick.moved(player, self)

    # ------------------------------------------------------------------------------------------- what serves it

    def begin(self) -> Cadence:
        self.at.begin(self.steps)
        for trick in self.having("before"):
            trick.before(self)
        pace = Cadence()
        for trick in self.having("cadence"):
            pace = trick.cadence(pace, self.at)
        if self.order == "simultaneous" and (pace.d_steps, pace.g_steps) != (1, 1):
            raise SettingError("order", SIMULTANEOUS)
        return pace

    def end(self) -> Terms:
        d, g = self.seen_by_d, self.seen_by_g
        assert d.d_real is not None
        extra = {k: v.detach() for k, v in (*self.d_terms.items(), *self.g_terms.items())}
        terms = Terms(
            real=d.real,
            fake=g.fake.detach(),
            d_real=d.d_real.detach(),
            d_fake=d.d_fake.detach(),
            d_fake_after=g.d_fake.detach(),
            d_loss=self.objective.recorded(d.loss.detach()),
            g_loss=g.loss.detach(),
            fake_grad=g.fake.grad,
            extra=extra,
        )
        self.steps += 1
        for trick in self.having("after"):
            trick.after(self, terms)
        return terms

    def next(self, draw: Callable[[int], Tensor]) -> Tensor:
        real = draw(self.drawn)
        self.drawn += 1
        return real

    def latent(self, n: int) -> Tensor:
        """n fresh latents, standard normal, [n, latent]."""
        return self.at.normal("latent", n, self.latent_size)

    def discriminate(self, x: Tensor) -> Tensor:
        """D's logits in float32, of a batch as D sees it (after `view`)."""
        logits: Tensor = self.D.module(x)
        return logits.float()

    def opponent(self) -> Callable[[Tensor], Tensor]:
        D: Callable[[Tensor], Tensor] = self.discriminate
        for trick in self.having("opponent"):
            D = trick.opponent(D, self.seen_by_d)
        return D

    def view(self, x: Tensor, *, real: bool) -> Tensor:
        for trick in self.having("view"):
            x = trick.view(x, self.at, real=real)
        return x

    def targets(self, d_real: Tensor, d_fake: Tensor) -> Targets:
        targets = Targets(scalar(1.0, d_real), scalar(0.0, d_fake))
        for trick in self.having("targets"):
            targets = trick.targets(targets, d_real, d_fake, self.at)
        return targets

    def equilibrium(self) -> Equilibrium:
        """The objective's values at equilibrium, with the targets that the tricks ask for."""
        real, fake = 1.0, 0.0
        for trick in self.having("expected_targets"):
            real, fake = trick.expected_targets(real, fake)
        return self.objective.equilibrium(real, fake)

    def floor(self) -> float | None:
        """D's least possible loss, mean convention, with the targets that the tricks ask for; None where there is none."""
        real, fake = 1.0, 0.0
        for trick in self.having("expected_targets"):
            real, fake = trick.expected_targets(real, fake)
        return self.objective.floor(real, fake)

    # ----------------------------------------------------------------------------------------------- the tricks

    def add(self, trick: Trick) -> None:
        """Play with one more trick from now on."""
        name = trick.card.name
        try:
            trick.check()
            trick.fits(self.objective, self.shape)
        except SettingError as error:
            raise error.within(name) from None
        if any(t.card.name == name for t in self.tricks):
            raise SettingError(name, "is in the game already")
        trick.wrap(self)
        self.tricks.append(trick)
        self._having.clear()
        if self.built:
            trick.ready(self)

    def turn(self, name: str, **knobs: Any) -> None:
        """Turn knobs of a trick while training; all of them or, where one is out of range, none."""
        trick = self.trick(name)
        before = trick.knobs()
        unknown = knobs.keys() - before.keys()
        if unknown:
            raise SettingError(f"{name}.{unknown.pop()}", f"is not a knob; known: {', '.join(before)}")
        try:
            vars(trick).update(knobs)
            trick.check()
        except SettingError:
            vars(trick).update(before)
            raise

    def trick(self, name: str) -> Trick:
        for trick in self.tricks:
            if trick.card.name == name:
                return trick
        raise SettingError(name, "is not a trick of this game")

    def find(self, kind: type[T]) -> T | None:
        """The trick of that class, where the game has it."""
        return next((t for t in self.tricks if isinstance(t, kind)), None)

    def having(self, seam: str) -> list[Trick]:
        """The tricks that override a seam, in order; nobody else is called."""
        if seam not in self._having:
            self._having[seam] = [t for t in self.tricks if getattr(type(t), seam) is not getattr(Trick, seam)]
        return self._having[seam]

    # ---------------------------------------------------------------------------------- what a checkpoint keeps

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that the next steps depend on: tensors by name, and JSON facts."""
        tensors: dict[str, Tensor] = {}
        facts: dict[str, Any] = {
            "steps": self.steps,
            "drawn": self.drawn,
            "seed": self.at.seed,
            "objective": self.objective.card.name,
            "order": self.order,
            "tricks": [{"name": t.card.name, "knobs": t.knobs()} for t in self.tricks],
        }
        for player in (self.G, self.D):
            tensors.update({f"{player.name}/{k}": v for k, v in player.module.state_dict().items()})
            moments, facts[f"{player.name}.optimizer"] = optimizer_state(player.optimizer)
            tensors.update({f"{player.name}.optimizer/{k}": v for k, v in moments.items()})
        for trick in self.tricks:
            tensors.update({f"tricks/{trick.card.name}/{k}": v for k, v in trick.state().items()})
        return {k: v.detach() for k, v in tensors.items()}, facts

    def load(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Take back what `state` gave, into a game that was built with the same networks and tricks."""
        self.steps, self.drawn, self.at.seed = facts["steps"], facts["drawn"], facts["seed"]
        for player in (self.G, self.D):
            player.module.load_state_dict(under(tensors, f"{player.name}/"))
            load_optimizer(player.optimizer, under(tensors, f"{player.name}.optimizer/"), facts[f"{player.name}.optimizer"])
        for trick, kept in zip(self.tricks, facts["tricks"], strict=True):
            vars(trick).update(kept["knobs"])
            trick.load_state({k: v.to(self.at.device) for k, v in under(tensors, f"tricks/{trick.card.name}/").items()})


def under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def refuse_probabilities(discriminator: nn.Module) -> None:
    """Objectives take logits: a D that ends in a sigmoid would be squashed twice."""
    leaves = [m for m in discriminator.modules() if not list(m.children())]
    if leaves and isinstance(leaves[-1], nn.Sigmoid):
        raise SettingError("discriminator", "ends in a Sigmoid; it has to give logits, so leave the Sigmoid out")
