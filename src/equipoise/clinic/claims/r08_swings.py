"""R8: the signs of training that does not converge."""

from equipoise.clinic.claims.reading import Reading, claim, every, planted

PARTS = {
    "wild swings of the G loss": lambda n: n["g_loss_std"] > abs(n["g_loss"]) / 4,
    "samples that change a lot": lambda n: n["drift"] > 0.5,
}

R8 = claim(
    "R8",
    "Non-convergence shows as wild swings of the G loss and images that change a lot from epoch to epoch",
    "Wild: a standard deviation over the last 30 % of the run above a quarter of the loss itself. A lot: G's samples of the"
    " same noise move by more than half the distance of two reals in 100 steps. True is a planted cause of non-convergence that"
    " did harm: rates ten times too high (wild), an unbounded critic. Runs whose numbers break at once have no curves to read.",
    Reading(
        "runs that do not converge", planted("wild", "unbounded-critic", "no-lipschitz"), every(*PARTS.values()), PARTS, of=None
    ),
)
