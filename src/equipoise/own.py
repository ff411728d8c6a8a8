"""What a user brings as Python objects: networks, an objective, tricks. No file holds these, so they are asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from equipoise import plain_json
from equipoise.errors import SettingError
from equipoise.objectives import OBJECTIVES
from equipoise.penalties import PENALTIES
from equipoise.pieces import Card, Objective, Trick
from equipoise.recipe import CUSTOM, Recipe
from equipoise.tricks import TRICKS

REGISTERED: dict[str, type[Trick]] = {**TRICKS, **PENALTIES}


@dataclass(frozen=True)
class Own:
    """The networks and the objective take the place of the recipe's, the tricks play after its own.

    Raises SettingError for half a pair of networks, and for a piece that a checkpoint could not name or keep.
    """

    generator: nn.Module | None = None
    discriminator: nn.Module | None = None
    objective: Objective | None = None
    tricks: Sequence[Trick] = ()

    def __post_init__(self) -> None:
        if (self.generator is None) != (self.discriminator is None):
            missing = "generator" if self.generator is None else "discriminator"
            raise SettingError(missing, "is needed too: networks of your own come as a pair")
        if self.objective is not None:
            named(self.objective, "objective", list(OBJECTIVES))
        taken = list(REGISTERED)
        for trick in self.tricks:
            named(trick, "tricks", taken)
            taken.append(trick.card.name)
            try:
                plain_json.dumps(trick.knobs())
            except TypeError:
                raise SettingError(f"tricks.{trick.card.name}", "must be a dataclass with knobs that JSON can hold") from None

    @property
    def names(self) -> list[str]:
        """The names of the tricks, in order."""
        return [trick.card.name for trick in self.tricks]

    def noted_in(self, recipe: Recipe) -> None:
        """Write into the recipe that something is the user's own."""
        if self.generator is not None:
            recipe.network = {"kind": CUSTOM}
        if self.objective is not None:
            recipe.objective = CUSTOM
        if self.tricks:
            recipe.own_tricks = self.names

    def check(self, recipe: Recipe) -> None:
        """Raise SettingError where the recipe asks for something that is not here, or does not ask for what is."""
        for key, what, asked, given, names in (
            ("network", "networks", recipe.network.get("kind") == CUSTOM, self.generator, "generator= and discriminator="),
            ("objective", "an objective", recipe.objective == CUSTOM, self.objective, "objective="),
        ):
            if asked and given is None:
                raise SettingError(key, f"this recipe plays with {what} of your own: give {names} from Python")
            if given is not None and not asked:
                raise SettingError(key, f"this recipe has its own: leave out {names}")
        if self.names != recipe.own_tricks:
            wanted, found = (", ".join(names) or "none" for names in (recipe.own_tricks, self.names))
            raise SettingError("own_tricks", f"this recipe plays with {wanted} of yours: give tricks= from Python, not {found}")


NOTHING = Own()


def named(piece: Objective | Trick, where: str, taken: list[str]) -> None:
    """Raise SettingError for a piece without a card, or with the name of another one."""
    if not isinstance(getattr(piece, "card", None), Card):
        raise SettingError(where, f"{type(piece).__name__} needs a card, as equipoise.pieces.Card says")
    if piece.card.name in taken:
        raise SettingError(where, f"there is another {piece.card.name!r}; give yours a name of its own in its card")
