"""StyleGAN's stats.jsonl (Karras et al.): a statistic {'num', 'mean', 'std'} for every name, a line a tick."""

from __future__ import annotations

from equipoise.logs import json_lines
from equipoise.logs.columns import Columns
from equipoise.logs.source import Source

NAME = "StyleGAN stats.jsonl"
NAMES = {
    "Progress/kimg": "kimg",
    "Loss/D/loss": "d_loss",
    "Loss/G/loss": "g_loss",
    "Loss/scores/real": "logit_real",
    "Loss/scores/fake": "logit_fake",
    "Loss/signs/real": "sign_real",
    "Loss/signs/fake": "sign_fake",
    "Loss/r1_penalty": "r1_penalty",
    "Loss/pl_penalty": "pl_penalty",
    "Progress/augment": "augment",
}


def matches(source: Source) -> bool:
    return b'"Loss/D/loss"' in source.head and source.head.lstrip()[:1] == b"{"


def read(source: Source) -> list[Columns]:
    """With the names that the rest of the room knows. D's loss sums its two terms: softplus of the logits."""
    (found,) = json_lines.read(source)
    found.columns = {NAMES[name]: column for name, column in found.columns.items() if name in NAMES}
    found.words |= {"stylegan"}
    return [found]
