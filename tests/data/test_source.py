import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equipoise.data.source import Order, Source
from equipoise.errors import DataError


def images(values):
    return Source("test", tuple(values.shape[1:]), len(values), values)


def test_batch_scales_bytes_to_minus_one_and_one():
    values = torch.zeros(3, 1, 2, 2, dtype=torch.uint8)
    values[1], values[2] = 255, 51
    x = images(values).batch(torch.tensor([2, 0, 1]))
    assert x.dtype == torch.float32
    assert torch.allclose(x[:, 0, 0, 0], torch.tensor([-0.6, -1.0, 1.0]))


def test_batch_of_colour_is_channels_last_and_floats_stay_as_they_are():
    values = torch.rand(4, 3, 8, 8).half()
    x = images(values).batch(torch.tensor([3, 1]))
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(x, values[[3, 1]].float())


def test_batch_does_not_touch_the_data():
    values = torch.rand(4, 2)
    source = Source("points", (2,), 4, values.clone(), range=None)
    source.batch(torch.tensor([0, 1])).mul_(5)
    assert torch.equal(source.values, values)


def test_streamed_data_gives_the_same_batches_and_fingerprint():
    values = torch.randint(0, 256, (40, 3, 8, 8), dtype=torch.uint8)
    held = images(values)
    streamed = Source("test", (3, 8, 8), 40, read=lambda index: values[torch.from_numpy(index)])
    index = torch.tensor([5, 39, 0])
    assert torch.equal(held.batch(index), streamed.batch(index))
    assert held.fingerprint() == streamed.fingerprint()


def test_fingerprint_tells_data_apart():
    values = torch.randint(0, 256, (40, 1, 8, 8), dtype=torch.uint8)
    changed = values.clone()
    changed[39, 0, 0, 0] ^= 1
    prints = {images(values).fingerprint(), images(changed).fingerprint(), images(values[:39]).fingerprint()}
    assert len(prints) == 3


@given(length=st.integers(2, 300), share=st.floats(0.01, 1), seed=st.integers(0, 9), epoch=st.integers(0, 5))
def test_each_epoch_holds_every_sample_and_batches_are_of_one_size(length, share, seed, epoch):
    batch = max(1, int(share * length))
    order = Order(length, batch, seed)
    drawn = [order.index(epoch * order.batches + i) for i in range(order.batches)]
    assert {len(index) for index in drawn} == {batch}
    seen = torch.cat(drawn)
    assert set(seen.tolist()) == set(range(length))
    assert sorted(seen[:length].tolist()) == list(range(length))
    assert torch.equal(seen[length:], seen[: len(seen) - length])  # the last batch is filled up with the first samples


def test_order_is_a_function_of_seed_and_epoch():
    order, again = Order(50, 8, seed=3), Order(50, 8, seed=3)
    forwards = [order.index(p) for p in range(21)]
    backwards = [again.index(p) for p in reversed(range(21))]
    assert all(torch.equal(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))
    assert not torch.equal(torch.cat(forwards[:7]), torch.cat(forwards[7:14]))
    assert not torch.equal(forwards[0], Order(50, 8, seed=4).index(0))


@pytest.mark.parametrize(
    ("length", "batch", "words"), [(1, 1, "holds 1 sample"), (10, 11, "batch=10 or less"), (0, 1, "holds no samples")]
)
def test_too_few_samples(length, batch, words):
    with pytest.raises(DataError, match=words):
        Order(length, batch, 0)


def test_streaming_reads_by_numpy_index():
    seen = []
    source = Source("s", (1, 2, 2), 9, read=lambda i: (seen.append(i), torch.zeros(len(i), 1, 2, 2))[1])
    source.batch(torch.tensor([4, 8]))
    assert isinstance(seen[0], np.ndarray)
    assert seen[0].tolist() == [4, 8]
