"""Each test begins with nobody watching: a watch that a test left open lasts until its modules are collected."""

from collections.abc import Iterator

import pytest

from equipoise.watching.watch import close_all


@pytest.fixture(autouse=True)
def nobody_watching() -> Iterator[None]:
    close_all()
    yield
    close_all()
