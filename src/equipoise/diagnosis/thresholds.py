"""Every threshold of every rule, in one table, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """A limit, scale-free wherever a scale can be divided out, and its source."""

    value: float
    source: str
    unit: str = ""
    sure: float | None = None  # beyond this, every failure that was measured and nothing healthy

    def __float__(self) -> float:
        return self.value


LOGS = "chosen on 50 published logs with labels (benchmarks/logs.py)"

THRESHOLDS: dict[str, Threshold] = {
    # discriminator_dominance
    "accuracy_dominance": Threshold(
        0.95, "two-mode to 8-mode mixtures: collapse by a strong D reads 0.90-1.0, healthy 0.50-0.70"
    ),
    "d_loss_won": Threshold(0.06, f"of the way from a perfect D to equilibrium; {LOGS}: good images stand above 0.06", "share"),
    "d_loss_won_surely": Threshold(
        0.02, "of the way from a perfect D to equilibrium: JSD >= 98 % of its maximum, and -ln D(G(z)) of a constant D above 4", "share"
    ),
    "d_loss_winning": Threshold(0.12, f"of the way, where D's loss fell and G's rose throughout; {LOGS}", "share"),
    "d_loss_fall": Threshold(0.4, f"last over first fifth of a run; {LOGS}", "ratio"),
    "g_loss_rise": Threshold(2.0, f"last over first fifth of a run; {LOGS}", "ratio"),
    "dominated_long": Threshold(0.4, "share of a run in which G got next to no gradient that distinguishes its samples", "share"),
    "critic_growth": Threshold(3.0, f"a critic's loss estimates a distance, which should shrink (Arjovsky et al. 2017); {LOGS}", "ratio"),
    "critic_trend": Threshold(0.8, f"rank correlation with time: growing throughout; {LOGS}"),
    # divergence
    "loss_exploded": Threshold(100.0, "PyTorch's cross-entropy is cut off at 100: a loss above it has left every useful range"),
    "g_loss_exploded": Threshold(1000.0, "FAILURES.md, section 2: |L_G| > 1e3"),
    "loss_growth": Threshold(30.0, "last over first fifth of a run: more than one order of magnitude and a half", "ratio"),
    # generator_dominance
    "d_loss_lost": Threshold(1.5, "times the loss of a D that says 1/2 of everything: D is worse than a coin"),
    "g_loss_won": Threshold(0.35, "-ln D(G(z)) below it: D takes fakes for real with 70 % or more"),
    # mode_collapse
    "collapse_relation": Threshold(0.15, "relative distance to L_G = ln(1 + 1/rho) of an optimal D (FAILURES.md, 0.4)", "ratio"),
    # no_learning, frozen_training, swapped_labels
    "never_below_chance": Threshold(0.985, "times the loss at equilibrium: a D that learns anything is below it now and then"),
    "both_zero": Threshold(0.02, "of the values at equilibrium, both players: no two opposed losses vanish together", "share"),
    "standstill": Threshold(0.8, "share of exactly equal values; samples and weights that move never repeat a loss to the last digit"),
    # oscillation
    "critic_swing": Threshold(5.0, f"spread of G's loss over D's loss, a critic: its level moves more than its difference; {LOGS}", "ratio"),
    "g_loss_swing": Threshold(12.0, f"90 % over 10 % quantile of G's loss; {LOGS}: good runs up to 6", "ratio"),
    # overfitting
    "r_t": Threshold(0.6, "Karras et al. 2020 (ADA): the target of E[sign D(train)]; above 0.6 also where D dominates (FAILURES.md, 0.8)"),
}
