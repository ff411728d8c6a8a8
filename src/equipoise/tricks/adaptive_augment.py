"""ADA: D sees real and fake pictures through random changes, as often as it overfits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Objective, Targets, Terms, Trick
from equipoise.seeds import Moment
from equipoise.tricks.diff_augment import needs_images

if TYPE_CHECKING:
    from equipoise.game import Game

TURN = 2 * math.pi
RGB = 3


@dataclass
class AdaptiveAugment(Trick):
    """Each change is made to each picture with probability p, independently; p follows how sure D is of the reals.

    p starts at `start`. Every `every` steps the mean sign of D's logits on reals since the last time, r, is compared to
    `target`: p rises where r is above it and falls where it is below, at a speed that takes it from 0 to 1 in `ramp_images`
    reals; it stays within [0, ceiling]. With `target` null p stays where it is. Everything happens on the device.

    The published pipeline's blits, geometry and colour, each a switch for data on which it is wrong:
    `flips` (left to right), `quarter_turns`, `translations` (whole pixels up to 1/8 of the size, then by N(0, (1/8)^2) of it),
    `scaling` (isotropic, and anisotropic), `rotations` (any angle), `colour` (brightness, contrast, luma flip) and, for
    pictures of 3 channels, `hue` (hue and saturation). Pictures are in [-1, 1] and are mirrored at their edges.
    """

    start: float = 0.0
    target: float | None = 0.6
    ceiling: float = 0.8
    every: int = 4
    ramp_images: int = 500_000
    flips: bool = True
    quarter_turns: bool = True
    translations: bool = True
    scaling: bool = True
    rotations: bool = True
    colour: bool = True
    hue: bool = True
    p: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)
    signs: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)  # sum since p last moved
    logits: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)  # their number
    images: Tensor = field(default_factory=lambda: torch.zeros(()), init=False, repr=False)  # reals since p last moved

    card: ClassVar[Card] = Card(
        name="adaptive_augment",
        title="ADA: augmentation of all that D sees, as strong as D overfits",
        equation="p <- clamp(p + sign(r - target) * images / ramp_images, 0, ceiling), r = E[sign D(x)]",
        source="Karras et al. 2020 (Training GANs with limited data), sections 2.2 and 3, appendix B",
        helps="Little data, with no need to tune the strength",
        hurts="r is also high where D simply wins: then p runs to the ceiling and cures nothing. Above 0.8 the changes "
        "leak into the samples. Switch off what is not natural: flips and turns for digits and spectrograms",
        cost="about 20 % of a step (28 x 28 DCGAN, CPU), less with larger nets",
    )

    def check(self) -> None:
        if not 0 <= self.ceiling <= 1:
            raise SettingError("ceiling", f"must be between 0 and 1, not {self.ceiling}")
        if not 0 <= self.start <= self.ceiling:
            raise SettingError("start", f"must be between 0 and the ceiling of {self.ceiling}, not {self.start}")
        if self.target is not None and not -1 < self.target < 1:
            raise SettingError("target", f"must be above -1 and below 1 (or null for a fixed p), not {self.target}")
        for name in ("every", "ramp_images"):
            if getattr(self, name) < 1:
                raise SettingError(name, f"must be 1 or more, not {getattr(self, name)}")

    def fits(self, objective: Objective, shape: tuple[int, ...]) -> None:
        needs_images(shape)
        if self.target is not None and ignores_shifts(objective):
            raise SettingError(
                "target",
                f"{objective.card.name} does not fix the sign of D's logits; use target=null with a start, or diff_augment",
            )

    def ready(self, game: Game) -> None:
        device = game.at.device
        self.p = torch.tensor(self.start, device=device)
        self.signs, self.logits, self.images = torch.zeros(3, device=device).unbind()

    # ------------------------------------------------------------------------------------------- the controller

    def after(self, game: Game, terms: Terms) -> None:
        if self.target is None:
            return
        boundary = game.objective.equilibrium().logit or 0.0  # between real and fake: 0.5 for least squares
        self.signs = self.signs + (terms.d_real - boundary).sign().sum()
        self.logits = self.logits + terms.d_real.numel()
        self.images = self.images + len(terms.real)
        if game.steps % self.every == 0:
            direction = (self.signs / self.logits - self.target).sign()
            self.p = (self.p + direction * self.images / self.ramp_images).clamp(0, self.ceiling)
            self.signs, self.logits, self.images = (torch.zeros_like(self.signs) for _ in range(3))

    def state(self) -> dict[str, Tensor]:
        return {"p": self.p, "signs": self.signs, "logits": self.logits, "images": self.images}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.p, self.signs, self.logits, self.images = (state[k] for k in ("p", "signs", "logits", "images"))

    # --------------------------------------------------------------------------------------------- the pipeline

    def view(self, x: Tensor, at: Moment, *, real: bool) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):  # half precision can't count pixels
            if self.flips or self.quarter_turns or self.translations or self.scaling or self.rotations:
                x = self.displaced(x, Chance(self.p, at, "adaptive_augment/geometry", len(x)))
            if self.colour or (self.hue and x.shape[1] == RGB):
                x = self.recoloured(x, Chance(self.p, at, "adaptive_augment/colour", len(x)))
        return x

    def displaced(self, x: Tensor, chance: Chance) -> Tensor:
        """Blits and geometry: one map from the new picture's pixels to the old one's, sampled once."""
        _, _, h, w = x.shape
        source = torch.eye(3, device=x.device).expand(len(x), 3, 3)  # of homogeneous pixel coordinates (x, y) from the centre
        if self.flips:
            source = source @ scales(chance.pick(1 - 2 * chance.whole(2), 1.0), 1.0)
        if self.quarter_turns:
            source = source @ rotation(chance.pick(chance.whole(4) * TURN / 4, 0.0))
        if self.translations:
            shifts = torch.stack([(chance.uniform(-0.125, 0.125) * side).round() for side in (w, h)], 1)
            source = source @ translation(chance.pick(shifts, 0.0))
        if self.scaling:
            factor = chance.pick(chance.lognormal(0.2), 1.0)
            source = source @ scales(factor, factor)
        before, after = chance.rotations(2) if self.rotations else (None, None)
        if before is not None:
            source = source @ rotation(before)
        if self.scaling:
            factor = chance.pick(chance.lognormal(0.2), 1.0)
            source = source @ scales(factor, 1 / factor)
        if after is not None:
            source = source @ rotation(after)
        if self.translations:
            shifts = torch.stack([chance.normal(0.125) * side for side in (w, h)], 1)
            source = source @ translation(chance.pick(shifts, 0.0))
        (xx, xy, dx), (yx, yy, dy) = (row.unbind(1) for row in source[:, :2].unbind(1))
        # grid_sample counts from -1 to 1 across the picture, whatever its sides
        theta = torch.stack([xx, xy * h / w, dx * 2 / w, yx * w / h, yy, dy * 2 / h], 1).view(-1, 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        sampled = F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return torch.where(chance.any.view(-1, 1, 1, 1), sampled, x)  # what nothing happened to stays as it was to the bit

    def recoloured(self, x: Tensor, chance: Chance) -> Tensor:
        """Brightness, contrast, luma flip, hue and saturation: one affine map of each picture's channels."""
        b, c, h, w = x.shape
        luma = torch.full((c, 1), c**-0.5, device=x.device)
        grey = luma @ luma.T  # the projection on the luma axis
        one = torch.eye(c, device=x.device)
        matrix, offset = one.expand(b, c, c), torch.zeros(b, 1, device=x.device)
        if self.colour:
            offset = chance.pick(chance.normal(0.2), 0.0)[:, None]
            contrast = chance.pick(chance.lognormal(0.5), 1.0)[:, None]
            flip = chance.pick(chance.whole(2), 0.0)[:, None]
            matrix, offset = matrix * contrast[:, None], offset * contrast * (1 - 2 * flip)
            matrix = (one - 2 * grey * flip[:, None]) @ matrix
        if self.hue and c == RGB:
            angle = chance.pick(chance.uniform(-math.pi, math.pi), 0.0)
            saturation = chance.pick(chance.lognormal(1.0), 1.0)
            matrix = (grey + (one - grey) * saturation[:, None, None]) @ about_luma(angle, grey, one) @ matrix
        changed = torch.baddbmm(offset[:, :, None], matrix, x.flatten(2)).view(b, c, h, w)
        return torch.where(chance.any.view(-1, 1, 1, 1), changed, x)


