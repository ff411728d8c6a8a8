"""Consensus: the term and its gradients against the definition, on a game small enough to write out."""

import pytest
import torch
from games import IMAGES, draws, play, same, sgd, tiny_game
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.optimizers.consensus import Consensus


class Line(nn.Module):
    """x -> a x + b, as a G of one latent and as a D."""

    def __init__(self, a: float, b: float) -> None:
        super().__init__()
        self.a, self.b = nn.Parameter(torch.tensor(a)), nn.Parameter(torch.tensor(b))

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x + self.b


def lines(*tricks: Consensus, order: str = "simultaneous", objective: str = "non_saturating") -> Game:
    return tiny_game(
        *tricks,
        objective=objective,
        shape=(1,),
        latent=1,
        generator=Line(0.5, 0.2),
        discriminator=Line(1.5, -0.3),
        g_optimizer=sgd(0.1),
        d_optimizer=sgd(0.1),
        order=order,
    )


def joint(game: Game, real: Tensor, z: Tensor, w: Tensor) -> Tensor:
    """1/2 ||v||^2 at w = (G's a, b; D's a, b), from the definition."""

    def losses(w: Tensor) -> tuple[Tensor, Tensor]:
        fake = w[0] * z + w[1]
        d_real, d_fake = w[2] * real + w[3], w[2] * fake + w[3]
        d_loss = nn.functional.softplus(-d_real).mean() + nn.functional.softplus(d_fake).mean()
        return nn.functional.softplus(-d_fake).mean(), d_loss

    g_loss, d_loss = losses(w)
    (g,) = torch.autograd.grad(g_loss, w, create_graph=True)
    (d,) = torch.autograd.grad(d_loss, w, create_graph=True)
    return torch.cat([g[:2], d[2:]]).square().sum() / 2


@pytest.mark.parametrize("order", ["simultaneous", "alternating"])
def test_the_terms_and_both_players_moves_are_those_of_the_definition(order: str) -> None:
    game, plain = lines(Consensus(weight=3.0), order=order), lines(order=order)
    real = draws(game)(0)
    start = torch.tensor([0.5, 0.2, 1.5, -0.3])
    terms = game.step(lambda _: real)
    plain.step(lambda _: real)
    for player, own, seen in ((game.D, slice(2, 4), game.seen_by_d), (game.G, slice(0, 2), game.seen_by_g)):
        w = start.clone()
        if order == "alternating" and player is game.G:
            w[2:] = torch.stack([p.detach() for p in game.D.module.parameters()])  # D has moved already
        w.requires_grad_(True)
        value = 3 * joint(game, real, seen.z, w)
        (gradient,) = torch.autograd.grad(value, w)
        assert float(terms.extra[f"{player.name.lower()}/consensus"]) == pytest.approx(value.item(), rel=1e-5)
        if order == "simultaneous":  # the other game has met the same opponent
            twin = plain.D if player is game.D else plain.G
            found = [a.grad - b.grad for a, b in zip(player.module.parameters(), twin.module.parameters(), strict=True)]
            assert torch.allclose(torch.stack(found), gradient[own], atol=1e-6)


def test_the_opponent_gets_no_gradient_from_it_and_d_is_thawed() -> None:
    game = lines(Consensus())
    real = draws(game)(0)
    loss = game.begin() and game.d_loss(real)
    game.descend(game.D, loss, "step")
    assert all(p.grad is None for p in game.G.module.parameters()), "G's own weights are out of D's term"
    game.step(lambda _: real)
    assert all(p.requires_grad for p in game.D.module.parameters())


def test_statistics_see_only_what_the_plain_game_shows_them() -> None:
    """Batch normalisation's running means take the step's own passes, not those that the term makes."""
    with_term, without = tiny_game(Consensus(weight=1e-30), shape=IMAGES), tiny_game(shape=IMAGES)
    play(with_term, 1), play(without, 1)
    for found, plain in zip(with_term.D.module.buffers(), without.D.module.buffers(), strict=True):
        assert torch.equal(found, plain)


def test_resume_and_weight_0() -> None:
    unbroken, first, second = lines(Consensus()), lines(Consensus()), lines(Consensus())
    play(unbroken, 4), play(first, 2)
    second.load(*first.state())
    play(second, 2)
    assert same(unbroken.state()[0], second.state()[0])
    assert play(lines(Consensus(weight=0.0)), 1).extra == {}


@pytest.mark.parametrize("objective", ["hinge", "wasserstein", "least_squares", "relativistic_average"])
def test_it_goes_with_every_objective(objective: str) -> None:
    terms = play(lines(Consensus(), objective=objective), 2)
    assert all(v.isfinite() for v in terms.extra.values()) and set(terms.extra) == {"d/consensus", "g/consensus"}


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(SettingError, match=r"consensus\.weight: must be 0 or more"):
        lines(Consensus(weight=-1.0))
