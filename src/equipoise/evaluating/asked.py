"""What is to be measured, and with what: the settings of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from equipoise.errors import SettingError, did_you_mean
from equipoise.evaluating.origins import SPLITS
from equipoise.metrics import METRICS
from equipoise.metrics.encoders import ENCODERS

MOST = 5000  # samples a side, where nobody says how many: on a CPU a matter of seconds, but for Inception
INCEPTIONS = {"fid": "frechet", "is": "inception_score"}  # names that are kept for what Inception sees
GROUPS = {"prdc": "precision_recall", "kid": "kernel"}  # what the field says for some of ours
USUAL = ("frechet", "kernel", "precision_recall", "class_coverage", "memorisation")


@dataclass(frozen=True)
class Asked:
    """The command line's, or a script's; None is the usual."""

    what: str
    against: str | None = None
    metrics: tuple[str, ...] | None = None
    encoder: str | None = None
    weights_file: str | Path | None = None  # of Inception
    protocol: str | None = None
    n: int | None = None
    split: str | None = None
    step: str | None = None
    weights: str | None = None  # 'raw' or 'ema'
    seed: int = 0
    fresh: bool = False  # don't use kept statistics of the reals

    def __post_init__(self) -> None:
        for name in self.metrics or ():
            if name not in METRICS and name not in INCEPTIONS and name not in GROUPS:
                known = [*METRICS, *INCEPTIONS, *GROUPS]
                raise SettingError("metrics", f"there is no {name!r} ({did_you_mean(name, known)})")
        if self.encoder is not None and self.encoder not in ENCODERS:
            raise SettingError("encoder", f"there is no {self.encoder!r} ({did_you_mean(self.encoder, ENCODERS)})")
        if self.split is not None and self.split not in SPLITS:
            raise SettingError("split", f"must be {' or '.join(SPLITS)}, not {self.split!r}")
        if self.n is not None and self.n < 2:
            raise SettingError("n", f"must be at least 2, not {self.n}")
        mine = sorted(set(self.metrics or ()) & INCEPTIONS.keys())
        if mine and self.encoder not in (None, "inception"):
            plain = ", ".join(INCEPTIONS[name] for name in mine)
            raise SettingError(
                "metrics", f"{', '.join(mine)} is the name of what Inception sees; with --encoder {self.encoder} it is {plain}"
            )

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of METRICS, each once, in order."""
        names = self.metrics or tuple(name for name in USUAL if name in METRICS)
        return tuple(dict.fromkeys({**INCEPTIONS, **GROUPS}.get(name, name) for name in names))

    @property
    def needs_inception(self) -> bool:
        return self.encoder == "inception" or bool(set(self.metrics or ()) & INCEPTIONS.keys())
