"""The contracts. Each piece is one declared thing in one small file, with a card that says what it is.

Everything else in the package is built from these: an objective is a pair of losses, a trick is a small change of the
game at one of a few named seams, a penalty is a trick that adds a term. Pieces know nothing of runs, files or screens.
Adding one touches its file, one line in its folder's `__init__.py` (a plain dict), and its test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from equipoise.card import Card as Card
from equipoise.errors import SettingError

if TYPE_CHECKING:
    from equipoise.game import Game, Player
    from equipoise.seeds import Moment


LARGE = 20.0  # a logit whose sigmoid is 0 or 1 to nine digits


# ---------------------------------------------------------------------------------------------- objectives


@dataclass(frozen=True)
class Targets:
    """What D is asked to say: numbers in [0, 1] for real and fake logits, scalars or one per logit."""

    real: Tensor
    fake: Tensor


@dataclass(frozen=True)
class Equilibrium:
    """Values where the fakes are distributed as the reals and D is optimal; None where any value is possible."""

    logit: float | None
    d_loss: float | None  # in the convention in which it is recorded
    g_loss: float | None


class Objective:
    """The pair of losses, as pure functions of logits.

    Logits have any shape with the batch first; every loss is a scalar. `d_loss` is the paper's value (what is descended);
    `d_terms` is the number of terms that it sums, so `recorded(d_loss)` is the mean convention that curves show.
    """

    card: ClassVar[Card]
    d_terms: ClassVar[int] = 2  # D's loss is recorded divided by this: 2 where the literature averages real and fake
    takes_targets: ClassVar[bool] = False  # True where labels (and so smoothing, noise and flipping) mean something
    paired: ClassVar[bool] = False  # True where G's loss needs D's logits on reals as well

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        raise NotImplementedError

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        raise NotImplementedError

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        """The values at equilibrium when the expected targets are `real` and `fake`."""
        raise NotImplementedError

    def floor(self, real: float = 1.0, fake: float = 0.0) -> float | None:
        """The recorded loss of a perfect D when the expected targets are `real` and `fake`; None where it has no bound.

        Found on a grid of logits to two digits or better, since a reference line needs no more.
        """
        logits = torch.linspace(-LARGE, LARGE, 161)
        asked = Targets(torch.tensor(real), torch.tensor(fake))

        def least(scale: float) -> float:
            pairs = torch.cartesian_prod(logits * scale, logits * scale)
            losses = torch.vmap(lambda pair: self.recorded(self.d_loss(pair[:1], pair[1:], asked)))(pairs)
            return float(losses.min())

        near, far = least(1.0), least(2.0)
        return near if far > near - 1.0 else None

    def recorded(self, d_loss: Tensor) -> Tensor:
        """D's loss in the mean convention."""
        return d_loss / self.d_terms


# -------------------------------------------------------------------------------------------------- tricks


@dataclass
class Seen:
    """What a step has in hand when it asks for a term: tensors with gradients where the step has them."""

    game: Game
    real: Tensor  # [B, ...] as the data gave it
    fake: Tensor  # [B, ...] as G made it; in D's step without gradient
    z: Tensor  # [B, latent] what the fakes were made from
    x: Tensor | None  # real as D saw it (after every `view`); None in G's step unless the objective is paired
    y: Tensor  # fake as D saw it
    d_real: Tensor | None  # D's logits; None in G's step unless the objective is paired
    d_fake: Tensor
    loss: Tensor  # the objective's loss alone

    @property
    def D(self) -> Callable[[Tensor], Tensor]:
        return self.game.discriminate

    @property
    def G(self) -> nn.Module:
        return self.game.G.module

    @property
    def at(self) -> Moment:
        return self.game.at


@dataclass
class Cadence:
    """How many D steps and G steps make one step of the game."""

    d_steps: int = 1
    g_steps: int = 1


class Trick:
    """A small change of the game. A subclass is a dataclass: its init fields are its knobs, all of which may be turned
    while training, and it overrides just the seams that it needs (the game calls no others).

    A trick never steps an optimizer. State that must survive a checkpoint is tensors in `state()`.
    """

    card: ClassVar[Card]

    # --- before training
    def check(self) -> None:
        """Raise SettingError for a knob out of range; called when built and whenever a knob is turned."""

    def fits(self, objective: Objective, shape: tuple[int, ...]) -> None:
        """Raise SettingError where the trick makes no sense with this objective or data shape (without the batch)."""

    def wrap(self, game: Game) -> None:
        """Change the players, once, at build time (spectral norm, dropout, packing)."""

    def ready(self, game: Game) -> None:
        """Once the networks are final and the optimizers made: copy what has to be copied (EMA, lookahead)."""

    # --- in a step, in this order
    def before(self, game: Game) -> None:
        """Before a step: schedules."""

    def cadence(self, cadence: Cadence, at: Moment) -> Cadence:
        """How often each player moves in this step."""
        return cadence

    def shown(self, fake: Tensor, at: Moment) -> Tensor:
        """What D is shown as fake in its own step (replay of old fakes)."""
        return fake

    def view(self, x: Tensor, at: Moment, *, real: bool) -> Tensor:
        """What D sees of a batch, real and fake alike, differentiable (noise, augmentation, packing)."""
        return x

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        """What D is asked to say, given its logits' shapes."""
        return targets

    def expected_targets(self, real: float, fake: float) -> tuple[float, float]:
        """The mean of `targets`, for the reference lines."""
        return real, fake

    def d_term(self, seen: Seen) -> Tensor | None:
        """A scalar that adds to D's loss, None where there is nothing to add in this step."""
        return None

    def opponent(self, D: Callable[[Tensor], Tensor], seen: Any) -> Callable[[Tensor], Tensor]:
        """The D that G plays against (unrolled D)."""
        return D

    def g_term(self, seen: Seen) -> Tensor | None:
        """A scalar that adds to G's loss, None where there is nothing to add in this step."""
        return None

    def gradients(self, player: Player) -> None:
        """After a player's backward, before its optimizer moves (clipping)."""

    def moved(self, player: Player, game: Game) -> None:
        """After a player's optimizer moved (weight clipping, EMA)."""

    def after(self, game: Game, terms: Terms) -> None:
        """After a step (controllers, lookahead)."""

    # --- what a checkpoint keeps
    def knobs(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}  # type: ignore[arg-type]

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take back what `state` gave; the tensors are already on the game's device."""


