"""The packages that ours is compared with, imported; a test that asks for one that is not installed is skipped.

`make interop` makes the environment that has all of them, at the versions that the golden numbers of the ordinary tests
come from (requirements.txt).
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

import pytest
import torch

MISSING = "is not installed: make interop"
KEPT = []  # a library's operators live as long as it does


def peer(name: str) -> ModuleType:
    """The package or module of that name, e.g. 'pytorch_fid.inception'."""
    package = name.partition(".")[0]
    for needed in ("torchvision", package):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} {MISSING}")
    bring_torchvision()
    return importlib.import_module(name)


def bring_torchvision() -> None:
    """Import torchvision, also where its compiled part does not fit torch (PyPI's is for CUDA, torch may be for a CPU).

    All that stops its import then are two operators that nobody declares. The peers call neither.
    """
    if "torchvision" in sys.modules:
        return
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        KEPT.append(library)
        for module in [m for m in sys.modules if m.partition(".")[0] == "torchvision"]:
            del sys.modules[module]
        importlib.import_module("torchvision")