class Chance:
    """What happens to each of `n` pictures: random numbers, [n] each, and whether they are used, with probability p.

    `any` tells to which pictures anything has happened so far.
    """

    def __init__(self, p: Tensor, at: Moment, purpose: str, n: int) -> None:
        self.p = p
        self.any = torch.zeros(n, dtype=torch.bool, device=p.device)
        self.uniforms = iter(at.uniform(purpose, 24, n).unbind())  # more than any pipeline takes, in one draw
        self.normals = iter(at.normal(purpose, 8, n).unbind())

    def pick(self, value: Tensor, otherwise: float, p: Tensor | None = None) -> Tensor:
        """`value`, [n] or [n, k], where the dice say so."""
        chosen = next(self.uniforms) < (self.p if p is None else p)
        self.any = self.any | chosen
        return torch.where(chosen.view(-1, *[1] * (value.dim() - 1)), value, otherwise)

    def rotations(self, n: int) -> list[Tensor]:
        """Angles; each rotation so rare that with probability p at least one of the n happens."""
        p = 1 - (1 - self.p) ** (1 / n)
        return [self.pick(self.uniform(-math.pi, math.pi), 0.0, p) for _ in range(n)]

    def uniform(self, low: float, high: float) -> Tensor:
        return low + (high - low) * next(self.uniforms)

    def whole(self, n: int) -> Tensor:
        """0, 1, ... n - 1, as floats."""
        return (next(self.uniforms) * n).floor()

    def normal(self, std: float) -> Tensor:
        return std * next(self.normals)

    def lognormal(self, octaves: float) -> Tensor:
        """2 to the power of N(0, octaves^2)."""
        return torch.exp2(self.normal(octaves))


