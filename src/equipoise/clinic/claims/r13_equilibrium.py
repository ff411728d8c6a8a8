"""R13: the signs of an equilibrium."""

from equipoise.clinic.claims.reading import Reading, claim, every, well

PARTS = {
    "D loss stable at 0.5 to 0.7": lambda n: 0.5 <= n["d_loss"] <= 0.7 and n["d_loss_std"] < 0.1,
    "G loss stable": lambda n: n["g_loss_std"] < 0.1,
    "smooth curves": lambda n: max(n["d_loss_jumps"], n["g_loss_jumps"]) <= 0.05,
    "samples improve, then plateau": lambda n: n["coverage_wide"] > n["coverage_wide_first"] and n["coverage_wide_range"] < 0.2,
    "consistent statistics": lambda n: max(n["d_real_std"], n["d_fake_before_std"]) < 0.1,
}

R13 = claim(
    "R13",
    "Nash equilibrium shows as: D loss stable at 0.5-0.7, G loss stable, smooth curves, samples that improve and then plateau,"
    " consistent statistics over the last batches",
    "Stable: a standard deviation below 0.1 over the last 30 % of the run; so for D(x) and D(G(z)), the statistics. Smooth: at"
    " most 5 % of the changes are jumps. Plateau: coverage of held-out reals is higher than at the first exam and varies by"
    " less than 0.2 over the last three. As stated: all five. True is health: at its equilibrium a game has samples like"
    " the data.",
    Reading("healthy runs", well, every(*PARTS.values()), PARTS),
)
