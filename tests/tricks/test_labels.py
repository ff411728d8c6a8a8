"""Label smoothing, noise and flipping: what D is asked to say, on average, and in any order."""

from itertools import permutations

import pytest
import torch
from games import play, tiny_game
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Targets, Trick
from equipoise.seeds import Moment
from equipoise.tricks.label_flipping import LabelFlipping
from equipoise.tricks.label_noise import LabelNoise
from equipoise.tricks.label_smoothing import LabelSmoothing


def asked(*tricks: Trick, n: int = 4, seed: int = 0) -> Targets:
    """What tricks make of the targets 1 and 0 for n logits, one per logit."""
    logits, at, targets = torch.zeros(n), Moment(seed), Targets(torch.ones(()), torch.zeros(()))
    for trick in tricks:
        targets = trick.targets(targets, logits, logits, at)
    return Targets(targets.real.expand(n), targets.fake.expand(n))


def expected(*tricks: Trick) -> tuple[float, float]:
    real, fake = 1.0, 0.0
    for trick in tricks:
        real, fake = trick.expected_targets(real, fake)
    return real, fake


def values(t: Tensor) -> set[float]:
    return {round(float(v), 6) for v in t}


def test_smoothing_gives_its_two_numbers_exactly() -> None:
    targets = asked(LabelSmoothing(real=0.9, fake=0.1))
    assert torch.equal(targets.real, torch.full((4,), 0.9)) and torch.equal(targets.fake, torch.full((4,), 0.1))
    assert expected(LabelSmoothing(0.9)) == (0.9, 0.0), "one-sided by default"


def test_noise_is_uniform_and_drawn_for_each_sample() -> None:
    targets = asked(LabelNoise(0.7, 0.9, 0.1, 0.2), n=20_000)
    for t, low, high in ((targets.real, 0.7, 0.9), (targets.fake, 0.1, 0.2)):
        assert low <= t.min() < low + 0.001 and high - 0.001 < t.max() <= high
        assert abs(float(t.mean()) - (low + high) / 2) < 0.002
        assert abs(float(t.std()) - (high - low) / 12**0.5) < 0.002
    assert abs(float(torch.corrcoef(torch.stack([targets.real, targets.fake]))[0, 1])) < 0.03, "independent"
    assert expected(LabelNoise(0.7, 0.9, 0.1, 0.2)) == pytest.approx((0.8, 0.15))


def test_flipping_swaps_the_sides_that_it_is_asked_for() -> None:
    for side, reals, fakes in (("real", {0.0, 1.0}, {0.0}), ("fake", {1.0}, {0.0, 1.0}), ("both", {0.0, 1.0}, {0.0, 1.0})):
        targets = asked(LabelFlipping(p=0.3, side=side), n=2000)  # type: ignore[arg-type]
        assert values(targets.real) == reals and values(targets.fake) == fakes
        if side != "fake":
            assert abs(float(targets.real.mean()) - 0.7) < 0.04
        if side != "real":
            assert abs(float(targets.fake.mean()) - 0.3) < 0.04


def test_real_and_fake_samples_are_flipped_independently() -> None:
    targets = asked(LabelFlipping(p=0.4), n=5000)
    assert abs(float(torch.corrcoef(torch.stack([targets.real, targets.fake]))[0, 1])) < 0.06


def test_flipping_per_batch_swaps_all_or_none() -> None:
    batches = [asked(LabelFlipping(p=0.3, per="batch"), seed=s) for s in range(400)]
    assert all(len(values(b.real)) == len(values(b.fake)) == 1 for b in batches)
    assert all(torch.equal(b.real, 1 - b.fake) for b in batches), "both sides are swapped together"
    assert abs(sum(float(b.fake[0]) for b in batches) / 400 - 0.3) < 0.07


