"""R14: the checklist of a training that succeeded."""

from equipoise.clinic.claims.reading import Reading, claim, every, well

PARTS = {
    "D loss settled in 0.4 to 0.8": lambda n: 0.4 <= n["d_loss"] <= 0.8,
    "G loss lower than at the start": lambda n: n["g_loss"] < n["g_loss_first"],
    "few wild jumps": lambda n: max(n["d_loss_jumps"], n["g_loss_jumps"]) <= 0.05,
    "D loss never under 0.1": lambda n: n["d_loss_least"] >= 0.1,
    "samples better than early on": lambda n: n["coverage_wide"] > n["coverage_wide_first"],
    "several classes": lambda n: n["found"] >= 3,
}

R14 = claim(
    "R14",
    "Success after training: D loss settled in 0.4-0.8; G loss lower than at the start; few wild jumps; D loss never under 0.1;"
    " samples better at epoch 50 than at epoch 5; several classes among the samples",
    "Means over the last tenth against the first; few: at most 5 % of the changes between two records are jumps; better: a"
    " higher coverage of held-out reals in the last three exams than in the first; several: three modes or classes at least. As"
    " stated: all six.",
    Reading("healthy runs", well, every(*PARTS.values()), PARTS),
)
