"""What a piece says of itself. Apart from pieces.py, since rules are read where there is no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """What a piece is, printed by the command line, the docs and the reports."""

    name: str  # as in a recipe: 'label_smoothing'
    title: str  # one line: what it is
    equation: str  # plain text
    source: str  # paper, section or equation
    helps: str  # when it helps
    hurts: str  # when it hurts
    cost: str  # relative to a plain step
