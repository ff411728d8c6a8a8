"""The wards that are well, odd ones among them."""

from __future__ import annotations

from typing import Any

from equipoise.clinic.wards.data import BASES, IMAGES
from equipoise.clinic.wards.ward import Ward


def healthy(data: str) -> list[Ward]:
    """Recipes that work, among them odd ones."""
    r1: dict[str, Any] = {"r1": {"weight": 1.0, "every": 4} if data in IMAGES else {"weight": 0.1}}
    base = BASES[data]
    critic: dict[str, Any] = {
        "objective": "wasserstein",
        "penalties": {"gradient_penalty": {}},
        "tricks": {"cadence": {"d_steps": 2}},
    }
    if data in IMAGES:
        critic["network"] = {"kind": "dcgan", "width": 8, "normalise": "none"}
    else:
        critic |= {"penalties": {"gradient_penalty": {"weight": 1.0}}, "tricks": {"cadence": {"d_steps": 5}}}
    found: dict[str, dict[str, Any]] = {
        "plain": {},
        "r1": {"penalties": r1},
        "least-squares": {"objective": "least_squares", "penalties": r1},
        "hinge": {"objective": "hinge", "penalties": r1},
        "critic": critic,
        "smoothing": {"penalties": r1, "tricks": {"label_smoothing": {"real": 0.9}}},
        "two-rates": {
            "penalties": r1,
            "tricks": {"two_rates": {"d_rate": 2 * base["optimizer"]["lr"], "g_rate": base["optimizer"]["lr"] / 2}},
        },
        "small-batch": {
            "batch": base["batch"] // 4,
            "penalties": r1,
            "optimizer": {**base["optimizer"], "lr": base["optimizer"]["lr"] / 2},
        },
    }
    return [Ward(name, data, "healthy", changes=changes) for name, changes in found.items()]
