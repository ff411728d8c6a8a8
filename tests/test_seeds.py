import torch
from hypothesis import given
from hypothesis import strategies as st

from equipoise.seeds import Moment, mix


@given(st.integers(0, 2**31), st.integers(0, 10**6))
def test_a_stream_depends_on_seed_step_and_purpose(seed: int, step: int) -> None:
    assert mix(seed, step, "a") == mix(seed, step, "a")
    assert len({mix(seed, step, "a"), mix(seed, step, "b"), mix(seed, step + 1, "a"), mix(seed + 1, step, "a")}) == 4
    assert 0 <= mix(seed, step) < 2**63


def test_seeds_are_the_same_on_every_machine() -> None:
    assert mix(0, 1, "latent", 0) == 713705933771505747  # blake2b of "0/1/latent/0", 8 bytes, without the lowest bit


def test_what_others_draw_changes_nothing() -> None:
    def latents(disturb: bool) -> list[torch.Tensor]:
        at, found = Moment(seed=3), []
        for step in range(3):
            at.begin(step)
            found.append(at.normal("latent", 4, 2))
            if disturb:
                at.uniform("augmentation", 5)
                torch.rand(7)
            found.append(at.normal("latent", 4, 2))
        return found

    alone, disturbed = latents(False), latents(True)
    assert all(torch.equal(a, b) for a, b in zip(alone, disturbed, strict=True))
    assert len({tuple(x.flatten().tolist()) for x in alone}) == 6, "every draw is fresh"


def test_a_step_seeds_what_modules_draw_by_themselves() -> None:
    at = Moment(seed=3)
    at.begin(5)
    first = torch.rand(3)
    at.begin(6)
    second = torch.rand(3)
    at.begin(5)
    assert torch.equal(torch.rand(3), first) and not torch.equal(first, second)


def test_numbers_come_in_the_layout_that_is_asked_for() -> None:
    images = torch.empty(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    for draw in ("normal_like", "uniform_like"):
        noise = getattr(Moment(0), draw)("noise", images)
        assert noise.shape == images.shape and noise.stride() == images.stride() and noise.dtype == torch.float32
        flat = getattr(Moment(0), draw.removesuffix("_like"))("noise", images.numel())
        assert torch.equal(noise.permute(0, 2, 3, 1).flatten(), flat), "each number once"
        strided = getattr(Moment(0), draw)("noise", images[:, :, ::2])
        assert strided.shape == (2, 3, 2, 5) and strided.unique().numel() == 60