def test_flipping_equals_smoothing_in_expectation() -> None:
    """FAILURES.md 3e: reals only is one-sided smoothing by 1 - p, both is two-sided."""
    assert expected(LabelFlipping(p=0.1, side="real")) == pytest.approx(expected(LabelSmoothing(0.9, 0.0)))
    assert expected(LabelFlipping(p=0.1, side="both")) == pytest.approx(expected(LabelSmoothing(0.9, 0.1)))
    assert expected(LabelFlipping(p=0.1, side="fake")) == pytest.approx(expected(LabelSmoothing(1.0, 0.1)))


def test_flipped_labels_are_the_smoothed_ones_in_either_order() -> None:
    smoothing, flipping = LabelSmoothing(0.9, 0.2), LabelFlipping(p=0.4)
    for tricks in ((smoothing, flipping), (flipping, smoothing)):
        targets = asked(*tricks, n=50)
        assert values(targets.real) == values(targets.fake) == {0.2, 0.9}
    a, b = asked(smoothing, flipping), asked(flipping, smoothing)
    assert torch.equal(a.real, b.real) and torch.equal(a.fake, b.fake)


unit = st.floats(0, 1)


@settings(deadline=None)
@given(st.permutations([0, 1, 2]), unit, unit, unit, st.sampled_from(["real", "fake", "both"]), st.integers(0, 1000))
def test_the_mean_of_the_targets_is_as_stated(order: list[int], a: float, b: float, p: float, side: str, seed: int) -> None:
    tricks = [
        LabelSmoothing(real=0.6 + 0.4 * a, fake=0.4 * b),
        LabelNoise(0.6 + 0.2 * a, 0.8 + 0.2 * a, 0.2 * b, 0.4 * b),
        LabelFlipping(p=0.49 * p, side=side),  # type: ignore[arg-type]
    ]
    tricks = [tricks[i] for i in order]
    targets, (real, fake) = asked(*tricks, n=4000, seed=seed), expected(*tricks)
    assert abs(float(targets.real.mean()) - real) < 0.05
    assert abs(float(targets.fake.mean()) - fake) < 0.05
    assert targets.fake.min() >= 0 and targets.real.max() <= 1


def test_d_sees_the_targets_in_a_game() -> None:
    game = tiny_game(LabelSmoothing(0.8))
    terms = play(game, 1)
    real = torch.nn.functional.binary_cross_entropy_with_logits(terms.d_real, torch.full_like(terms.d_real, 0.8))
    fake = torch.nn.functional.binary_cross_entropy_with_logits(terms.d_fake, torch.zeros_like(terms.d_fake))
    assert torch.allclose(terms.d_loss, (real + fake) / 2)


@pytest.mark.parametrize("trick", [LabelSmoothing(), LabelNoise(), LabelFlipping()])
def test_a_critic_has_no_labels(trick: Trick) -> None:
    for objective in ("wasserstein", "hinge", "relativistic_average", "relativistic_paired"):
        with pytest.raises(SettingError, match=f"{trick.card.name}: {objective} has no labels to change; use minimax"):
            tiny_game(trick, objective=objective)


@pytest.mark.parametrize(
    ("trick", "key"),
    [
        (LabelSmoothing(real=0.5), "real"),
        (LabelSmoothing(fake=0.5), "fake"),
        (LabelNoise(real_low=0.9, real_high=0.8), "real_low"),
        (LabelNoise(real_high=1.2), "real_low"),
        (LabelNoise(fake_low=-0.1), "fake_low"),
        (LabelNoise(real_low=0.1, real_high=0.2, fake_low=0.2, fake_high=0.3), "real_low"),
        (LabelFlipping(p=0.5), "p"),
        (LabelFlipping(per="epoch"), "per"),  # type: ignore[arg-type]
        (LabelFlipping(side="left"), "side"),  # type: ignore[arg-type]
    ],
)
def test_knobs_out_of_range_are_named(trick: Trick, key: str) -> None:
    with pytest.raises(SettingError, match=f"^{trick.card.name}.{key}: "):
        tiny_game(trick)


def test_every_order_of_all_three_trains() -> None:
    for order in permutations([LabelSmoothing, LabelNoise, LabelFlipping]):
        assert torch.isfinite(play(tiny_game(*(cls() for cls in order)), 2).d_loss)
