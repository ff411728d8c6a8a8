"""Label noise: each sample has a random label of its own."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Objective, Targets, Trick
from equipoise.seeds import Moment
from equipoise.tricks.label_smoothing import needs_targets, relabel


@dataclass
class LabelNoise(Trick):
    """Labels U(real_low, real_high) instead of 1 and U(fake_low, fake_high) instead of 0, drawn for each logit."""

    real_low: float = 0.8
    real_high: float = 1.0
    fake_low: float = 0.0
    fake_high: float = 0.2

    card: ClassVar[Card] = Card(
        name="label_noise",
        title="Random labels, 0.8 to 1.0 for reals and 0.0 to 0.2 for fakes",
        equation="t_real ~ U(a, b), t_fake ~ U(c, d), one draw per sample",
        source="Chintala et al. 2016 (ganhacks), trick 6",
        helps="A brake on a D that wins, as label smoothing with the same means is, with noise added",
        hurts="A fake label above 0 takes away the bad samples' incentive to move (Salimans et al. 2016, section 3.4)",
        cost="none",
    )

    def check(self) -> None:
        for side in ("real", "fake"):
            low, high = getattr(self, f"{side}_low"), getattr(self, f"{side}_high")
            if not 0 <= low <= high <= 1:
                raise SettingError(f"{side}_low", f"0 <= {side}_low <= {side}_high <= 1 must hold, not {low} and {high}")
        if self.real_low + self.real_high <= self.fake_low + self.fake_high:
            raise SettingError("real_low", "the mean label of reals must be above that of fakes")

    def fits(self, objective: Objective, shape: tuple[int, ...]) -> None:
        needs_targets(self, objective)

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        real = self.real_low + (self.real_high - self.real_low) * at.uniform("label_noise", *d_real.shape)
        fake = self.fake_low + (self.fake_high - self.fake_low) * at.uniform("label_noise", *d_fake.shape)
        return relabel(targets, real, fake)

    def expected_targets(self, real: float, fake: float) -> tuple[float, float]:
        high, low = (self.real_low + self.real_high) / 2, (self.fake_low + self.fake_high) / 2
        return low + (high - low) * real, low + (high - low) * fake
