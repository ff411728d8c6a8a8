"""equipoise: train GANs that stay balanced.

    run = equipoise.fit("bursts", out="runs/bursts")
    images = run.sample(64)                      # float32 [64, 1, 128, 128] in [-1, 1]
    run = equipoise.resume("runs/bursts", epochs=200)
"""

from equipoise.api import Run, fit, load, resume
from equipoise.errors import DataError, EquipoiseError, RunError, SettingError

__version__ = "0.1.0"
__all__ = ["DataError", "EquipoiseError", "Run", "RunError", "SettingError", "__version__", "fit", "load", "resume"]
