"""The tolerant reader: numbers with names in any text, in any order and wording, in one line or over several.

The name of a number is the text between it and the number before. A moment is complete when a name comes again; tables
with a header, and the bars of Keras (whose last state counts), are the two things that are not names and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from equipoise.logs.columns import Columns
from equipoise.logs.words import ADVERSARIAL, FAKE, REAL, meaning, player_of, words_of

NUMBER = re.compile(
    r"(?<![\w.])(?:[-+]?(?:0,\d{2,}(?![\d,.])|\d{1,3},\d{4,}(?![\d,.])|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d|,\d)|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?)|(?<![\w])[-+]?(?:nan|inf(?:inity)?)(?!\w)",
    re.I,
)
SPLIT = re.compile(f"({NUMBER.pattern})", re.I)
WRAPPING = re.compile(
    r"<tf\.(?:Tensor|Variable)[^>]*?numpy=|\btf\.Tensor\(|\b(?:torch\.)?tensor\(|\bVariable containing:?"
    r"|\b(?:np\.|numpy\.)?(?:float\d*|array)\(\[*",
    re.I,
)
TRAILING = re.compile(r",?\s*(?:shape=\([^)]*\)|dtype=[\w.']+|device='[^']*'|grad_fn=<\w+>|requires_grad=\w+)\)?")
CUT = re.compile(r"[|;\[\]{}\t,│┃║·•]|\.\.\.|…| - | -- |\s/\s|: (?=.*[:=])|^\s*/")
COUNTED = re.compile(r"\s*(?:params|parameters|trainable|images|samples|layers|files|MB|GB|MiB|GiB|kB)\b", re.I)
KERAS = re.compile(r"(\d+)/(\d+) ?(?:\[[=>.]*\]|[━╸╺]+)")
GLUED_BAR = re.compile(r"(\d+)/(\d+) \[[=>]")
RULE = re.compile(r"^[\s\-=+|:┃│━─┄═╪┼┬┴╞╡├┤┌┐└┘┡╇┩]*$")
CELLS = re.compile(r"\s*[|│┃║;\t]\s*|\s*,\s*|\s{2,}")
OBJECTIVES = re.compile(
    r"\b(hinge|w-?gan(?:-?gp)?|wasserstein|ls-?gan|least[ _-]squares?|relativistic|ragan|bce(?:withlogits)?|mse|cycle)", re.I
)
HINTS = 200  # beginnings of lines in which words that tell an objective are looked for


DIGIT = re.compile(r"[0-9]")
DECIMAL_COMMA = re.compile(r"[-+]?(?:0,\d{2,}|\d{1,3},\d{4,})(?:[eE][-+]?\d+)?%?")
EDGE = " \t:=\"'`>()<*#~_-$\\&!.,"  # of names; a closing bracket at the end is theirs where they opened one


def value_of(text: str) -> float:
    """'20,100' and '47%' as well; infinities and NaN in any case."""
    number = text
    if "," in text:
        number = text.replace(",", "." if DECIMAL_COMMA.fullmatch(text) else "")
    return float(number[:-1]) / 100 if number.endswith("%") else float(number)


def read(pieces: Iterable[str], into: Columns | None = None) -> Columns:
    """All moments of a text, given as segments (see source.py)."""
    return Text(into if into is not None else Columns()).read(pieces)


class Text:
    """What is known while a text is read: the moment that is being put together, and the header of a table."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.moment: dict[str, float] = {}
        self.header: list[str] = []
        self.section = ""  # 'Discriminator:' on a line of its own
        self.bar = ""  # that the moment stood beside: 'full', or 'part' of one
        self.whole: list[bool] = []  # of each moment: not one that a bar overwrote

    def read(self, pieces: Iterable[str]) -> Columns:
        for number, piece in enumerate(pieces):
            if number < HINTS:
                self.columns.words.update(hint.lower() for hint in OBJECTIVES.findall(piece[:400]))
            self.take(piece)
        self.flush()
        return self.without_bars()

    def take(self, piece: str) -> None:
        if DIGIT.search(piece) is None and "nan" not in piece.lower():
            self.title(piece)
            return
        if self.header and self.row(piece):
            return
        for part in bars_apart(piece) if "/" in piece and " [" in piece else (piece,):
            self.pairs(part)

    # ------------------------------------------------------------------------------------------- names and numbers

    def pairs(self, piece: str) -> None:
        bar = KERAS.search(piece) if "/" in piece and ("=" in piece or "━" in piece) else None
        if bar is not None:
            self.progress(int(bar[1]), int(bar[2]), "ETA" in piece)
        text = TRAILING.sub(" ", WRAPPING.sub(" ", piece)) if "(" in piece else piece
        parts = SPLIT.split(text)
        names = names_between(self.section, tuple(parts[::2]))
        if self.moment and places(names[:1]) and complete(frozenset(self.moment)):
            self.flush()
        for name, number in zip(names, parts[1::2], strict=True):
            if name:
                if name in self.moment:
                    self.flush()
                self.moment[name] = value_of(number)

    def title(self, piece: str) -> None:
        """A line without numbers: a table's header, the title of what follows, or nothing."""
        names = header_of(piece)
        if names:
            self.flush()
            self.header = names
            return
        if RULE.match(piece):
            if not piece.strip():
                self.section = ""
            return
        words = words_of(piece)
        if len(words) <= 4 and piece.rstrip().endswith(":"):
            player, weak = player_of(words)
            self.section = piece.strip(" :-*=#[]") if player and not weak else self.section

    def flush(self) -> None:
        if self.moment:
            self.columns.add(self.moment)
            self.whole.append(self.bar != "part")
            self.moment, self.bar = {}, ""

    # ------------------------------------------------------------------------------------------------- Keras's bars

    def progress(self, done: int, of: int, estimate: bool) -> None:
        """A bar that goes on overwrites what it said; one that is full is a moment of its own."""
        if self.bar:
            self.flush()
        self.bar = "" if of <= 1 else "full" if done >= of and not estimate else "part"

    def without_bars(self) -> Columns:
        """Full bars only, where there are some: the numbers of the others are means over a part of the epoch."""
        import numpy as np

        whole = np.array(self.whole, dtype=bool)
        if len(whole) != self.columns.moments or whole.all() or whole.sum() < 3:
            return self.columns
        return self.columns.keep(whole)

    # ------------------------------------------------------------------------------------------ tables with a header

    def row(self, piece: str) -> bool:
        """A row of the table, where the piece is one; the header is forgotten where text begins again."""
        cells = cells_of(piece)
        if len(cells) < 2 and len(self.header) > 1:
            cells = piece.split()
        numbers = [number_in(cell) for cell in cells]
        if numbers.count(None) == len(numbers) or numbers[0] is None or len(cells) < len(self.header):
            if NUMBER.search(piece) and name_of(piece[: NUMBER.search(piece).start()]):  # type: ignore[union-attr]
                self.header = []
                return False
            return not cells
        if len(cells) == len(self.header) + 1 and numbers[-1] is not None and float(numbers[0]).is_integer():
            numbers = numbers[1:]  # the index of a data frame
        self.columns.add({n: v for n, v in zip(self.header, numbers, strict=False) if v is not None})
        self.whole.append(True)
        return True


