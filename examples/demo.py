"""The main job in about two minutes on two cores, without a download: a GAN that fails, is diagnosed, treated, and recovers.

make demo        (or: python examples/demo.py [run folder])

`bursts-naive` is the set-up of a notebook on 218 solar radio bursts: a plain DCGAN whose discriminator runs away within the
first epochs. `treat` lets equipoise act on what it finds.
"""

import sys

import equipoise
from equipoise import describe
from equipoise.pages import report
from equipoise.progress import choose

overrides = {
    "treat": True,
    "data.size": 64,  # windows of 64 x 64 instead of 128 x 128
    "epochs": None,
    "steps": 800,
    "exams.every_steps": 40,
    "exams.samples": 64,
    "grids.every_steps": 50,
    "grids.every_epochs": None,
    "checkpoints.every_steps": 400,
    "checkpoints.every_epochs": None,
}

try:
    run = equipoise.fit(
        "bursts-naive",
        out=sys.argv[1] if len(sys.argv) > 1 else None,
        overrides=overrides,
        progress=choose(quiet=False, stream=sys.stdout),
    )
    told = report.write(report.tell(run.path), report.beside(run.path))
except equipoise.EquipoiseError as error:
    sys.exit(f"demo: {error}")
print(describe.result(run))
for action in run.actions():
    print(f"  step {action['step']:>5}  {action['words']}")
print(f"  report        {told}")
