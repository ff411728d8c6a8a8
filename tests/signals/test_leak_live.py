"""A leak on purpose: a G whose D is shown augmented reals and fakes as they are has to learn the augmentation."""

from pathlib import Path

import pytest
from torch import Tensor

import equipoise
from equipoise.data.locate import places
from equipoise.pieces import Card
from equipoise.seeds import Moment
from equipoise.tricks.diff_augment import DiffAugment


class RealsOnly(DiffAugment):
    """The bug: the augmentation stands in the loader, so that D never sees a fake through it."""

    card = Card("reals_only", "Augmented reals", "x -> T(x), G(z) -> G(z)", "a bug", "nothing", "everything", "none")

    def view(self, x: Tensor, at: Moment, *, real: bool) -> Tensor:
        return super().view(x, at, real=real) if real else x


@pytest.mark.slow  # a minute each on an idle core; test_leak.py asks the same of samples that need no training
@pytest.mark.data
@pytest.mark.parametrize("leaks", [True, False])
def test_clothes_that_learn_to_be_shifted(tmp_path: Path, leaks: bool) -> None:
    data = next((place / "fashion-mnist" for place in places() if (place / "fashion-mnist").is_dir()), None)
    if data is None:
        pytest.skip("needs fashion-mnist: EQUIPOISE_DATA")
    recipe = {
        "data": {"kind": "fashion-mnist", "path": str(data)},
        "network": {"kind": "dcgan", "width": 8},
        "optimizer": {"kind": "adam", "lr": 0.001, "beta1": 0.5},
        "batch": 32,
        "latent": 32,
        "steps": 800,
        "exams": {"every_steps": 80},
    }
    tricks = [RealsOnly(policy="translation")] if leaks else {"diff_augment": {}}
    run = equipoise.fit(recipe, out=tmp_path / "run", tricks=tricks)
    found = {change["finding"]["name"] for change in run.findings()}
    assert ("leaking_augmentation" in found) == leaks
