"""The ledger: one claim a file, T1 to T17 and R1 to R15."""

from equipoise.clinic.claims import (
    t01_label_smoothing,
    t02_label_flipping,
    t03_feature_matching,
    t04_instance_noise,
    t05_spectral_norm,
    t06_two_rates,
    t07_minibatch_discrimination,
    t08_leaky_relu,
    t09_weaker_discriminator,
    t10_other_objectives,
    t11_cadence,
    t12_quarter_rate,
    t13_label_noise,
    t14_more_data,
    t15_non_saturating,
    t16_adam,
    t17_wild_oscillation,
)
from equipoise.clinic.claims.r01_baseline import R1
from equipoise.clinic.claims.r02_bands import R2
from equipoise.clinic.claims.r03_collapse_or_dominance import R3
from equipoise.clinic.claims.r04_high_loss import R4
from equipoise.clinic.claims.r05_healthy_sums import R5
from equipoise.clinic.claims.r06_collapse import R6
from equipoise.clinic.claims.r07_flat_generator import R7
from equipoise.clinic.claims.r08_swings import R8
from equipoise.clinic.claims.r09_dominance import R9
from equipoise.clinic.claims.r10_falling_curves import R10
from equipoise.clinic.claims.r11_five_patterns import R11
from equipoise.clinic.claims.r12_disjoint_supports import R12
from equipoise.clinic.claims.r13_equilibrium import R13
from equipoise.clinic.claims.r14_success import R14
from equipoise.clinic.claims.r15_metrics import R15
from equipoise.clinic.trial import Claim

READINGS = (R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12, R13, R14, R15)
TRICKS = tuple(
    module.CLAIM
    for module in (
        t01_label_smoothing,
        t02_label_flipping,
        t03_feature_matching,
        t04_instance_noise,
        t05_spectral_norm,
        t06_two_rates,
        t07_minibatch_discrimination,
        t08_leaky_relu,
        t09_weaker_discriminator,
        t10_other_objectives,
        t11_cadence,
        t12_quarter_rate,
        t13_label_noise,
        t14_more_data,
        t15_non_saturating,
        t16_adam,
        t17_wild_oscillation,
    )
)
CLAIMS: dict[str, Claim] = {claim.name: claim for claim in (*TRICKS, *READINGS)}
