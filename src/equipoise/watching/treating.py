"""Treatment of somebody else's loop, through hooks alone: the hands of the autopilot on a watched game.

The loop is left as it is. What changes is what its optimizers do in a step (rates, momentum, penalties' gradients, clipping:
set before the step, and rates set back after it, so that a scheduler of the loop's sees its own), what D is shown (noise,
augmentation, scale), what D's and G's losses say at D's output (the objective, D's targets), and the weights themselves.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.optim import Optimizer

from equipoise.diagnosis.finding import Finding
from equipoise.errors import SettingError
from equipoise.objectives import OBJECTIVES
from equipoise.penalties import PENALTIES
from equipoise.pieces import Objective, Penalty, Targets, Trick
from equipoise.remedies.autopilot import Autopilot, Snapshot
from equipoise.remedies.remedy import Change, Patient
from equipoise.seeds import Moment
from equipoise.settings import typed
from equipoise.tricks import TRICKS
from equipoise.tricks.spectral_norm import normalise
from equipoise.watching.match import Match
from equipoise.watching.players import Player

SEED = 0  # of what the treatment draws: the loop's own random numbers are not touched
SHOWN = ("d_loss", "g_loss", "d_real", "d_fake_before", "accuracy_real", "accuracy_fake", "coverage")
VIEWS = ("instance_noise", "diff_augment")
LABELS = ("label_smoothing", "label_noise")
CAN = {*VIEWS, *LABELS, "clip_gradients", "spectral_norm", "two_rates"}  # tricks
KNOWN = ("r1", "r2", "gradient_penalty")  # penalties
APART = ("non_saturating", "minimax", "least_squares", "hinge", "wasserstein")  # objectives of one logit at a time
IGNORED = ("tricks.ema", "network")  # a loop samples from its own G; a network is what it is
ROOM = 1e-6  # a probability's distance to 0 and 1, for its logit


@dataclass
class InForce:
    """What is done to the loop, from settings as a recipe has them."""

    settings: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)  # the players' learning rates, where they are ours
    beta1: float | None = None
    objective: Objective | None = None
    penalties: list[Penalty] = field(default_factory=list)
    tricks: dict[str, Trick] = field(default_factory=dict)
    scale: tuple[float, float] | None = None  # of the reals, that D is shown as -1 to 1


@dataclass
class Given:
    """What D was given last: the call's arguments, and which rows are fakes (None: none of them)."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    x: Tensor
    fakes: Tensor | None


