"""Has a game converged, and to what? `equipoise.equilibrium(run)` answers; the core takes a game and draws, never files.

One indicator, one file; verdict.py weighs them. The package is callable, since it bears the name of the function in it:
`equipoise.equilibrium` stays the same thing to a caller whether or not the package was imported before.
"""

import sys
from types import ModuleType
from typing import Any


class Callable(ModuleType):
    """A package that can be called as the function that it is named after."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        from equipoise.equilibrium.run import equilibrium

        return equilibrium(*arguments, **settings)


sys.modules[__name__].__class__ = Callable