def bars_apart(piece: str) -> Iterator[str]:
    """'g_loss: -3.19111094/1094 [===': where a bar follows a number at once, the cut is where the total's digits begin."""
    begin = 0
    for glued in GLUED_BAR.finditer(piece):
        if piece[glued.start() - 1 : glued.start()] == ".":
            end = glued.end(1) - len(glued[2])
            yield piece[begin:end]
            begin = end
    yield piece[begin:]


@lru_cache(maxsize=4096)
def names_between(section: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """The name of the number after each label but the last, '' where it has none. Lines of a log repeat their labels."""
    names: list[str] = []
    name = ""
    for label, following in pairwise(labels):
        mark = label.strip()
        if mark == "/" and name and not name.endswith("#2"):
            name += "#2"
        elif mark in (":", "=", "->") and name != without_place(name):
            names[-1], name = "", without_place(name)  # that was a place: 'D loss at epoch 5: 0.69'
        else:
            name, section = in_section(name_of(label), section)
        names.append("" if COUNTED.match(following) else name)
    return tuple(names)


@lru_cache(maxsize=1024)
def places(names: tuple[str, ...]) -> bool:
    """True for the name of an epoch or a step, with which a new moment begins."""
    return any(meaning(name).kind in ("epoch", "step") for name in names)


@lru_cache(maxsize=1024)
def complete(names: frozenset[str]) -> bool:
    """True where there is a loss of each player."""
    return {"D", "G"} <= {told.player for told in map(meaning, names) if told.kind in ("loss", "adversarial")}


def in_section(name: str, section: str) -> tuple[str, str]:
    """The name with its player, where the numbers before it told which one; and whose numbers follow."""
    player, weak = player_of(words_of(name))
    if player and not (weak and section and meaning(name).kind == "other"):
        return name, label_player(name)
    return (f"{section} {name}" if section and name and belongs(name) else name), section


@lru_cache(maxsize=8192)
def name_of(label: str) -> str:
    """The words of a label that name its number: those after the last mark that separates; 'Discriminator: loss' is one."""
    name = ""
    for part in reversed(CUT.split(label[-160:])):
        words = " ".join(bare(part).split())[-60:]
        if not any(c.isalpha() for c in words):
            continue
        if not name:
            name = words
            if player_of(words_of(name))[0]:
                break
        else:
            player, weak = player_of(words_of(words))
            return f"{words} {name}" if player and not weak and len(words_of(words)) <= 2 else name
    return name


def bare(text: str) -> str:
    """Without what stands around a name; 'D(G(z))' keeps its own brackets."""
    inner = text.strip(EDGE)
    return inner + ")" * max(0, inner.count("(") - inner.count(")"))


PLACE = re.compile(r"\W*(?:\b(?:at|in|on|for|of|after)\b)?\W*\b(?:epoch|ep|step|iter|iteration|batch)$", re.I)


@lru_cache(maxsize=1024)
def without_place(name: str) -> str:
    """'D loss' of 'D loss at epoch'; any other name, also one that is a place alone, as it is."""
    rest = PLACE.sub("", name)
    return rest if player_of(words_of(rest))[0] else name


@lru_cache(maxsize=1024)
def label_player(name: str) -> str:
    """The part of a name that says which player, to name its numbers that do not say it."""
    player, weak = player_of(words_of(name))
    return "discriminator" if player == "D" else "generator" if not weak else "adversarial"


@lru_cache(maxsize=1024)
def belongs(name: str) -> bool:
    """True for 'loss' and 'acc', which follow the name of a player; not for 'real acc', which is D's wherever it stands."""
    told = meaning(name)
    if told.side:
        return all(word in REAL or word in FAKE for word in words_of(name))  # '[D loss real: 0.4, fake: 0.6]'
    return told.kind in ("accuracy", "score", "penalty", "part") or told.named or bool(ADVERSARIAL.intersection(words_of(name)))


def cells_of(piece: str) -> list[str]:
    return [cell for cell in CELLS.split(piece.strip().strip("|│┃║ ")) if cell]


def number_in(cell: str) -> float | None:
    """The number that a cell is; None for anything else."""
    match = NUMBER.fullmatch(cell.strip().strip("\"'"))
    return value_of(match[0]) if match is not None else None


def header_of(piece: str) -> list[str]:
    """The names of a table's columns, where a line without numbers is its header: a loss of each player among them."""
    if len(piece) > 2000:
        return []
    for cells in (cells_of(piece), piece.split()):
        cells = [cell.strip("\"'# ") for cell in cells]
        if len(cells) < 2 or any(len(cell) > 40 for cell in cells) or len(set(cells)) < len(cells):
            continue
        told = [meaning(cell) for cell in cells]
        players = {m.player for m in told if m.kind in ("loss", "adversarial")}
        if {"D", "G"} <= players and not any(cell.rstrip().endswith((":", "=")) for cell in cells):
            return cells
    return []
