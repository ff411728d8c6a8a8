"""One thread a test process, and for the commands that tests start: the suite runs several processes side by side.

For the same reason no example of hypothesis has a deadline: a process that waits for its turn is no slow code.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from hypothesis import settings

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