def translation(by: Tensor) -> Tensor:
    """[n, 3, 3] from [n, 2]."""
    matrix = torch.eye(3, device=by.device).repeat(len(by), 1, 1)
    matrix[:, :2, 2] = by
    return matrix


def scales(x: Tensor, y: Tensor | float) -> Tensor:
    """[n, 3, 3] that multiply the two coordinates."""
    one = torch.ones_like(x)
    return torch.diag_embed(torch.stack([x, one * y, one], 1))


def rotation(angle: Tensor) -> Tensor:
    """[n, 3, 3] from angles, [n]."""
    c, s, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([c, -s, zero, s, c, zero, zero, zero, one], 1).view(-1, 3, 3)


def about_luma(angle: Tensor, grey: Tensor, one: Tensor) -> Tensor:
    """[n, 3, 3] rotations of colours about the grey axis (Rodrigues' formula)."""
    cross = (one.roll(1, 0) - one.roll(-1, 0)) * 3**-0.5  # of the axis (1, 1, 1) / sqrt(3)
    c, s = angle.cos().view(-1, 1, 1), angle.sin().view(-1, 1, 1)
    return c * one + s * cross + (1 - c) * grey


def ignores_shifts(objective: Objective) -> bool:
    """Whether D's loss is the same when a constant is added to all its logits: then their sign means nothing."""
    low, high = torch.zeros(1), torch.full((1,), 2.0)
    targets = Targets(torch.ones(1), torch.zeros(1))
    return torch.equal(objective.d_loss(low, low, targets), objective.d_loss(high, high, targets))
