"""The reference packages can be imported beside a torch without CUDA; without them the tests are skipped, not failed."""

import pytest
from peers import peer

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("name", ["pytorch_fid.fid_score", "torch_fidelity", "cleanfid.fid", "prdc", "torchmetrics.image.fid"])
def test_a_peer_can_be_imported(name: str) -> None:
    assert peer(name).__name__ == name


def test_one_that_is_not_there_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="make interop"):
        peer("no_such_package")