class Penalty(Trick):
    """A trick that adds `weight * value` to D's loss; with `every` = n it is computed on each n-th step, n times as strong
    (lazy regularisation, Karras et al. 2020, appendix B). Weights are the papers': they stand beside the objective's
    loss as the paper writes it.
    """

    weight: float
    every: int

    def check(self) -> None:
        if self.weight < 0:
            raise SettingError("weight", f"must be 0 or more, not {self.weight}")
        if self.every < 1:
            raise SettingError("every", f"must be 1 or more, not {self.every}")

    def value(self, seen: Seen) -> Tensor:
        """One number per sample, [B], or a scalar; differentiable in D's parameters."""
        raise NotImplementedError

    def d_term(self, seen: Seen) -> Tensor | None:
        if self.weight == 0 or seen.at.step % self.every:
            return None
        with torch.autocast(seen.real.device.type, enabled=False):  # gradients of gradients are lost in half precision
            return self.every * self.weight * self.value(seen).mean()


# --------------------------------------------------------------------------------------- what a step leaves


@dataclass
class Terms:
    """What a step returns: raw detached tensors on the device, for signals to look at later."""

    real: Tensor  # [B, ...] the last real batch
    fake: Tensor  # [B, ...] G's last fakes, made before G moved
    d_real: Tensor  # D's logits in D's last step
    d_fake: Tensor
    d_fake_after: Tensor  # D's logits on fresh fakes, after D moved and before G does
    d_loss: Tensor  # the objective's loss, mean convention
    g_loss: Tensor
    extra: dict[str, Tensor] = field(default_factory=dict)  # each trick's term, by name: 'd/r1', 'g/feature_matching'
    fake_grad: Tensor | None = None  # [B, ...] of G's whole loss by `fake`; None where nothing reached it


@dataclass(frozen=True)
class Signal:
    """Numbers measured from what a step left behind: `measure` returns one 0-dim tensor per name, on the device, or
    nothing in a step that has nothing to measure. It is asked after each `every`-th step.
    """

    card: Card
    names: tuple[str, ...]
    measure: Callable[[Game, Terms], tuple[Tensor, ...]]
    every: int = 1


@dataclass
class Judged:
    """A batch as an exam sees it, on the device and without gradients."""

    values: Tensor  # [N, ...]
    codes: Tensor  # [N, F] of a frozen encoder, the same for the whole run
    logits: Tensor  # D's, flat
    features: Tensor | None  # [N, F] what D's last layer is given


@dataclass
class Exam:
    """What the costlier signals look at, once every few hundred steps. The players are copies: looking changes nothing."""

    real: Judged  # reals that D was trained on
    fake: Judged  # fresh fakes, as many
    heldout: Judged | None  # reals that D never saw
    groups: Tensor  # int64 [N] which cluster each of the reference reals belongs to
    fixed: Tensor | None  # [n, ...] fakes of the same latents at every exam
    fixed_before: Tensor | None  # at the exam before
    averaged: Tensor | None  # fakes of the same latents by the averaged G
    steps_between: int  # since the exam before
    modules: dict[str, nn.Module]  # the players themselves, by name: 'G', 'D'
    augmented: Tensor | None = None  # [n, F] codes of the training reals as D sees them; None: as they are
    says: Callable[[Tensor], Tensor] | None = None  # D's logits, flat, of a batch of samples

    @property
    def reference(self) -> Judged:
        """The reals to compare fakes with: held-out ones where there are any."""
        return self.heldout if self.heldout is not None else self.real


@dataclass(frozen=True)
class Examination:
    """A signal that is worth an exam: `measure` returns 0-dim tensors by name, leaving out what it can't tell."""

    card: Card
    names: tuple[str, ...]
    measure: Callable[[Exam], dict[str, Tensor]]


def frozen(module: nn.Module) -> _Frozen:
    """Within the context gradients flow through `module`, not into it."""
    return _Frozen(module)


class _Frozen:
    def __init__(self, module: nn.Module) -> None:
        self.parameters = [p for p in module.parameters() if p.requires_grad]

    def __enter__(self) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(False)

    def __exit__(self, *_: object) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(True)


def scalar(value: float, like: Tensor) -> Tensor:
    """A 0-dim tensor beside `like`; filled there, since a copy from the host would wait for the device."""
    return torch.full((), value, dtype=like.dtype, device=like.device)
