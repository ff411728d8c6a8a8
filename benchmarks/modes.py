"""Do the 2-D recipes find all modes? `ring` (8) and `grid` (25) with their default recipes, five seeds each.

    python benchmarks/modes.py [--seeds 5]        writes docs/results/modes.json

A mode is covered when a sample of the average generator lies within three standard deviations of its centre; the share of
such samples stands beside it. 2,500 samples, as in Lin et al. 2018.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import record

import equipoise


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=5)
    given = options.parse_args()
    found: dict[str, list[dict[str, float]]] = {"ring": [], "grid": []}
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in found.items():
            for seed in range(given.seeds):
                run = equipoise.fit(name, seed=seed, out=Path(folder) / f"{name}-{seed}")
                last = run.evaluations()[-1]
                row = {"seed": seed, "modes": last["modes"], "of": last["of"], "high_quality": round(last["high_quality"], 4)}
                rows.append(row)
                print(name, row, flush=True)
    record.write("modes", {"runs": found})


if __name__ == "__main__":
    main()
