"""ADA: the pipeline's single changes, and the controller in closed form."""

import math
from dataclasses import fields
from typing import Any

import pytest
import torch
from games import IMAGES, play, tiny_game
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.seeds import Moment
from equipoise.tricks.adaptive_augment import AdaptiveAugment, about_luma

SWITCHES = {f.name: False for f in fields(AdaptiveAugment) if f.type == "bool"}
BATCH = 8


def pictures(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


def seen(x: Tensor, p: float = 1.0, **switches: bool) -> Tensor:
    """What D sees at p with only those switches on."""
    trick = AdaptiveAugment(**{**SWITCHES, **switches})  # type: ignore[arg-type]
    trick.p = torch.tensor(p)
    at = Moment(0)
    at.begin(0)
    return trick.view(x, at, real=True)


def test_p_0_is_the_identity_to_the_bit() -> None:
    for shape in ((5, 1, 16, 12), (5, 3, 9, 9)):
        x = pictures(*shape)
        assert torch.equal(seen(x, 0.0, **dict.fromkeys(SWITCHES, True)), x)


def test_with_every_switch_off_nothing_happens() -> None:
    x = pictures(5, 3, 8, 8)
    assert seen(x) is x


def test_pictures_change_with_probability_p() -> None:
    x = pictures(4000, 1, 4, 4)
    changed = (seen(x, 0.3, colour=True) != x).flatten(1).any(1).float().mean()
    expected = 1 - (1 - 0.3) ** 2 * (1 - 0.3 / 2)  # brightness and contrast always show, a luma flip every second time
    assert float(changed) == pytest.approx(expected, abs=0.03)
    turned = (seen(x, 0.3, rotations=True) != x).flatten(1).any(1).float().mean()
    assert float(turned) == pytest.approx(0.3, abs=0.03), "both rotations together"


def variants(x: Tensor, found: Tensor, known: list[Tensor]) -> list[float]:
    """The share of pictures that are each of the known versions; all pictures have to be one."""
    close = torch.stack([(found - k).abs().flatten(1).amax(1) < 1e-4 for k in known])
    assert bool(close.any(0).all())
    return close.float().mean(1).tolist()


def test_flips_are_left_to_right_and_half_of_them() -> None:
    x = pictures(600, 2, 8, 6)
    assert variants(x, seen(x, flips=True), [x, x.flip(3)]) == pytest.approx([0.5, 0.5], abs=0.07)


def test_quarter_turns_are_exact() -> None:
    x = pictures(800, 2, 8, 8)
    known = [torch.rot90(x, k, (2, 3)) for k in range(4)]
    assert variants(x, seen(x, quarter_turns=True), known) == pytest.approx([0.25] * 4, abs=0.06)


def test_scaling_keeps_the_centre_of_a_symmetric_picture() -> None:
    y, x = torch.meshgrid(torch.linspace(-1, 1, 33), torch.linspace(-1, 1, 33), indexing="ij")
    bump = torch.exp(-4 * (x.square() + y.square())).expand(50, 1, 33, 33)
    found = seen(bump, scaling=True)
    assert torch.allclose(found, found.flip(2, 3), atol=1e-4) and torch.allclose(found[:, 0, 16, 16], torch.ones(50), atol=1e-4)
    width = found[:, 0, 16].sum(1) / bump[:, 0, 16].sum(1)
    assert width.min() < 0.9 and width.max() > 1.1


def test_rotations_keep_a_round_picture() -> None:
    y, x = torch.meshgrid(torch.linspace(-1, 1, 33), torch.linspace(-1, 1, 33), indexing="ij")
    r = (x.square() + y.square()).sqrt()
    found = seen((r < 0.7).float().expand(20, 1, 33, 33), rotations=True)
    inner, outer = r < 0.6, (r > 0.8) & (r < 0.95)
    assert (found[:, 0, inner] > 0.999).all() and (found[:, 0, outer] < 0.001).all()
    ramp = torch.arange(33.0).expand(20, 1, 17, 33)  # wider than high: angles are true in pixels
    gradient = seen(ramp, rotations=True)[:, 0, 6:11, 14:19]
    across, down = gradient.diff(dim=2).mean((1, 2)), gradient.diff(dim=1).mean((1, 2))
    assert torch.allclose(across.square() + down.square(), torch.ones(20), atol=1e-3), "a slope of 1, turned"
    assert across.min() < -0.5 and down.abs().max() > 0.5


def test_translations_move_a_wide_picture_by_its_own_sides() -> None:
    x = torch.zeros(400, 1, 16, 64)
    x[:, :, 8, 32] = 1
    found = seen(x, translations=True)
    rows, columns = torch.arange(16.0), torch.arange(64.0)
    mass = found.sum((1, 2, 3))
    down = (found.sum((1, 3)) * rows).sum(1) / mass - 8
    right = (found.sum((1, 2)) * columns).sum(1) / mass - 32
    # blit U(-1/8, 1/8) and geometry N(0, (1/8)^2) of each side: standard deviation sqrt(1/3 + 1) / 8
    assert float(down.std()) == pytest.approx(16 * math.sqrt(4 / 3) / 8, rel=0.15)
    assert float(right.std()) == pytest.approx(64 * math.sqrt(4 / 3) / 8, rel=0.15)


def test_colour_is_one_line_for_each_grey_picture() -> None:
    x = pictures(300, 1, 6, 6)
    found = seen(x, colour=True)
    slope = (found - found.mean((2, 3), keepdim=True)).flatten(1) / (x - x.mean((2, 3), keepdim=True)).flatten(1)
    assert torch.allclose(slope, slope.median(1, keepdim=True).values.expand_as(slope), rtol=1e-2, atol=1e-2)
    slope = slope.median(1).values
    assert float((slope < 0).float().mean()) == pytest.approx(0.5, abs=0.09), "luma flips"
    assert float(slope.abs().log2().std()) == pytest.approx(0.5, abs=0.06), "contrast 2 ** N(0, 0.5^2)"
    offset = found.mean((2, 3))[:, 0] / slope - x.mean((2, 3))[:, 0]
    assert float(offset.std()) == pytest.approx(0.2, abs=0.03), "brightness N(0, 0.2^2), before the contrast"


def test_hue_and_saturation_leave_grey_alone_and_do_not_touch_one_channel() -> None:
    grey = pictures(20, 1, 5, 5).expand(20, 3, 5, 5)
    assert torch.allclose(seen(grey, hue=True), grey, atol=1e-5)
    x = pictures(20, 1, 5, 5)
    assert seen(x, hue=True) is x
    colour = pictures(20, 3, 5, 5)
    found = seen(colour, hue=True)
    assert torch.allclose(found.mean(1), colour.mean(1), atol=1e-5), "luma stays"
    chroma = (found - found.mean(1, keepdim=True)).norm(dim=1) / (colour - colour.mean(1, keepdim=True)).norm(dim=1)
    assert torch.allclose(chroma, chroma[:, :1, :1].expand_as(chroma), rtol=1e-3), "one saturation for a picture"


def test_a_third_of_a_turn_of_hue_permutes_the_channels() -> None:
    turn = about_luma(torch.tensor([2 * math.pi / 3]), torch.full((3, 3), 1 / 3), torch.eye(3))[0]
    assert torch.allclose(turn, torch.eye(3).roll(1, 0), atol=1e-6)


def test_gradients_pass() -> None:
    x = pictures(4, 3, 8, 8).requires_grad_(True)
    seen(x, **dict.fromkeys(SWITCHES, True)).square().sum().backward()
    assert x.grad is not None and (x.grad != 0).float().mean() > 0.8


# ------------------------------------------------------------------------------------------------ the controller


class Says(nn.Module):
    """A D that says the same of everything."""

    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.tensor(logit))

    def forward(self, x: Tensor) -> Tensor:
        return self.logit + 0 * x.flatten(1).sum(1)


