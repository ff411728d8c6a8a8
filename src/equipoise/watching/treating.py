"""Treatment of somebody else's loop, through hooks alone: the hands of the autopilot on a watched game.

The loop is left as it is. What changes is what its optimizers do in a step (rates, momentum, penalties' gradients, clipping,
steps of D that are left out: set before the step, and set back after it, so that the loop finds its own), what D is shown
(noise, augmentation, scale), what D's and G's losses say at D's output (the objective, D's targets), and the weights
themselves.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, parametrize
from torch.optim import Optimizer

from equipoise.diagnosis.finding import Finding
from equipoise.errors import SettingError
from equipoise.remedies.autopilot import Autopilot, Snapshot
from equipoise.remedies.remedy import Change, Patient
from equipoise.seeds import Moment
from equipoise.tricks.clip_gradients import ClipGradients
from equipoise.tricks.ema import EMA
from equipoise.tricks.spectral_norm import normalise
from equipoise.watching import past
from equipoise.watching.call import Call
from equipoise.watching.in_force import InForce, Loop, read
from equipoise.watching.match import Match
from equipoise.watching.objective import Guess
from equipoise.watching.penalised import Given, Sight, add, undisturbed
from equipoise.watching.players import Eye, Player
from equipoise.watching.retold import Retold

SEED = 0  # of what the treatment draws: the loop's own random numbers are not touched
SHOWN = ("d_loss", "g_loss", "d_real", "d_fake_before", "accuracy_real", "accuracy_fake", "coverage")
NOT_STOPPED = " (The loop goes on: it can't be stopped from outside.)"


class Treatment:
    """Hands on a loop of one G and one D. `planned`: steps that a trial's length is a share of."""

    def __init__(self, G: Player, D: Player, match: Match, say: Callable[[dict[str, Any]], None], planned: int) -> None:
        self.players, self.match, self.say = {"G": G, "D": D}, match, say
        self.autopilot = Autopilot(self, planned, bounded=False)
        self.now = InForce()
        self.at = Moment(SEED)
        self.own = Guess()  # the loop's own game, while ours is played
        self.retold: Retold | None = None
        self.real: Given | None = None
        self.fake: Given | None = None
        self.kinds: dict[int, bool | None] = {}  # which kind D's n-th call in a step is: fakes, reals or (None) both
        self.squashes = False  # D says probabilities
        self.busy = False  # D is called, or an optimizer stepped, by us
        self.d_steps = 0
        self.optimizers: dict[str, Optimizer] = {}  # the loop's, by role
        self.ours: dict[str, Optimizer] = {}  # in place of the loop's, by role
        self.bases: dict[str, float] = {}  # the loop's own rates when ours were put in force
        self.kept: dict[Optimizer, list[dict[str, Any]]] = {}  # the loop's settings, while a step runs with ours
        self.stashed: list[tuple[nn.Parameter, Tensor | None]] = []  # gradients that the loop's step must not see
        self.actions: list[dict[str, Any]] = []
        self.first = {role: past.copied(player.network) for role, player in self.players.items()}
        self.place: int | str | None = None  # of the sample among D's arguments
        self.entered: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self.lenses: list[Any] = []

    @property
    def D(self) -> Player:
        return self.players["D"]

    @property
    def average(self) -> nn.Module | None:
        """The average of G's weights, where one is kept."""
        ema = self.now.pieces.get("ema")
        return ema.generator if isinstance(ema, EMA) else None

    def close(self) -> None:
        """Let go of the loop; spectral norm stays, as part of the weights that were trained with it."""
        while self.lenses:
            self.lenses.pop().remove()
        self.now = InForce()
        self.match.asked = False

    # ------------------------------------------------------------------------------------------- what D is shown

    def look_through(self) -> None:
        """A hook at D while there is anything to show it in place of the sample."""
        wanted = bool(self.now.views or self.now.scale)
        if wanted and not self.lenses:
            self.lenses.append(self.D.module.register_forward_pre_hook(Lens(self.D.module, self.enters), with_kwargs=True))
        while self.lenses and not wanted:
            self.lenses.pop().remove()

    def enters(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """D's arguments, with the sample as it is to be shown. What was given is remembered for the watch."""
        places: dict[int | str, Any] = dict([*enumerate(args), *kwargs.items()])
        floating = [k for k, t in places.items() if isinstance(t, Tensor) and t.is_floating_point() and t.dim() > 1]
        place = self.place if self.place in floating else next(iter(floating), None)
        if place is None:
            return None
        x = self.shown(places[place])
        self.entered = args, kwargs
        if isinstance(place, str):
            return args, {**kwargs, place: x}
        return (*args[:place], x, *args[place + 1 :]), kwargs

    def shown(self, x: Tensor) -> Tensor:
        if self.now.scale is not None:
            low, high = self.now.scale
            x = (x - low) * (2 / (high - low)) - 1
        self.at.step, self.at.device = self.match.g_steps, x.device
        for trick in self.now.views:
            x = trick.view(x, self.at, real=True)
        return x

    def given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What the loop gave D in the call that is over, where D was shown something else."""
        entered, self.entered = self.entered, None
        return (args, kwargs) if entered is None else entered

    # ------------------------------------------------------------------------------------------- what D has judged

    def heard(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor, said: Tensor) -> Any:
        """Remember what D was given; a hook for what it said, where something else is to come back there."""
        self.squashes = call.squashed
        rows = True if call.reaches is not None else self.fakes_in(call)
        places: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
        self.place = next((place for place, value in places if value is x), None)
        if call.reaches is None and self.place is not None:
            given = Given(args, kwargs, x, rows if isinstance(rows, Tensor) else None)
            if rows is not False:
                self.fake = given
            if rows is not True:
                self.real = given
        if self.retold is None:
            return None
        self.at.step, self.at.device = self.match.g_steps, said.device
        return self.retold.hook(said, call.squashed, rows, call.reaches is not None)

    def fakes_in(self, call: Call) -> Tensor | bool:
        """Which rows of a call of D's step are fakes; what that call in a step was before is not asked of the device again."""
        if call.fake is not None:
            return True
        place = self.match.d_umpire.place or "all"
        mask = call.masks.get(place, next(iter(call.masks.values()), None))
        if mask is None:
            return False
        if call.number not in self.kinds or self.match.weighing:
            share = float(mask.float().mean())
            self.kinds[call.number] = None if 0 < share < 1 else share == 1
        kind = self.kinds[call.number]
        return mask if kind is None else kind

    # ------------------------------------------------------------------------------------------- while a step runs

    def pushing(self, optimizer: Optimizer, players: list[Player]) -> None:
        """Before an optimizer steps: the gradients."""
        for role in self.roles(players):
            self.optimizers[role] = optimizer
        scale = getattr(optimizer, "grad_scale", None)
        if self.D in players and self.now.penalties and self.real is not None:
            self.busy = True
            try:
                self.at.step, self.at.device = self.match.g_steps, self.real.x.device
                sight = Sight(self.D.network, self.real, self.fake, self.at, self.squashes)
                add(self.now.penalties, sight, self.d_steps, (1.0 if scale is None else scale) * self.share)
            finally:
                self.busy = False
        clip = self.now.pieces.get("clip_gradients")
        if isinstance(clip, ClipGradients):
            for role in self.roles(players):
                if clip.player in (role, "both"):
                    clip_grad_norm_(self.players[role].parameters, clip.norm * (1.0 if scale is None else float(scale)))

    @property
    def share(self) -> float:
        """Of a loss that is the mean over reals and fakes a penalty, which stands beside their sum, gets its half too."""
        return 0.5 if self.game.convention == "mean" else 1.0

    def stepping(self, optimizer: Optimizer, players: list[Player]) -> None:
        """... and how far it is to go."""
        roles = self.roles(players)
        if not roles:
            return
        left_out = roles == ["D"] and self.d_steps % self.now.g_steps != 0
        self.d_steps += "D" in roles
        if self.now.rates or self.now.beta1 is not None:
            self.kept[optimizer] = [{k: group[k] for k in ("lr", "betas") if k in group} for group in optimizer.param_groups]
            for group in optimizer.param_groups:
                group["lr"] = group["lr"] * self.factor(self.role_of(group))
                if self.now.beta1 is not None and "betas" in group:
                    group["betas"] = (self.now.beta1, group["betas"][1])
        if left_out or self.now.optimizer is not None:
            if not left_out:
                self.step_in_place_of(optimizer, roles[0])
            self.stashed = [(p, p.grad) for group in optimizer.param_groups for p in group["params"]]
            for parameter, _ in self.stashed:
                parameter.grad = None  # a step without gradients moves nothing

    def step_in_place_of(self, optimizer: Optimizer, role: str) -> None:
        """The loop's optimizer finds nothing to do: one of ours has done it."""
        assert self.now.optimizer is not None
        if role not in self.ours:
            self.ours[role] = self.now.optimizer.build(p for p in self.players[role].network.parameters() if p.requires_grad)
        own = self.ours[role]
        for group in own.param_groups:
            group["lr"] = float(optimizer.param_groups[0]["lr"])
        self.busy = True
        try:
            own.step()
        finally:
            self.busy = False

    def stepped(self, optimizer: Optimizer, players: list[Player]) -> None:
        """After it: the loop finds its own."""
        for parameter, grad in self.stashed:
            parameter.grad = grad
        self.stashed = []
        for group, own in zip(optimizer.param_groups, self.kept.pop(optimizer, []), strict=False):
            group.update(own)
        ema = self.now.pieces.get("ema")
        if isinstance(ema, EMA) and self.players["G"] in players:
            with torch.no_grad():
                ema.moved(cast(Any, SimpleNamespace(name="G", module=self.players["G"].network)), cast(Any, None))

    def factor(self, role: str) -> float:
        """What the loop's rate is multiplied by: its schedule goes on, from ours."""
        if role not in self.now.rates:
            return 1.0
        base = self.bases.get(role, 0.0)
        return self.now.rates[role] / base if base else 1.0

    def roles(self, players: list[Player]) -> list[str]:
        return [role for role, player in self.players.items() if player in players]

    def role_of(self, group: Mapping[str, Any]) -> str:
        of_d = {id(p) for p in self.D.network.parameters()}
        return "D" if any(id(p) in of_d for p in group["params"]) else "G"

    # ------------------------------------------------------------------------------------------- what it sees

    def visit(self) -> None:
        self.autopilot.visit(self.match.g_steps)

    @property
    def game(self) -> Guess:
        """The loop's own."""
        return self.own if self.now.retells else self.match.guess

    @property
    def loop(self) -> Loop:
        optimizer = self.optimizers.get("D")
        compiled = getattr(self.D.module, "_compiled_call_impl", None) is not None
        umpire = self.match.d_umpire
        return Loop(
            objective=self.game.name,
            optimizer=type(optimizer).__name__.lower() if optimizer is not None else "",
            told=not (self.match.by_labels or umpire.supposes or self.match.leaky),
            together=None in self.kinds.values(),
            plain=self.D.module is self.D.network and not compiled,
            open=not compiled,
            alone=len({id(o) for o in self.optimizers.values()}) == 2,
        )

    def patient(self, healthy_steps: int) -> Patient:
        like, optimizer = self.real.x if self.real is not None else None, self.optimizers.get("D")
        group = optimizer.param_groups[0] if optimizer is not None else {}
        beta1 = self.now.beta1 if self.now.beta1 is not None else group.get("betas", (0.0,))[0]
        penalties = {piece.card.name for piece in self.now.penalties}
        kind = "adam" if self.now.optimizer is not None else self.loop.optimizer.removesuffix("w")
        return Patient(
            objective=self.now.objective.card.name if self.now.objective is not None else self.game.name,
            optimizer={"kind": kind, "lr": self.rate("D"), "beta1": beta1},
            penalties={name: self.now.pieces[name].knobs() for name in penalties},
            tricks={name: piece.knobs() for name, piece in self.now.pieces.items() if name not in penalties},
            network={},
            g_rate=self.rate("G"),
            d_rate=self.rate("D"),
            image=like is not None and like.dim() == 4,
            batch=len(like) if like is not None else 0,
            foreign=True,
            steps=self.match.g_steps,
            steps_left=self.autopilot.planned,
            healthy_steps=healthy_steps,
            rescalable=self.now.scale is None and self.real is not None and self.loop.open,
        )

    def rate(self, role: str) -> float:
        """The learning rate as it is."""
        return self.loops_rate(role) * self.factor(role)

    def loops_rate(self, role: str) -> float:
        optimizer = self.optimizers.get(role)
        groups = [] if optimizer is None else [g for g in optimizer.param_groups if self.role_of(g) == role]
        return float(groups[0]["lr"]) if groups else 0.0

    def standing(self) -> tuple[Finding, ...]:
        return tuple(self.match.doctor.standing.values())

    def numbers(self) -> dict[str, float]:
        track = self.match.track
        return {name: round(float(track[name].values[-1]), 6) for name in SHOWN if len(track[name])}

    def refusal(self, change: Change) -> str:
        try:
            read({**self.now.settings, **change.settings}, self.loop, self.now)
        except SettingError as error:
            return str(error)
        if change.leave_out:
            return "the loop's own labels can't be mended from outside"
        back = change.back and self.autopilot.healthy is not None
        if not (back or set(change.fresh) == {"G", "D"} or past.finite(*self.networks)):
            return "the weights are no numbers any more"
        return ""

    # ------------------------------------------------------------------------------------------- what it does

    @property
    def networks(self) -> list[nn.Module]:
        return [player.network for player in self.players.values()]

    def apply(self, change: Change, healthy: Snapshot | None) -> dict[str, Any]:
        before = {key: self.now.settings.get(key) for key in change.settings}
        if change.back and healthy is not None:
            self.restore(healthy)
        scale = self.now.scale
        if change.rescale and self.real is not None:
            low, high = torch.aminmax(self.real.x.detach())
            scale = float(low), float(high)
        self.put({**self.now.settings, **change.settings}, scale)
        for role in change.fresh:
            self.set_weights(role, self.first[role])
        self.look_anew()
        return before

    def put(self, settings: Mapping[str, Any], scale: tuple[float, float] | None) -> None:
        """Have these settings in force, and no others."""
        wanted, before = read(settings, self.loop, self.now), self.now
        wanted.scale = scale
        for role, rate in wanted.rates.items():
            if before.rates.get(role) != rate:
                self.bases[role] = self.loops_rate(role)
        self.own = self.game
        self.normalise(wanted)
        if wanted.optimizer != before.optimizer:
            self.ours = {}
        if wanted.retells and (wanted.objective is not before.objective or wanted.labels != before.labels):
            self.retold = Retold(self.own, wanted.objective, wanted.labels, self.at)
        self.retold = self.retold if wanted.retells else None
        self.now = wanted
        self.match.played = wanted.objective.card.name if wanted.objective is not None else None
        self.match.asked = wanted.retells or bool(wanted.penalties)
        self.match.settle()
        self.look_through()
        if wanted.pieces.get("ema") is not before.pieces.get("ema"):
            self.average_anew()

    def normalise(self, wanted: InForce) -> None:
        """Spectral norm comes and goes; the loop's optimizer holds the same parameters all the while."""
        had, has = "spectral_norm" in self.now.pieces, "spectral_norm" in wanted.pieces
        if has and not had and not past.normalised(self.D.network):
            with undisturbed(next(self.D.network.parameters()).device):
                torch.manual_seed(SEED)
                normalise(self.D.network, "D")
        if had and not has:
            for module in past.normalised(self.D.network):
                parametrize.remove_parametrizations(module, "weight", leave_parametrized=False)

    def average_anew(self) -> None:
        ema = self.now.pieces.get("ema")
        if isinstance(ema, EMA):
            ema.moves = 0
            ema.ready(cast(Any, SimpleNamespace(G=SimpleNamespace(module=self.players["G"].network))))

    def look_anew(self) -> None:
        """Findings are looked for in what comes from here on."""
        self.match.restart()

    def set_weights(self, role: str, kept: Mapping[str, Tensor]) -> None:
        """A player's weights as they were, and optimizers that have forgotten what they learned of others."""
        network = self.players[role].network
        past.put_back(network, kept)
        for optimizer in (found[role] for found in (self.optimizers, self.ours) if role in found):
            for parameter in network.parameters():
                optimizer.state.pop(parameter, None)
        if role == "G":
            self.average_anew()

    def snapshot(self, step: int, lost: int) -> Snapshot | None:
        if not past.finite(*self.networks):
            return None
        states = {
            kind: {role: copy.deepcopy(optimizer.state_dict()) for role, optimizer in found.items()}
            for kind, found in (("optimizers", self.optimizers), ("ours", self.ours))
        }
        weights = {role: past.copied(player.network) for role, player in self.players.items()}
        facts = {"settings": dict(self.now.settings), "scale": self.now.scale, "bases": dict(self.bases)}
        return Snapshot(step, lost, {"weights": weights, **states}, facts)

    def restore(self, snapshot: Snapshot) -> None:
        self.put(snapshot.facts["settings"], snapshot.facts["scale"])
        self.bases = dict(snapshot.facts["bases"])
        for role, kept in snapshot.tensors["weights"].items():
            self.set_weights(role, kept)
        for kind, found in (("optimizers", self.optimizers), ("ours", self.ours)):
            for role, state in snapshot.tensors[kind].items():
                if role in found:
                    load(found[role], state)
        self.look_anew()

    def tell(self, action: dict[str, Any]) -> None:
        if action["action"] == "stop":
            action = {**action, "words": action["words"] + NOT_STOPPED}
        self.actions.append(action)
        self.say(action)

    def end(self, words: str) -> None:
        """A loop can't be stopped from outside: it is said, and nothing more is done."""


def load(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """An optimizer's moments as they were, with its settings as they are."""
    settings = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(copy.deepcopy(state))
    for group, own in zip(optimizer.param_groups, settings, strict=True):
        group.update(own)


class Lens(Eye):
    """A forward pre-hook that may change what a module is given. In a copy of its module there is a blind one in its place."""

    def __init__(self, module: nn.Module, see: Any) -> None:
        super().__init__(module, see)

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any = None) -> Any:
        return self.see(args, kwargs)  # type: ignore[call-arg]
