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
    # D's decisions
    "accuracy_dominance": Threshold(
        0.95, "two-mode to 8-mode mixtures: collapse by a strong D reads 0.90-1.0, healthy 0.50-0.70", sure=0.99
    ),
    "catching_up": Threshold(
        1.4, "D's loss over that of the window before: it rises to its equilibrium as G improves (FAILURES.md, section 3h)"
    ),
    "accuracy_ahead": Threshold(
        0.9, "as accuracy_dominance, where the samples are poor as well: collapse by a strong D reads 0.90-1.0", sure=0.98
    ),
    "accuracy_chance": Threshold(
        0.6,
        "a weak D on mixtures and digits reads 0.45-0.54; chance is 0.5, and healthy games near balance read it too",
        sure=0.5,
    ),
    "accuracy_never": Threshold(
        0.65, "of nine tenths of a run: a D that learns is right more often at the beginning", sure=0.5
    ),
    "accuracy_inverted": Threshold(0.2, "a D that descends its loss is right half of the time at least", sure=0.05),
    "logits_inverted": Threshold(
        -0.5, "D's logits on reals minus those on fakes; swapped labels read -10, a weak D that lags -0.1"
    ),
    "slow_d": Threshold(0.1, "D's update-to-weight ratio over G's: 1 in games of equal rates, 0.01 in those of a weak D"),
    # what G is told
    "fake_grad_vanished": Threshold(
        1e-3, "saturated loss, disjoint supports: 4e-5; healthy mixtures and digits 0.1-3; weak D 0.01", sure=1e-4
    ),
    # the samples, as ratios to reals
    "coverage_poor": Threshold(
        0.35, "share of what reals cover of reals; collapsed 0.10-0.18, weak D 0.00-0.03, healthy 0.29-0.79", sure=0.1
    ),
    "reach_poor": Threshold(
        0.6,
        "the same by wide balls: 4 of 8 modes read 0.48, one 0.14, all of them 1.0 even if each is off by its width",
        sure=0.3,
    ),
    "reach_none": Threshold(
        0.3, "by wide balls: a weak D reads 0.00-0.13, healthy mixtures and digits 0.4-1 after a few exams", sure=0.1
    ),
    "coverage_fallen": Threshold(0.6, "of the run's own best: a healthy run's coverage rises and stays", sure=0.3),
    "coverage_least": Threshold(
        0.2,
        "coverage of the least covered tenth of the data, of what reals cover of it: a class that is missing reads 0",
        sure=0.02,
    ),
    "coverage_least_ever": Threshold(0.3, "in each of those exams: what is only off now and then is no lost part"),
    "coverage_narrow": Threshold(
        0.25,
        "by balls of the 5th neighbour, for a quarter of a run, while D is right: 18 of 25 modes as points read 0.1-0.2;"
        " never below in 240 healthy runs on mixtures and digits",
        sure=0.05,
    ),
    "accuracy_sees": Threshold(0.8, "D tells the fakes; in healthy games on mixtures it is right about 0.5-0.7"),
    "precision_low": Threshold(
        0.6,
        "share of fakes within wide balls of reals; reals read 1, samples off the data near 0: what they leave out means"
        " nothing",
    ),
    "variety_lost": Threshold(
        0.5, "mean distance of fakes over that of reals: collapsed mixtures read 0.03-0.5, healthy ones 0.9-1.1", sure=0.2
    ),
    "variety_complete": Threshold(0.2, "one mode of eight reads 0.03-0.1 of the reals' mean distance", sure=0.05),
    "duplicates": Threshold(
        0.3,
        "near-duplicates among fakes beyond those among reals; few outputs for all latents read 0.9-1, healthy runs 0",
        sure=0.8,
    ),
    "duplicates_most": Threshold(0.5, "as duplicates, whatever the samples reach", sure=0.9),
    "improving": Threshold(
        0.1, "of all data, more than three exams before: medians of three exams of 256 samples differ by 0.05"
    ),
    "drift": Threshold(
        0.5,
        "of the data's scale in 100 steps: weak or wild games read 0.4-2, healthy mixtures 0.02-0.15, digits 0.25-0.4",
        sure=1.0,
    ),
    "drift_none": Threshold(
        0.002, "of the data's scale in 100 steps: samples that stand still (stalled runs read 0)", sure=1e-4
    ),
    "average_distance": Threshold(
        0.4,
        "raw samples from averaged ones, of the data's scale: weak or wild games read 0.4-1.3, healthy digits 0.2-0.4",
        sure=0.8,
    ),
    # generalisation
    "r_v": Threshold(0.2, "Karras et al. 2020; 100 reals read 0.4-1.2, all of them -0.06-0.19, a strong D 0.02-0.05", sure=0.8),
    "heldout_gap": Threshold(
        0.15, "D's accuracy on its reals minus that on held-out ones: 100 reals read 0.3-0.9, all of them 0.0-0.1", sure=0.4
    ),
    "memorised": Threshold(
        0.65,
        "share nearer to a training sample than to a held-out one; 0.5 by chance, 0.46-0.55 healthy, 0.71-0.83 on 100 reals",
        sure=0.75,
    ),
    "augmentation_leak": Threshold(
        0.2,
        "of the way from data to what D is shown of it. Clothes and digits, 13 augmentations, 3 seeds: 1 of 684 clean samples, "
        "poor ones among them, read more, 68 of 69 did where half leaked; on 3 other seeds 1 of 696 and 65 of 70",
        sure=0.6,
    ),
    "augment_p": Threshold(0.8, "Karras et al. 2020, section 2.2: above 0.8 augmentations leak into the samples"),
    "coverage_near": Threshold(
        0.5, "from here on enough fakes lie near the data for their nearest neighbours to mean something"
    ),
    "coverage_off": Threshold(0.1, "below this fakes are off the data, and what they are nearest to is chance"),
    # explosion
    "nonfinite": Threshold(0.0, "every number of a game is finite"),
    "spread_exploded": Threshold(
        4.0, "standard deviation of fakes over that of reals; diverged mixtures read more than 4", sure=10.0
    ),
    "growth_exploded": Threshold(
        100.0, "of its own level in the first fifth; healthy games stay within a factor of 10", sure=1e4
    ),
    "loss_exploded": Threshold(1e3, "a logit of a thousand is beyond every objective at work", sure=1e5),
    # standing still
    "saturated": Threshold(0.95, "share of |logit| > 10, where a sigmoid is 0 or 1 to four digits", sure=0.99),
    "update_none": Threshold(1e-7, "a float32 weight does not change below 6e-8 of its size", sure=1e-9),
    "logit_flat": Threshold(1e-3, "standard deviation of all logits: D gives one answer to everything", sure=1e-5),
    "swing_none": Threshold(
        1e-6, "relative change of a loss over a window; the noise of batches alone is above 1e-3", sure=1e-9
    ),
    # wiring
    "inverted_push": Threshold(-0.5, "1 where both players call up what is real; a correct game reads 1", sure=-0.9),
    "foreign_gradient": Threshold(
        0.01,
        "gradient that the other player's backward left, of one's own when the optimizer steps; 0 in a correct loop",
        sure=0.2,
    ),
    "latent_repeats": Threshold(
        0.9, "share of G's inputs that are those of the pass before; one shared by both steps reads 0.5"
    ),
    "eval_share": Threshold(0.5, "share of training passes in evaluation mode; 0 in a correct loop", sure=0.9),
    "eval_gap": Threshold(0.5, "distance of samples in evaluation and in training mode, of the data's scale", sure=1.5),
    "range_reach": Threshold(
        0.5, "width that G can't reach, of the data's; 0 where the data is scaled to G's last layer", sure=0.9
    ),
    # what losses in logs tell: dominance of D
    "d_loss_won": Threshold(
        0.1,
        f"of the way from a perfect D to equilibrium, a mean: JSD >= 90 % of its maximum by D's own samples; {LOGS}",
        "share",
    ),
    "d_loss_won_clearly": Threshold(0.05, "as above: JSD >= 95 % of its maximum", "share"),
    "d_loss_won_surely": Threshold(0.02, "as above: JSD >= 98 % of its maximum", "share"),
    "g_loss_rise": Threshold(2.0, "last over first fifth of a run", "ratio"),
    "g_loss_hopeless": Threshold(10.0, "-ln D(G(z)): a logit of -10, where a sigmoid is 0 to four digits"),
    "d_loss_ahead": Threshold(0.3, "of the way from a perfect D to equilibrium: D does what G's loss says", "share"),
    "dominated_long": Threshold(
        0.4, "share of a run in which G got next to no gradient that distinguishes its samples", "share"
    ),
    "critic_growth": Threshold(
        2.0, f"a critic's loss estimates a distance, which should shrink (Arjovsky et al. 2017); {LOGS}", "ratio"
    ),
    "critic_trend": Threshold(0.8, f"rank correlation with time: growing throughout; {LOGS}"),
    # ... divergence
    "written_loss_exploded": Threshold(
        100.0, "PyTorch's cross-entropy is cut off at 100: a loss above it has left every useful range"
    ),
    "g_loss_exploded": Threshold(1000.0, "FAILURES.md, section 2: |L_G| > 1e3"),
    "loss_growth": Threshold(30.0, "last over first fifth of a run: more than one order of magnitude and a half", "ratio"),
    # ... dominance of G
    "d_loss_lost": Threshold(1.5, "times the loss of a D that says 1/2 of everything: D is worse than a coin"),
    "g_loss_won": Threshold(0.35, "-ln D(G(z)) below it: D takes fakes for real with 70 % or more"),
    "hinge_ceiling": Threshold(0.93, "of the loss of a constant D: 2, at which a hinge has no more to say", "share"),
    # ... collapse
    "collapse_relation": Threshold(
        0.15, "relative distance to L_G = ln(1 + 1/rho) of an optimal D (FAILURES.md, 0.4)", "ratio"
    ),
    # ... standing still, wiring
    "never_below_chance": Threshold(0.985, "times the loss at equilibrium: a D that learns anything is below it now and then"),
    "pinned_to_chance": Threshold(1.08, "times the loss at equilibrium, the median: D says 1/2, and has no other terms"),
    "both_zero": Threshold(0.02, "of the values at equilibrium, both players: no two opposed losses vanish together", "share"),
    "standstill": Threshold(
        0.8, "share of exactly equal values; samples and weights that move never repeat a loss to the last digit"
    ),
    # ... oscillation
    "critic_swing": Threshold(
        5.0, f"spread of G's loss over D's loss, a critic: its level moves more than its difference; {LOGS}", "ratio"
    ),
    "g_loss_swing": Threshold(12.0, f"90 % over 10 % quantile of G's loss; {LOGS}: good runs up to 6", "ratio"),
    # ... overfitting
    "r_t": Threshold(
        0.6, "Karras et al. 2020 (ADA): the target of E[sign D(train)]; above 0.6 also where D dominates (FAILURES.md, 0.8)"
    ),
}
