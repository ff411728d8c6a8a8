"""Replay: which fakes D is shown, and which are kept."""

import pytest
import torch
from games import draws, play, tiny_game
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.seeds import Moment
from equipoise.tricks.replay import Replay


def ready(**knobs: object) -> Replay:
    trick = Replay(**knobs)  # type: ignore[arg-type]
    trick.ready(tiny_game(shape=(1,)))
    return trick


def batch(step: int, n: int = 8) -> Tensor:
    """Fakes that say when they were made: 800, 801, ... in step 8."""
    return torch.arange(n).float().reshape(n, 1) + 100 * step


def show(trick: Replay, step: int) -> list[int]:
    at = Moment(0)
    at.begin(step)
    return [int(v) for v in trick.shown(batch(step), at).flatten()]


def test_a_share_of_the_batch_is_old_and_what_it_replaced_is_kept() -> None:
    trick = ready(size=4, share=0.25, every=1)
    assert show(trick, 1) == [100, 101, 102, 103, 104, 105, 106, 107], "nothing old yet"
    assert trick.buffer.flatten().tolist() == [106, 107, 0, 0]
    shown = show(trick, 2)
    assert shown[:6] == [200, 201, 202, 203, 204, 205] and set(shown[6:]) <= {106, 107}, "only what was kept, no zeros"
    assert trick.buffer.flatten().tolist() == [106, 107, 206, 207]
    assert set(show(trick, 3)[6:]) <= {106, 107, 206, 207}
    assert trick.buffer.flatten().tolist() == [306, 307, 206, 207], "a ring: the oldest go"


def test_every_nth_step_keeps_and_every_step_shows() -> None:
    trick = ready(size=100, share=0.5, every=3)
    for step in range(7):
        assert all(v < 100 * step for v in show(trick, step)[4:]) or step == 0
    assert trick.written == 12
    assert sorted(trick.buffer.flatten().tolist())[-12:] == [4, 5, 6, 7, 304, 305, 306, 307, 604, 605, 606, 607]


def test_old_fakes_are_drawn_evenly() -> None:
    trick = ready(size=8, share=0.5, every=1)
    show(trick, 0)
    show(trick, 1)
    trick.every = 10**6
    seen = torch.tensor([show(trick, s)[4:] for s in range(2, 502)]).flatten()
    _, counts = seen.unique(return_counts=True)
    assert len(counts) == 8 and counts.min() > 180 and counts.max() < 330


def test_the_batch_of_g_is_not_touched_and_the_ring_may_be_smaller_than_the_share() -> None:
    trick, fake = ready(size=2, share=0.9, every=1), batch(1)
    trick.shown(fake, Moment(0))
    trick.shown(fake, Moment(0))
    assert torch.equal(fake, batch(1))
    assert trick.buffer.flatten().tolist() == [106, 107]


def test_in_a_game_d_is_shown_old_fakes_and_g_is_not() -> None:
    game = tiny_game(Replay(size=16, share=0.5, every=1))
    play(game, 2)
    kept = game.find(Replay).buffer[:4].clone()  # type: ignore[union-attr]
    shown_to_g = game.step(draws(game)).fake
    fake = game.seen_by_d.fake
    assert all(any(torch.equal(row, old) for old in game.find(Replay).buffer[:8]) for row in fake[4:])  # type: ignore[union-attr]
    assert not any(torch.equal(row, old) for old in kept for row in shown_to_g)


def test_the_state_goes_round_and_another_size_starts_anew() -> None:
    trick = ready(size=4, share=0.5, every=1)
    show(trick, 1)
    show(trick, 2)
    other = ready(size=4, share=0.5, every=1)
    other.load_state(trick.state())
    assert show(trick, 3) == show(other, 3)
    assert torch.equal(trick.buffer, other.buffer) and trick.written == other.written == 12
    trick.size = 6
    assert show(trick, 4) == list(range(400, 408))
    assert trick.buffer.shape == (6, 1) and trick.written == 4


@pytest.mark.parametrize("knobs", [{"size": 0}, {"every": 0}, {"share": 1.0}, {"share": -0.1}])
def test_knobs_out_of_range_are_named(knobs: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=f"^replay.{next(iter(knobs))}: must be"):
        tiny_game(Replay(**knobs))  # type: ignore[arg-type]
