import gzip

import numpy as np
import pytest
from made_files import idx_bytes

from equipoise.data.idx import read_idx
from equipoise.errors import DataError

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.mark.parametrize("packed", [True, False])
def test_reads_gzipped_or_plain_whatever_the_name(tmp_path, packed):
    file = tmp_path / "a.bin"
    raw = idx_bytes(IMAGES)
    file.write_bytes(gzip.compress(raw) if packed else raw)
    assert np.array_equal(read_idx(file, 3), IMAGES)


BAD = {
    "empty": (b"", "0 bytes"),
    "text": (b"<html>not found</html>", "is no IDX file: it begins with 3c 68 74 6d"),
    "short header": (idx_bytes(IMAGES)[:9], "cut off"),
    "cut": (idx_bytes(IMAGES)[:-1], r"cut off: 75 bytes, its header promises 76 \(3 x 4 x 5\)"),
    "too long": (idx_bytes(IMAGES) + b"x", "too long"),
    "floats": (idx_bytes(IMAGES, type_=13), "holds floats, expected unsigned bytes"),
    "labels": (
        idx_bytes(IMAGES.ravel()),
        r"holds labels \(1 dimension\), expected images \(3 dimensions\): is the file mislabelled",
    ),
    "cut gzip": (gzip.compress(idx_bytes(IMAGES))[:-9], "can't be unpacked"),
    "damaged gzip": (gzip.compress(idx_bytes(IMAGES))[:-6] + b"abcdef", "can't be unpacked"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_named_with_its_reason(tmp_path, what):
    raw, words = BAD[what]
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(raw)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(file, 3)
    assert str(caught.value).startswith(str(file))


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_idx(tmp_path / "none", 1)
