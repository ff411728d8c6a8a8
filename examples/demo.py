"""The main job in about two minutes on two cores, without a download: train a GAN on simulated solar radio bursts.

make demo        (or: python examples/demo.py [run folder])
"""

import sys

import equipoise
from equipoise import describe
from equipoise.progress import choose

overrides = {
    "data.size": 64,  # windows of 64 x 64 instead of 128 x 128
    "network.width": 24,
    "epochs": None,
    "steps": 1000,
    "grids.every_steps": 250,
    "grids.every_epochs": None,
    "checkpoints.every_steps": 500,
    "checkpoints.every_epochs": None,
}

try:
    run = equipoise.fit(
        "bursts",
        out=sys.argv[1] if len(sys.argv) > 1 else None,
        overrides=overrides,
        progress=choose(quiet=False, stream=sys.stdout),
    )
except equipoise.EquipoiseError as error:
    sys.exit(f"demo: {error}")
print(describe.result(run))
