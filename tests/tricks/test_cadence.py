"""Training ratio, fixed and adaptive: who moved how often, and why."""

import pytest
import torch
from games import draws, play, tiny_game
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Cadence, Terms, Trick
from equipoise.seeds import Moment
from equipoise.tricks.adaptive_cadence import AdaptiveCadence
from equipoise.tricks.cadence import FixedCadence


def moves(game: Game) -> tuple[int, int]:
    """How often Adam moved D and G."""
    return tuple(int(next(iter(p.optimizer.state.values()))["step"]) for p in (game.D, game.G))  # type: ignore[return-value]


def test_so_many_steps_of_each_on_fresh_data_and_noise() -> None:
    game = tiny_game(FixedCadence(d_steps=3, g_steps=2))
    draw, positions = draws(game), []
    latents: list[Tensor] = []
    game.G.module.register_forward_pre_hook(lambda _, inputs: latents.append(inputs[0]))

    def counted(position: int) -> Tensor:
        positions.append(position)
        return draw(position)

    for _ in range(2):
        game.step(counted)
    assert positions == [0, 1, 2, 3, 4, 5] and game.drawn == 6
    assert moves(game) == (6, 4)
    assert len({float(z[0, 0]) for z in latents}) == len(latents) == 10


def test_a_ratio_does_not_go_with_simultaneous_moves() -> None:
    with pytest.raises(SettingError, match="one D step for one G step"):
        play(tiny_game(FixedCadence(d_steps=2), order="simultaneous"), 1)


def terms(d_real: list[float], d_fake: list[float]) -> Terms:
    nothing = torch.zeros(())
    return Terms(nothing, nothing, torch.tensor(d_real), torch.tensor(d_fake), nothing, nothing, nothing)


def test_accuracy_and_gap_by_hand() -> None:
    real, fake = torch.tensor([2.0, 1.0, -1.0, 3.0]), torch.tensor([-2.0, 1.0, -3.0, -1.0])
    bce, least, critic = OBJECTIVES["non_saturating"], OBJECTIVES["least_squares"], OBJECTIVES["wasserstein"]
    accuracy, gap = AdaptiveCadence(), AdaptiveCadence(measure="gap")
    assert float(accuracy.score(real, fake, bce)) == 0.75
    assert float(gap.score(real, fake, bce)) == pytest.approx(float(torch.sigmoid(real).mean() - torch.sigmoid(fake).mean()))
    assert float(accuracy.score(torch.tensor([0.6, 0.4]), torch.tensor([0.1, 0.2]), least)) == 0.75, "0.5 is neutral there"
    assert float(accuracy.score(real + 50, fake + 50, critic)) == 0.75, "a critic's constant does not matter"


WINS, LOSES = terms([5.0], [-5.0]), terms([-5.0], [5.0])


def ratio(trick: AdaptiveCadence) -> tuple[int, int]:
    pace = trick.cadence(Cadence(), Moment(0))
    return pace.d_steps, pace.g_steps


def test_whoever_falls_behind_takes_more_steps_within_the_bounds() -> None:
    trick, game = AdaptiveCadence(every=2, d_max=3, g_max=2), tiny_game()
    found = []
    for what in [LOSES] * 8 + [WINS] * 10:
        trick.after(game, what)
        found.append(ratio(trick))
    assert found[::2] == [(1, 1), (2, 1), (3, 1), (3, 1), (3, 1), (2, 1), (1, 1), (1, 2), (1, 2)], "once in two steps"
    trick.decide((trick.low + trick.high) / 2)
    assert ratio(trick) == (1, 2), "in between it stays"


def test_it_is_the_mean_over_the_interval_that_counts() -> None:
    trick, game = AdaptiveCadence(every=4, low=0.4, high=0.6), tiny_game()
    for what in (WINS, LOSES, WINS, LOSES):
        trick.after(game, what)
    assert ratio(trick) == (1, 1)


def test_the_device_is_read_once_in_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    game, reads = tiny_game(AdaptiveCadence(every=5)), []
    convert = Tensor.__float__
    monkeypatch.setattr(Tensor, "__float__", lambda t: (reads.append(game.steps), convert(t))[1])
    draw = draws(game)
    for _ in range(11):
        game.step(draw)
    assert reads == [5, 10]


def test_it_adds_to_a_fixed_ratio_and_knobs_bound_at_once() -> None:
    trick = AdaptiveCadence()
    trick.lead = 3
    pace = trick.cadence(FixedCadence(d_steps=2).cadence(Cadence(), Moment(0)), Moment(0))
    assert (pace.d_steps, pace.g_steps) == (5, 1)
    trick.d_max = 2
    assert ratio(trick) == (2, 1)


def test_in_a_game_the_counts_follow() -> None:
    game = tiny_game(AdaptiveCadence(every=1, low=0.98, high=0.99))  # D is always behind
    play(game, 4)
    assert moves(game) == (1 + 2 + 3 + 4, 4)


@pytest.mark.parametrize(
    ("trick", "key"),
    [
        (FixedCadence(d_steps=0), "d_steps"),
        (FixedCadence(g_steps=0), "g_steps"),
        (AdaptiveCadence(low=0.9, high=0.8), "low"),
        (AdaptiveCadence(every=0), "every"),
        (AdaptiveCadence(d_max=0), "d_max"),
        (AdaptiveCadence(measure="loss"), "measure"),  # type: ignore[arg-type]
    ],
)
def test_knobs_out_of_range_are_named(trick: Trick, key: str) -> None:
    with pytest.raises(SettingError, match=rf"^{trick.card.name}\.{key}: must be"):
        tiny_game(trick)