class Treatment:
    """Hands on a loop of one G and one D."""

    def __init__(self, G: Player, D: Player, match: Match, tell: Any, planned: int) -> None:
        self.G, self.D, self.match, self.say = G, D, match, tell
        self.autopilot = Autopilot(self, planned, bounded=False)
        self.now = InForce()
        self.real: Given | None = None
        self.fake: Given | None = None
        self.at = Moment(SEED)
        self.busy = False  # D is called by us
        self.own: dict[Optimizer, list[dict[str, Any]]] = {}  # the loop's rates, while a step runs with ours
        self.optimizers: dict[str, Optimizer] = {}
        self.actions: list[dict[str, Any]] = []
        self.first = self.weights()
        self.entering: Tensor | None = None
        self.handles = [D.module.register_forward_pre_hook(self.enters, with_kwargs=True)]
        leaves = [m for m in D.network.modules() if not list(m.children())]
        self.handles += [m.register_forward_pre_hook(self.shown) for m in leaves]

    def close(self) -> None:
        """Let go of the loop; spectral norm stays, as part of the weights that were trained with it."""
        while self.handles:
            self.handles.pop().remove()

    # ------------------------------------------------------------------------------------------- while a step runs

    def enters(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = [t for t in (*args, *kwargs.values()) if isinstance(t, Tensor) and t.is_floating_point() and t.dim() > 1]
        self.entering = given[0] if given else None

    def shown(self, module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What D's first layer gets in place of the sample: inside D, so that the watch still knows the sample itself."""
        if self.entering is None or not args or args[0] is not self.entering:
            return None
        x, self.entering = self.entering, None
        if self.now.scale is not None:
            low, high = self.now.scale
            x = (x - low) * (2 / (high - low)) - 1
        for name in VIEWS:
            if name in self.now.tricks:
                self.at.step = self.match.g_steps
                x = self.now.tricks[name].view(x, self.at, real=True)
        return (x, *args[1:]) if x is not args[0] else None

    def saw(self, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor, fakes: Tensor | bool) -> None:
        """D has judged samples for its own step: `fakes` says which rows are, or that all are, or none."""
        given = Given(args, kwargs, x.detach(), fakes if isinstance(fakes, Tensor) else None)
        if fakes is True:
            self.fake = given
        else:
            self.real = given
            if isinstance(fakes, Tensor):
                self.fake = given

    def replaced(self, said: Tensor, squashed: bool, fakes: Tensor | bool, for_g: bool) -> Any:
        """A hook for D's output: puts the gradient of the objective in force in place of the loop's; None where it may stay."""
        objective, labels = self.now.objective, [self.now.tricks[name] for name in LABELS if name in self.now.tricks]
        if objective is None and not labels:
            return None
        goal = objective if objective is not None else OBJECTIVES.get(self.match.guess.name)
        if goal is None or goal.card.name not in APART:
            return None

        def hook(grad: Tensor) -> Tensor | None:
            if torch.is_grad_enabled() or self.busy:
                return None  # the pass of a penalty
            with torch.enable_grad():
                p = said.detach().float()
                logits = (torch.logit(p, ROOM) if squashed else p).requires_grad_()
                loss = goal.g_loss(logits, None) if for_g else self.d_loss(goal, labels, logits, fakes)
                (wanted,) = torch.autograd.grad(loss, logits)
            if squashed:
                wanted = wanted / (p * (1 - p)).clamp_min(ROOM)
            return wanted.to(grad.dtype)

        return hook

    def d_loss(self, goal: Objective, labels: list[Trick], logits: Tensor, fakes: Tensor | bool) -> Tensor:
        """The half, or both halves, of D's loss that a call holds."""
        rows = fakes if isinstance(fakes, Tensor) else torch.full((len(logits),), bool(fakes), device=logits.device)
        real, fake = logits[~rows], logits[rows]
        targets = Targets(torch.ones((), device=logits.device), torch.zeros((), device=logits.device))
        for trick in labels:
            targets = trick.targets(targets, real, fake, self.at)
        far = logits.new_zeros(1)  # stands for the half that another call holds
        return goal.d_loss(real if len(real) else far, fake if len(fake) else far, targets)

    def stepping(self, optimizer: Optimizer, players: list[Player]) -> None:
        """Before an optimizer steps."""
        mine = [player for player in players if player in (self.G, self.D)]
        for player in mine:
            self.optimizers[player.name] = optimizer
        if self.D in mine and self.now.penalties and not self.busy:
            self.penalise(getattr(optimizer, "grad_scale", None))
        clip = self.now.tricks.get("clip_gradients")
        if clip is not None:
            for player in mine:
                torch.nn.utils.clip_grad_norm_(player.parameters, clip.knobs()["norm"])
        ours = [self.now.rates[player.name] for player in mine if player.name in self.now.rates]
        if ours or self.now.beta1 is not None:
            self.own[optimizer] = [{k: group[k] for k in ("lr", "betas") if k in group} for group in optimizer.param_groups]
            base = float(optimizer.param_groups[0]["lr"])
            for group in optimizer.param_groups:
                if ours and base > 0:
                    group["lr"] = float(group["lr"]) * ours[0] / base
                if self.now.beta1 is not None and "betas" in group:
                    group["betas"] = (self.now.beta1, group["betas"][1])

    def stepped(self, optimizer: Optimizer) -> None:
        """After it: the loop finds its own rates."""
        for group, own in zip(optimizer.param_groups, self.own.pop(optimizer, []), strict=False):
            group.update(own)

    def penalise(self, scale: Tensor | None) -> None:
        """Add the penalties' gradients to those of D's own loss."""
        if self.real is None:
            return
        self.busy = True
        try:
            with torch.enable_grad():
                terms = [
                    penalty.every * penalty.weight * self.value(penalty).mean()
                    for penalty in self.now.penalties
                    if penalty.weight and self.match.g_steps % penalty.every == 0
                ]
                if not terms:
                    return
                parameters = [p for p in self.D.network.parameters() if p.requires_grad]
                gradients = torch.autograd.grad(torch.stack(terms).sum(), parameters, allow_unused=True)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                if gradient is not None:
                    gradient = gradient if scale is None else gradient * scale
                    parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        finally:
            self.busy = False

    def value(self, penalty: Penalty) -> Tensor:
        """A penalty's value per sample, of what D was given last."""
        given = self.fake if penalty.card.name == "r2" and self.fake is not None else self.real
        assert given is not None
        rows = given.fakes
        if penalty.card.name == "gradient_penalty" and self.fake is not None and self.fake is not given:
            other = self.fake.x[: len(given.x)]
            u = self.at.uniform("gradient_penalty", len(other), *[1] * (other.dim() - 1)).to(other)
            slopes = self.slopes(given, u * given.x[: len(other)] + (1 - u) * other)
            return (slopes.add(1e-12).sqrt() - penalty.knobs()["target"]).square()
        slopes = self.slopes(given, given.x) / 2
        if rows is None:
            return slopes
        wanted = rows if penalty.card.name == "r2" else ~rows
        weighted: Tensor = slopes * wanted * (len(rows) / wanted.sum().clamp_min(1))
        return weighted

    def slopes(self, given: Given, x: Tensor) -> Tensor:
        """||grad_x D(x)||^2 per sample, [n], with a graph for D's weights."""
        x = x.detach().requires_grad_(True)

        def put(value: Any) -> Any:
            same = isinstance(value, Tensor) and value.shape == given.x.shape and value.is_floating_point()
            return x if same else value

        said = self.D.network(*map(put, given.args), **{name: put(value) for name, value in given.kwargs.items()})
        logits = said if isinstance(said, Tensor) else next(t for t in said if isinstance(t, Tensor))
        if self.squashes:
            logits = torch.logit(logits, ROOM)
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        squares: Tensor = gradient.square().flatten(1).sum(1)
        return squares

    squashes = False  # D says probabilities

    # ------------------------------------------------------------------------------------------- what it sees

    def visit(self) -> None:
        self.autopilot.visit(self.match.g_steps)

    def patient(self, healthy_steps: int) -> Patient:
        like = self.real.x if self.real is not None else None
        optimizer = self.optimizers.get("D", self.optimizers.get(self.D.name))
        group = optimizer.param_groups[0] if optimizer is not None else {}
        kind = type(optimizer).__name__.lower().removesuffix("w") if optimizer is not None else ""
        on = {name: trick.knobs() for name, trick in self.now.tricks.items()}
        return Patient(
            objective=self.now.objective.card.name if self.now.objective is not None else self.match.guess.name,
            optimizer={"kind": kind, "lr": self.rate(self.D), "beta1": group.get("betas", (0.0,))[0]},
            penalties={penalty.card.name: penalty.knobs() for penalty in self.now.penalties},
            tricks=on,
            network={},
            g_rate=self.rate(self.G),
            d_rate=self.rate(self.D),
            image=like is not None and like.dim() == 4,
            batch=len(like) if like is not None else 0,
            foreign=True,
            steps=self.match.g_steps,
            steps_left=self.autopilot.planned,
            healthy_steps=healthy_steps,
            rescalable=self.now.scale is None and self.real is not None,
        )

    def rate(self, player: Player) -> float:
        if player.name in self.now.rates:
            return self.now.rates[player.name]
        optimizer = self.optimizers.get(player.name)
        return float(optimizer.param_groups[0]["lr"]) if optimizer is not None else 0.0

    def standing(self) -> tuple[Finding, ...]:
        return tuple(self.match.doctor.standing.values())

    def numbers(self) -> dict[str, float]:
        track = self.match.track
        return {name: round(float(track[name].values[-1]), 6) for name in SHOWN if len(track[name])}

    def refusal(self, change: Change) -> str:
        try:
            self.read({**self.now.settings, **change.settings})
        except SettingError as error:
            return str(error)
        if change.leave_out:
            return "the loop's own labels can't be mended from outside"
        broken = not all(bool(torch.isfinite(p).all()) for p in self.everything() if p.is_floating_point())
        if broken and not (set(change.fresh) == {"G", "D"} or (change.back and self.autopilot.healthy is not None)):
            return "the weights are no numbers any more"
        return ""

    # ------------------------------------------------------------------------------------------- what it does

    def read(self, settings: Mapping[str, Any]) -> InForce:
        """What settings mean in a loop; SettingError for one that can't be had from outside."""
        found = InForce(dict(settings))
        optimizer = self.optimizers.get(self.D.name)
        for key, value in settings.items():
            section, _, name = key.partition(".")
            name = name.partition(".")[0]
            if key in IGNORED or value is False or (section == "tricks" and name in ("ema",)):
                continue
            if key == "optimizer":
                kind = type(optimizer).__name__.lower()
                if value["kind"] not in (kind, kind.removesuffix("w")):
                    raise SettingError(key, f"the loop's own is {kind}, and can't become {value['kind']} from outside")
                found.rates = {self.G.name: value["lr"], self.D.name: value["lr"]}
                found.beta1 = value.get("beta1")
            elif key == "optimizer.beta1":
                found.beta1 = value
            elif key == "objective":
                if value not in APART:
                    raise SettingError(key, f"{value} needs reals and fakes in one loss, which a loop's two calls do not give")
                found.objective = None if value == self.match.guess.name else OBJECTIVES[value]
            elif section == "penalties":
                if name not in KNOWN:
                    raise SettingError(key, "can't be computed from outside")
                found.penalties.append(typed(PENALTIES[name], value if isinstance(value, dict) else {}, key))
            elif key == "tricks.two_rates":
                found.rates = {self.G.name: value["g_rate"], self.D.name: value["d_rate"]}
            elif section == "tricks" and name in CAN:
                found.tricks[name] = typed(TRICKS[name], value if isinstance(value, dict) else {}, key)
            else:
                raise SettingError(key, "can't be changed from outside")
        return found

    def apply(self, change: Change, healthy: Snapshot | None) -> dict[str, Any]:
        before = {key: self.now.settings.get(key) for key in change.settings}
        if change.back and healthy is not None:
            self.restore(healthy)
        if change.rescale and self.real is not None:
            low, high = torch.aminmax(self.real.x)
            self.put(self.now.settings, (float(low), float(high)))
        self.put({**self.now.settings, **change.settings}, self.now.scale)
        for player in (self.G, self.D):
            if {self.G: "G", self.D: "D"}[player] in change.fresh:
                self.set_weights(player, self.first[player.name])
        self.look_anew()
        return before

    def put(self, settings: Mapping[str, Any], scale: tuple[float, float] | None) -> None:
        """Have these settings in force, and no others."""
        wanted = self.read(settings)
        wanted.scale = scale
        normalised = any(parametrize.is_parametrized(m, "weight") for m in self.D.network.modules())
        if "spectral_norm" in wanted.tricks and "spectral_norm" not in self.now.tricks and not normalised:
            normalise(self.D.network, "D")
        if "spectral_norm" in self.now.tricks and "spectral_norm" not in wanted.tricks:
            for module in self.D.network.modules():
                if parametrize.is_parametrized(module, "weight"):
                    parametrize.remove_parametrizations(module, "weight", leave_parametrized=False)
        self.now = wanted
        labels = any(name in wanted.tricks for name in LABELS)
        self.match.asked = wanted.objective is not None or labels or bool(wanted.penalties)
        self.match.settle()

    def look_anew(self) -> None:
        """Findings are looked for in what comes from here on."""
        self.match.restart()

    def everything(self) -> list[Tensor]:
        """All weights and buffers."""
        return [t for player in (self.G, self.D) for t in (*player.network.parameters(), *player.network.buffers())]

    def weights(self) -> dict[str, list[Tensor]]:
        return {
            player.name: [t.detach().clone() for t in (*player.network.parameters(), *player.network.buffers())]
            for player in (self.G, self.D)
        }

    @torch.no_grad()
    def set_weights(self, player: Player, kept: list[Tensor]) -> None:
        """A player's weights as they were, and an optimizer that has forgotten what it learned of others."""
        for target, value in zip((*player.network.parameters(), *player.network.buffers()), kept, strict=False):
            if target.shape == value.shape:
                target.copy_(value)
        optimizer = self.optimizers.get(player.name)
        if optimizer is not None:
            for parameter in player.network.parameters():
                optimizer.state.pop(parameter, None)

    def snapshot(self, step: int, lost: int) -> Snapshot | None:
        if not all(bool(torch.isfinite(t).all()) for t in self.everything() if t.is_floating_point()):
            return None
        states = {name: copy.deepcopy(optimizer.state_dict()) for name, optimizer in self.optimizers.items()}
        facts = {"settings": dict(self.now.settings), "scale": self.now.scale}
        return Snapshot(step, lost, {"weights": self.weights(), "optimizers": states}, facts)

    def restore(self, snapshot: Snapshot) -> None:
        self.put(snapshot.facts["settings"], snapshot.facts["scale"])
        for player in (self.G, self.D):
            self.set_weights(player, snapshot.tensors["weights"][player.name])
        for name, state in snapshot.tensors["optimizers"].items():
            rates = [group["lr"] for group in self.optimizers[name].param_groups]
            self.optimizers[name].load_state_dict(copy.deepcopy(state))
            for group, rate in zip(self.optimizers[name].param_groups, rates, strict=True):
                group["lr"] = rate  # which are the loop's own
        self.look_anew()

    def tell(self, action: dict[str, Any]) -> None:
        self.actions.append(action)
        self.say(action)

    def end(self, words: str) -> None:
        """A loop can't be stopped from outside: it is said, and nothing more is done."""
