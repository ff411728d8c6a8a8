"""What tricks have in common that are built into a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from equipoise.errors import SettingError
from equipoise.pieces import Trick

if TYPE_CHECKING:
    from equipoise.game import Game


class Structural(Trick):
    """A trick that gives a network layers or weights. It has to be there when the game is made, since the optimizers
    take the weights that they find then; and its knobs named in `built_in` are sizes that stay as they were built.
    """

    built_in: ClassVar[tuple[str, ...]] = ()
    _as_built: dict[str, Any] | None = None

    def wrap(self, game: Game) -> None:
        if game.built:
            raise SettingError(self.card.name, "changes the networks, so it has to be in the recipe when the run begins")
        self.build(game)
        self._as_built = {name: getattr(self, name) for name in self.built_in}

    def build(self, game: Game) -> None:
        """Change the networks."""
        raise NotImplementedError

    def check(self) -> None:
        for name, built in (self._as_built or {}).items():
            if getattr(self, name) != built:
                raise SettingError(name, f"is built into the network as {built!r}; another value needs a new run")
