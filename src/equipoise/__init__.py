"""equipoise: train GANs that stay balanced.

run = equipoise.fit("bursts", out="runs/bursts")
images = run.sample(64)                      # float32 [64, 1, 128, 128] in [-1, 1]
run = equipoise.resume("runs/bursts", epochs=500)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.api import Run, fit, load, resume
    from equipoise.diagnosing import diagnose
    from equipoise.equilibrium.run import equilibrium
    from equipoise.errors import DataError, EquipoiseError, RunError, SettingError
    from equipoise.pages.report import report
    from equipoise.watching.watch import Watch, watch

__version__ = "0.1.0"
__all__ = [
    "DataError",
    "EquipoiseError",
    "Run",
    "RunError",
    "SettingError",
    "Watch",
    "__version__",
    "diagnose",
    "equilibrium",
    "fit",
    "load",
    "report",
    "resume",
    "watch",
]

HOMES = {
    "report": "equipoise.pages.report",
    **dict.fromkeys(("Run", "fit", "load", "resume"), "equipoise.api"),
    "diagnose": "equipoise.diagnosing",
    "equilibrium": "equipoise.equilibrium.run",
    **dict.fromkeys(("DataError", "EquipoiseError", "RunError", "SettingError"), "equipoise.errors"),
    **dict.fromkeys(("Watch", "watch"), "equipoise.watching.watch"),
}


def __getattr__(name: str) -> Any:
    """A public name is imported when it is first asked for: parts that need no torch stay light."""
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module 'equipoise' has no attribute {name!r}")
