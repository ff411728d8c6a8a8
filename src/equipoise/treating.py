"""Treatment of a run of ours: the hands of the autopilot.

A change is made by building the game anew from the changed recipe (rebuild.py). What is in force beyond the run's recipe is
kept in its checkpoints, and what was done in actions.jsonl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from equipoise import actions, build
from equipoise.data.source import Source
from equipoise.diagnosis.finding import Finding
from equipoise.errors import EquipoiseError
from equipoise.game import Game
from equipoise.history import History
from equipoise.own import Own
from equipoise.pieces import Targets, Trick
from equipoise.rebuild import remaining, rescaled, successor, treated
from equipoise.recipe import Recipe
from equipoise.remedies.autopilot import Autopilot, Snapshot
from equipoise.remedies.remedy import Change, Patient

if TYPE_CHECKING:
    from equipoise.train import Training

PREFIX, FACTS = "treatment/", "treatment"  # in a checkpoint
SHOWN = ("d_loss", "g_loss", "d_real", "d_fake_before", "accuracy_real", "accuracy_fake", "coverage", "diversity_encoder")
IMPOSSIBLE = ("missing_detach", "batch_norm_mode")  # in a game of ours: whatever looks like it is something else
SWAPPED = "swapped_labels"  # can be told for sure: by asking each trick
PROBED = 4096  # samples of which the range of the data is taken


class Treatment:
    """Hands on a training: what the autopilot decides, done to our own game."""

    def __init__(self, training: Training, recipe: Recipe, source: Source, own: Own) -> None:
        """`recipe`, `source` and `own` as they were given, before any change."""
        self.training, self.recipe, self.source, self.own = training, recipe, source, own
        self.settings: dict[str, Any] = {}  # dotted, in force beyond the recipe
        self.left_out: tuple[str, ...] = ()
        self.range: tuple[float, float] | None = None  # that was brought to [-1, 1]
        self.actions = History(training.run.actions)
        self.done: list[dict[str, Any]] = []  # what is written there
        only = tuple(recipe.treat) if isinstance(recipe.treat, list) else ()
        self.autopilot = Autopilot(self, training.planned, only)
        self.ended = ""  # why training is to stop
        self.changed = False  # since it was last asked

    # ------------------------------------------------------------------------------------------- each look

    def visit(self, step: int) -> bool:
        """Let the autopilot decide; True where the game is another one now."""
        self.changed = False
        self.autopilot.visit(step)
        return self.changed

    # ------------------------------------------------------------------------------------------- what it sees

    def patient(self, healthy_steps: int) -> Patient:
        recipe, game, clock = self.training.recipe, self.training.game, self.training.clock
        return Patient(
            objective=game.objective.card.name,
            optimizer={"lr": rate(game.D), "beta1": 0.5, **recipe.optimizer},
            penalties=recipe.penalties,
            tricks=recipe.tricks,
            network=recipe.network,
            g_rate=rate(game.G),
            d_rate=rate(game.D),
            image=self.source.is_image,
            batch=recipe.batch,
            samples=len(self.source),
            steps=clock.step,
            steps_left=max(0, clock.total_steps - clock.step),
            healthy_steps=healthy_steps,
            rescalable=self.range is None,
            wrong_labels=self.wrong_labels(),
        )

    def wrong_labels(self) -> tuple[str, ...]:
        """The user's own tricks that ask D to call reals fake."""
        game, own = self.training.game, self.training.recipe.own_tricks
        return tuple(trick.card.name for trick in game.tricks if trick.card.name in own and swaps(trick, game))

    def standing(self) -> tuple[Finding, ...]:
        found = self.training.observer.visits.standing
        if any(finding.name == SWAPPED for finding in found) and not self.wrong_labels():
            found = tuple(finding for finding in found if finding.name != SWAPPED)
        return tuple(finding for finding in found if finding.name not in IMPOSSIBLE)

    def numbers(self) -> dict[str, float]:
        track = self.training.observer.visits.track
        return {name: round(float(track[name].values[-1]), 6) for name in SHOWN if len(track[name])}

    def refusal(self, change: Change) -> str:
        back = change.back and self.autopilot.healthy is not None
        whole = set(change.fresh) == {"G", "D"}
        if not (back or whole or change.end) and not finite(self.training.game):
            return "the weights are no numbers any more"
        try:
            recipe, source = self.after(change)
            build.game(recipe, source, remaining(self.own, recipe))
        except (EquipoiseError, RuntimeError, ValueError) as error:
            return str(error)
        return ""

    # ------------------------------------------------------------------------------------------- what it does

    def after(self, change: Change) -> tuple[Recipe, Source]:
        """The recipe and the data with a change and all that are in force."""
        left_out = (*self.left_out, *change.leave_out)
        recipe = treated(self.recipe, {**self.settings, **change.settings}, left_out)
        recipe.treat = self.recipe.treat
        span = spread(self.source) if change.rescale else self.range
        return recipe, self.source if span is None else rescaled(self.source, *span)

    def apply(self, change: Change, healthy: Snapshot | None) -> dict[str, Any]:
        before = {key: value_of(self.training.recipe, key) for key in change.settings}
        if change.back and healthy is not None:
            self.restore(healthy)
        recipe, source = self.after(change)
        self.settings.update(change.settings)
        self.left_out = (*self.left_out, *change.leave_out)
        if change.rescale:
            self.range = spread(self.source)
        attempt = self.autopilot.trials + 1
        game = successor(self.training.game, recipe, source, self.own, change.fresh, attempt)
        self.seat(recipe, source, game)
        return before

    def snapshot(self, step: int, lost: int) -> Snapshot | None:
        if not finite(self.training.game):
            return None
        tensors, facts = self.training.game.state()
        return Snapshot(step, lost, {k: v.clone() for k, v in tensors.items()}, {"game": facts, "in_force": self.in_force()})

    def restore(self, snapshot: Snapshot) -> None:
        facts, now = dict(snapshot.facts["game"]), self.training.game
        self.take(snapshot.facts["in_force"])
        facts |= {"steps": now.steps, "drawn": now.drawn}  # time does not go back
        recipe, source = self.after(Change())
        self.seat(recipe, source, build.restored(recipe, source, dict(snapshot.tensors), facts, remaining(self.own, recipe)))

    def seat(self, recipe: Recipe, source: Source, game: Game) -> None:
        self.training.seat(recipe, source, game)
        self.changed = True

    def tell(self, action: dict[str, Any]) -> None:
        self.actions.append(action)
        self.done.append(action)
        self.training.progress.message(f"treatment at step {action['step']}: {action['words']}")
        self.training.clock.stretch = self.autopilot.stretch

    def end(self, words: str) -> None:
        self.ended = words

    @property
    def words(self) -> str:
        """The current treatment, for somebody who watches."""
        return actions.now(self.done)

    # ------------------------------------------------------------------------------------- what a checkpoint keeps

    def in_force(self) -> dict[str, Any]:
        """What differs from the recipe, as JSON."""
        return {"settings": self.settings.copy(), "left_out": list(self.left_out), "range": self.range}

    def take(self, in_force: Mapping[str, Any]) -> None:
        self.settings, self.left_out = dict(in_force["settings"]), tuple(in_force["left_out"])
        low_high = in_force["range"]
        self.range = None if low_high is None else (low_high[0], low_high[1])

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        tensors, facts = self.autopilot.state()
        origin = self.training.observer.facts.origin
        about = {"in_force": self.in_force(), "autopilot": facts, "origin": origin}
        return {PREFIX + name: tensor for name, tensor in tensors.items()}, {FACTS: about}

    def load(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Take back what `state` gave, for a training that plays what is in force already."""
        about = facts[FACTS]
        self.take(about["in_force"])
        device = self.training.game.at.device
        own = {name.removeprefix(PREFIX): t.to(device) for name, t in tensors.items() if name.startswith(PREFIX)}
        self.autopilot.load(own, about["autopilot"])
        self.training.clock.stretch = self.autopilot.stretch
        self.done = [action for action in self.actions.read("step") if action["step"] <= self.training.clock.step]

    def close(self) -> None:
        self.actions.close()


def resumed(recipe: Recipe, source: Source, own: Own, facts: Mapping[str, Any]) -> tuple[Recipe, Source, Own]:
    """The recipe, the data and what is the user's own as a checkpoint's treatment left them."""
    if FACTS not in facts:
        return recipe, source, own
    in_force = facts[FACTS]["in_force"]
    found = treated(recipe, in_force["settings"], in_force["left_out"])
    span = in_force["range"]
    return found, source if span is None else rescaled(source, *span), remaining(own, found)


def rate(player: Any) -> float:
    return float(player.optimizer.param_groups[0]["lr"])


def finite(game: Game) -> bool:
    """Whether all weights are numbers."""
    weights = [p for player in (game.G, game.D) for p in player.module.parameters()]
    return bool(torch.stack([torch.isfinite(p).all() for p in weights]).all())


def swaps(trick: Trick, game: Game) -> bool:
    """Whether a trick asks D to say less of reals than of fakes."""
    logits = torch.zeros(64, device=game.at.device)
    one, zero = torch.ones((), device=logits.device), torch.zeros((), device=logits.device)
    asked = trick.targets(Targets(one, zero), logits, logits, game.at)
    return bool(asked.real.float().mean() < asked.fake.float().mean())


def spread(source: Source) -> tuple[float, float]:
    """The least and the largest value of the data, of at most `PROBED` samples."""
    index = torch.arange(min(PROBED, len(source)), device=source.device)
    x = source.batch(index)
    return float(x.min()), float(x.max())


def value_of(recipe: Recipe, key: str) -> Any:
    """A dotted setting as it is; None where it is not set."""
    here: Any = vars(recipe)
    for part in key.split("."):
        here = here.get(part) if isinstance(here, dict) else getattr(here, part, None)
        if here is None:
            return None
    return here