def still(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.0)


def controlled(logit: float, objective: str = "non_saturating", **knobs: Any) -> Game:
    trick = AdaptiveAugment(**{"ramp_images": 1000, **knobs})
    return tiny_game(trick, shape=IMAGES, objective=objective, discriminator=Says(logit), d_optimizer=still, g_optimizer=still)


def p(game: Game) -> float:
    return float(game.trick("adaptive_augment").state()["p"])


def test_p_rises_at_its_closed_form_speed_to_the_ceiling_and_no_further() -> None:
    game = controlled(1.0, ceiling=0.1)
    found = []
    for _ in range(20):
        play(game, 1, BATCH)
        found.append(p(game))
    rise = 4 * BATCH / 1000  # every 4 steps, by the share of the ramp that they have seen
    assert found == pytest.approx([min(0.1, rise * ((step + 1) // 4)) for step in range(20)], abs=1e-6)
    assert found[-1] == pytest.approx(0.1)


def test_p_falls_where_d_does_not_know_the_reals_and_stops_at_0() -> None:
    game = controlled(-1.0, start=0.05)
    play(game, 4, BATCH)
    assert p(game) == pytest.approx(0.05 - 0.032, abs=1e-6)
    play(game, 8, BATCH)
    assert p(game) == 0


def test_the_sign_is_read_where_the_objective_draws_the_line() -> None:
    """Least squares: a logit of 0.4 says fake, though it is positive."""
    rising, falling = controlled(0.6, "least_squares", start=0.5), controlled(0.4, "least_squares", start=0.5)
    play(rising, 4, BATCH), play(falling, 4, BATCH)
    assert p(rising) > 0.5 > p(falling)


def test_the_ceiling_can_be_lowered_while_training() -> None:
    game = controlled(1.0, start=0.5)
    game.turn("adaptive_augment", ceiling=0.2, start=0.0)
    play(game, 4, BATCH)
    assert p(game) == pytest.approx(0.2)


def test_without_a_target_p_stays() -> None:
    game = controlled(1.0, target=None, start=0.3)
    play(game, 8, BATCH)
    assert p(game) == pytest.approx(0.3)


def test_the_controller_survives_a_checkpoint_between_two_decisions() -> None:
    def fresh() -> Game:
        return tiny_game(AdaptiveAugment(ramp_images=100, target=0.0), shape=IMAGES)

    unbroken, first, second = fresh(), fresh(), fresh()
    play(unbroken, 9), play(first, 6)
    tensors, facts = first.state()
    assert float(tensors["tricks/adaptive_augment/images"]) == 2 * BATCH
    second.load({k: v.clone() for k, v in tensors.items()}, facts)
    play(second, 3)
    expected, found = unbroken.state()[0], second.state()[0]
    assert all(torch.equal(expected[k], found[k]) for k in expected)
    assert p(unbroken) > 0


@pytest.mark.parametrize("objective", ["wasserstein", "relativistic_average", "relativistic_paired"])
def test_objectives_that_do_not_fix_the_sign_are_refused(objective: str) -> None:
    with pytest.raises(SettingError, match=r"adaptive_augment\.target: .* does not fix the sign"):
        controlled(1.0, objective)
    play(controlled(1.0, objective, target=None, start=0.5), 1)


@pytest.mark.parametrize("knobs", [{"ceiling": 1.1}, {"start": 0.9}, {"target": 1.0}, {"every": 0}, {"ramp_images": 0}])
def test_knobs_out_of_range(knobs: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"{next(iter(knobs))}: must be"):
        AdaptiveAugment(**knobs).check()


def test_points_have_no_pixels() -> None:
    with pytest.raises(SettingError, match="adaptive_augment: changes images"):
        tiny_game(AdaptiveAugment())
