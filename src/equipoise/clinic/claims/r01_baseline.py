"""R1: the loss of a discriminator that knows nothing."""

import math
from collections.abc import Sequence
from functools import cache

import torch

from equipoise.clinic.claims.reading import CHANCE, ENOUGH, POOL, Share, entropy, untreated
from equipoise.clinic.trial import Answer, Claim, Outcome, Verdict
from equipoise.networks.dcgan import DCGAN
from equipoise.networks.mlp import MLP
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Targets
from equipoise.seeds import generator

NEAR = 0.1
BATCH, NETWORKS = 64, 20
GAME = OBJECTIVES["non_saturating"]
LABELS = Targets(torch.tensor(1.0), torch.tensor(0.0))


def losses(d_real: torch.Tensor, d_fake: torch.Tensor) -> tuple[float, float]:
    """(D's loss, G's loss), as recorded."""
    return float(GAME.recorded(GAME.d_loss(d_real, d_fake, LABELS))), float(GAME.g_loss(d_fake, d_real))


@cache
def untrained(seed: int) -> tuple[tuple[float, float], ...]:
    """The losses of a fresh MLP and of a fresh DCGAN; noise in [-1, 1] stands in for reals."""
    found = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for network, latent, shape in ((MLP(hidden=64), 4, (2,)), (DCGAN(width=8), 32, (1, 28, 28))):
            G, D = network.build(latent, shape)
            rng = generator("cpu", seed, "baseline")
            real = torch.rand(BATCH, *shape, generator=rng) * 2 - 1
            found.append(losses(D(real), D(G(torch.randn(BATCH, latent, generator=rng)))))
    return tuple(found)


def near(values: Sequence[float]) -> Share:
    return Share(sum(abs(value - math.log(2)) <= NEAR for value in values), len(values))


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    zero = torch.zeros(BATCH)
    closed = max(abs(loss - math.log(2)) for loss in losses(zero, zero))
    fresh = [pair for seed in range(NETWORKS) for pair in untrained(seed)]
    begun = [o.numbers for o in untreated(outcomes) if entropy(o) and "d_loss_start" in o.numbers]
    saturating = [abs(n["g_loss_start"]) for n in begun]  # minimax: G's loss is the negative of what D pays for fakes
    shares = {
        "D, before the first step": near([d for d, _ in fresh]),
        "G, before the first step": near([g for _, g in fresh]),
        "D, first record": near([n["d_loss_start"] for n in begun]),
        "G, first record": near(saturating),
    }
    before, after = list(shares.values())[:2], list(shares.values())[2:]
    answer: Answer = "depends"
    if closed > 1e-6 or any(share.interval[2] < CHANCE for share in before):
        answer = "refuted"
    elif all(share.interval[0] >= ENOUGH and share.interval[1] > CHANCE for share in (*before, *after)):
        answer = "confirmed"
    words = (
        f"Where D says nothing (all logits 0) both losses are log 2 to {closed:.0e}. Within {NEAR} of it are, of untrained"
        f" networks, D's loss in {before[0]} and G's in {before[1]}; of the pool's cross-entropy games, D's first record in"
        f" {after[0]} and G's in {after[1]}: that is a mean over the first steps, and a fast D has left by then."
    )
    table = (("loss", f"within {NEAR} of log 2"), *((name, str(share)) for name, share in shares.items()))
    return Verdict(answer, words, table, {"closed form": closed, **{name: share.numbers for name, share in shares.items()}})


R1 = Claim(
    "R1",
    "Random baseline of the binary cross-entropy: log 2 = 0.693; both networks start near it",
    f"Near: within {NEAR}. Confirmed: the losses at logits 0 are log 2 to six digits, and both D's and G's loss are near it in"
    f" at least {ENOUGH:.0%} (interval above {CHANCE:.0%}) of {2 * NETWORKS} untrained pairs of networks and of the pool's"
    " first records. Refuted: the closed form differs, or untrained networks are mostly elsewhere. Else it depends on when.",
    POOL,
    decide,
)
