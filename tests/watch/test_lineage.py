"""Who made a tensor."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from equipoise.watching.lineage import FEWEST, REMEMBERED, Fake, Fakes
from equipoise.watching.tensors import fingerprint, found_among, kept, squashed, verdict_in, views


def remembered(x: Tensor) -> Fakes:
    fakes = Fakes(["G"])
    fakes.add(Fake("G", x.detach(), None, ((), {}), False), x)
    return fakes


def test_memory_tells_a_fake_however_it_is_cut() -> None:
    x = nn.Linear(3, 4)(torch.randn(6, 3))
    fakes = remembered(x)
    for part in (x, x.detach(), x.data[2:4], x.view(2, 12), x.T):
        assert fakes.of_storage(part) is fakes.newest
    for other in (x.clone(), x + 0, torch.randn(6, 4)):
        assert fakes.of_storage(other) is None


def test_a_gradient_s_way_tells_a_fake_however_it_is_changed() -> None:
    x = nn.Linear(3, 4)(torch.randn(6, 3))
    fakes = remembered(x)
    for changed in (x, x * 2 + torch.randn(6, 4), torch.cat([torch.randn(6, 1), x.tanh()], 1), x.flip(0)[:3]):
        assert fakes.of_graph(changed) == "G"
    for other in (x.detach() * 2, torch.randn(6, 4).requires_grad_() * 2, torch.randn(6, 4).requires_grad_()):
        assert fakes.of_graph(other) is None


def test_an_address_is_not_given_away_while_its_fake_is_remembered() -> None:
    fakes = Fakes(["G"])
    for _ in range(REMEMBERED):
        x = torch.randn(5, 2)
        fakes.add(Fake("G", x.detach(), None, ((), {}), False), x)
        del x
        assert fakes.of_storage(torch.randn(5, 2)) is None


def test_large_fakes_are_not_hoarded() -> None:
    fakes = Fakes(["G"])
    for _ in range(5):
        x = torch.empty(16, 1 << 20)
        fakes.add(Fake("G", x, None, ((), {}), False), x)
    assert len(fakes.recent["G"]) == FEWEST


@given(st.integers(1, 12), st.sampled_from([(1,), (2,), (1, 4, 4), (3, 40, 40)]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_fingerprints_find_rows_wherever_they_went(n: int, shape: tuple[int, ...], seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    fake, real = torch.randn(n, *shape, generator=rng), torch.randn(n + 3, *shape, generator=rng)
    order = torch.randperm(2 * n + 3, generator=rng)
    mixed = torch.cat([fake, real])[order]
    assert torch.equal(found_among(fingerprint(mixed), fingerprint(fake)), order < n)


def test_fingerprints_use_nobody_s_random_numbers() -> None:
    before = torch.get_rng_state()
    fingerprint(torch.ones(2, 777))
    assert torch.equal(before, torch.get_rng_state())


def test_where_a_sample_may_lie() -> None:
    assert list(views(torch.zeros(2, 1, 4, 4), (1, 4, 4))) == ["all"]
    assert list(views(torch.zeros(2, 16), (1, 4, 4))) == ["all"], "flattened"
    found = views(torch.arange(40.0).view(2, 5, 2, 2), (2, 2, 2))
    assert torch.equal(found["last"][0, 0], torch.tensor([[12.0, 13.0], [14.0, 15.0]])) and found["first"].shape == (2, 2, 2, 2)
    assert found.keys() == views(torch.zeros(2, 19), (1, 4, 4)).keys() == {"first", "last"}
    assert views(torch.zeros(2, 3), (1, 4, 4)) == {}


def test_d_s_answer_among_what_it_gives() -> None:
    logit, classes, features = torch.zeros(4, 1), torch.zeros(4, 10), torch.zeros(4, 64)
    assert verdict_in((logit, classes), 4) is logit and verdict_in([features, logit], 4) is logit
    assert verdict_in({"aux": classes, "out": logit}, 4) is logit
    assert verdict_in(torch.zeros(3), 4) is None and verdict_in(None, 4) is None


def test_probabilities_by_what_made_them() -> None:
    x = torch.zeros(3, 2, requires_grad=True)
    assert squashed(x.sigmoid().view(-1), nn.Linear(2, 1)), "a sigmoid in forward"
    assert squashed(x * 1, nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()))
    assert not squashed(x.tanh(), nn.Sequential(nn.Sigmoid(), nn.Linear(2, 1)))


def test_of_many_outputs_an_even_selection_is_kept() -> None:
    assert torch.equal(kept(torch.arange(6.0).view(3, 2), 3), torch.arange(6.0).view(3, 2))
    large = torch.arange(16 * 900.0).view(16, 30, 30)
    assert kept(large, 16).shape == (16, 225) and torch.equal(kept(large, 16)[0], large[0].flatten()[::4])
