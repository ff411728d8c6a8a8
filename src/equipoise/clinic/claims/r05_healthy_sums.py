"""R5: where a healthy DCGAN's numbers are said to lie, in the convention that sums D's two terms."""

from equipoise.clinic.claims.reading import Reading, claim, every, well

PARTS = {
    "Loss_D within 0.5 to 2": lambda n: 0.5 <= 2 * n["d_loss"] <= 2.0,  # recorded is the mean of the two terms
    "Loss_G within 2 to 6": lambda n: 2.0 <= n["g_loss"] <= 6.0,
    "D(x) within 0.6 to 0.8": lambda n: 0.6 <= n["d_real"] <= 0.8,
    "D(G(z)) fallen, to 0.2 to 0.5": lambda n: (
        0.2 <= n["d_fake_before"] <= 0.5 and n["d_fake_before"] < n["d_fake_before_first"]
    ),
}

R5 = claim(
    "R5",
    "Healthy, sum convention: Loss_D 0.5-2.0, Loss_G 2-6, D(x) 0.6-0.8, D(G(z)) falling within 0.2-0.5",
    "Means over the last tenth of a run; D(G(z)) is lower then than over the first tenth. All four at once say 'healthy'.",
    Reading("healthy runs", well, every(*PARTS.values()), PARTS),
)
