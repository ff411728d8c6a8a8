from pathlib import Path

import pytest

from equipoise.data.locate import places


@pytest.fixture
def real():
    """A function that gives the folder of a real data set by name, or skips the test."""

    def find(name: str) -> Path:
        for place in places():
            if (place / name).is_dir():
                return place / name
        pytest.skip(f"data missing: {name} is not in $EQUIPOISE_DATA, ../shared/data or the cache")

    return find


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No data anywhere: neither named, nor beside the project, nor in the cache. Gives the cache folder's parent."""
    (tmp_path / "work").mkdir()
    monkeypatch.delenv("EQUIPOISE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("equipoise.data.locate.PROJECT", tmp_path / "elsewhere")
    return tmp_path / "cache"
