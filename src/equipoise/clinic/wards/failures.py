"""The wards that fail: each cause with what FAILURES.md says that it causes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from equipoise.clinic.wards.data import BASES, IMAGES, few, source
from equipoise.clinic.wards.plants import Far, FewCodes, SwappedLabels, own, scaled
from equipoise.clinic.wards.ward import Ward

COLLAPSED = frozenset({"mode_collapse"})
CYCLES = frozenset({"oscillation", "mode_cycling"})
WEAK = frozenset({"generator_dominance", "no_learning"})
STRONG = frozenset({"discriminator_dominance", "vanishing_gradient"})
ANY_OUTCOME = COLLAPSED | CYCLES | frozenset({"no_learning"})
POINTS: dict[str, Any] = {"strong": {"d_rate": 1e-2, "g_rate": 2e-4}, "weak": {"d_rate": 1e-5}, "wild": 1e-2}
PICTURES: dict[str, Any] = {"strong": {"d_rate": 4e-3, "g_rate": 1e-4}, "weak": {"d_rate": 1e-6}, "wild": 3e-2}
RATES = {"ring": POINTS, "grid": POINTS, "mnist": PICTURES, "fashion": PICTURES}


def codes(n: int) -> Callable[[Ward, int], dict[str, Any]]:
    return lambda ward, seed: own(ward.base, source(ward.data).shape, lambda G: FewCodes(G, n, ward.base["latent"]))


def failures(data: str) -> list[Ward]:
    """The wards of one kind of data: each cause with what FAILURES.md says that it causes."""
    rates, lr = RATES[data], BASES[data]["optimizer"]["lr"]
    found = [
        Ward(
            "strong-d",
            data,
            "D learns 50 times as fast as G, three steps for one",
            STRONG | COLLAPSED,
            ANY_OUTCOME | {"overfitting"},
            {"tricks": {"two_rates": rates["strong"], "cadence": {"d_steps": 3}}},
        ),
        Ward(
            "few-codes",
            data,
            "G sees one of two codes: two outputs",
            COLLAPSED,
            STRONG | CYCLES | {"stale_noise"},
            {},
            codes(2),
            certain=True,
            curable=False,
        ),
        Ward(
            "one-batch-of-noise",
            data,
            "G sees one of 24 codes",
            COLLAPSED | {"stale_noise"},
            STRONG | CYCLES,
            {},
            codes(24),
            certain=True,
            curable=False,
        ),
        Ward(
            "saturating",
            data,
            "saturating loss, plain SGD, and a D that is 20 steps ahead of a G that starts far away",
            STRONG | {"frozen_training"},
            ANY_OUTCOME | {"data_range"},
            {
                "objective": "minimax",
                "optimizer": {"kind": "sgd", "lr": 0.05},
                "tricks": {"cadence": {"d_steps": 20}, "two_rates": {"d_rate": 0.3, "g_rate": 0.01}},
                "steps": BASES[data]["steps"] // 4,
                "checkpoints": {"every_steps": BASES[data]["steps"] // 80, "keep_last": 1},
            },
            (lambda ward, seed: own(ward.base, source(ward.data).shape, lambda G: Far(G, 8.0))),
            curable=data not in IMAGES,  # a tanh moved by 8 never reaches the data
        ),
        Ward(
            "stalled",
            data,
            "saturating loss, plain SGD, and a D that is five steps ahead",
            STRONG | {"frozen_training"},
            ANY_OUTCOME,
            {
                "objective": "minimax",
                "optimizer": {"kind": "sgd", "lr": 0.05},
                "tricks": {"cadence": {"d_steps": 5}, "two_rates": {"d_rate": 0.3, "g_rate": 0.01}},
            },
        ),
        Ward(
            "unbounded-critic",
            data,
            "a Wasserstein critic without any Lipschitz constraint",
            frozenset({"divergence"}) | CYCLES | COLLAPSED,
            STRONG | WEAK | ANY_OUTCOME,
            {"objective": "wasserstein"},
        ),
        Ward(
            "weak-d",
            data,
            "D hardly learns: its rate is a hundredth or less",
            WEAK | COLLAPSED | CYCLES,
            frozenset({"frozen_training", "divergence"}),
            {"tricks": {"two_rates": {**rates["weak"], "g_rate": lr}}},
        ),
        Ward(
            "no-lipschitz",
            data,
            "least squares by SGD at a rate of 1",
            frozenset({"divergence"}),
            ANY_OUTCOME | STRONG | WEAK,
            {"objective": "least_squares", "optimizer": {"kind": "sgd", "lr": 3.0 if data in IMAGES else 1.0, "momentum": 0.9}},
        ),
        Ward(
            "wild",
            data,
            "Adam ten times too fast, with the momentum of supervised learning",
            CYCLES | COLLAPSED | {"divergence"},
            STRONG | WEAK,
            {"optimizer": {"kind": "adam", "lr": rates["wild"], "beta1": 0.9}},
        ),
        Ward(
            "swapped-labels",
            data,
            "D is asked to call reals fake",
            frozenset({"swapped_labels"}),
            ANY_OUTCOME | STRONG | WEAK | {"frozen_training", "divergence"},
            {},
            lambda ward, seed: {"tricks": [SwappedLabels()]},
            certain=True,
        ),
    ]
    if data in IMAGES:  # points of eight clusters are too easily guessed to be learned by heart
        found.append(
            Ward(
                "few-samples",
                data,
                "fifty training samples, each seen five hundred times",
                frozenset({"overfitting", "memorisation"}),
                ANY_OUTCOME | STRONG | {"leaking_augmentation"},
                {"batch": 16, "steps": 1600, "checkpoints": {"every_steps": 160, "keep_last": 1}},
                lambda ward, seed: {"data": few(source(ward.data, seed=seed), source(ward.data, "test", seed), 50, seed)},
                certain=True,
            )
        )
        found.append(
            Ward(
                "pixels-to-255",
                data,
                "data in [0, 255] against a tanh",
                frozenset({"data_range"}),
                ANY_OUTCOME | STRONG | WEAK | {"divergence", "overfitting", "frozen_training"},
                {},
                lambda ward, seed: {"data": scaled(source(ward.data), lambda x: x)},
                certain=True,
            )
        )
        found.append(
            Ward(
                "pixels-to-1",
                data,
                "data in [0, 1] against a tanh",
                frozenset({"data_range"}),
                ANY_OUTCOME | STRONG | WEAK,
                {},
                lambda ward, seed: {"data": scaled(source(ward.data), lambda x: x / 255)},
                certain=True,
            )
        )
    return found
