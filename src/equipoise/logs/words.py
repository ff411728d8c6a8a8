"""What a name in a log means: 'Loss_D', 'critic loss', 'netG err', 'D(G(z))', 'Real acc' and their like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal[
    "loss",
    "penalty",
    "score",
    "accuracy",
    "sign",
    "distance",
    "adversarial",
    "part",
    "epoch",
    "step",
    "of",
    "grad",
    "lr",
    "other",
]

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z]")
GLUED = re.compile(r"^(d|g|c|dis|disc|gen|critic|discriminator|generator)(loss|losses|err|error|cost|acc|real|fake|adv|gan)$")
TERM = re.compile(r"^(d|c)(r|f)$")  # Brownlee's 'dr' and 'df'
GLUED_BACK = re.compile(r"^(loss|err|error|net|cost|acc|opt)(d|g|dis|disc|gen|critic|discriminator|generator)$")


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


D_WORDS = words("d dis disc dsc discr discrim critic crit discriminators")
G_WORDS = words("g gen gener generators")
D_BEGINS, G_BEGINS = ("discrimin", "descrimin", "discirmin", "disriminat", "critic"), ("generator", "generater", "genrator")
WEAK_D, WEAK_G = words("c"), words("a adv adversarial gan dcgan combined")

LOSS = words("loss losses err error errs errors cost l objective bce lossvalue")
REAL = words("real reals true x valid_real positive r")
FAKE = words("fake fakes false generated synthetic synth gz negative f")
PENALTY = words("gp penalty r1 r2 reg regularization regularisation lipschitz lp alp gradpen gpen ortho drift")
ACCURACY = words("acc accuracy accur accs accuracies precision correct")
SCORE = words(
    "score scores prob probs probability probabilities output outputs out pred preds prediction logit logits confidence"
)
SIGN = words("sign signs")
DISTANCE = words("wasserstein wdist wdistance emd distance dist divergence wass w_dist gap wd")
ADVERSARIAL = words("gan adv adversarial fool")
PARTS = words(
    "l1 l2 pix pixel pixelwise fea feat feature features percep perceptual perc cycle cyc idt id identity ident vgg "
    "recon rec reconstruction recons tv kl kld content style fm matching class cls classification aux auxiliary info "
    "mi mse mae ssim msssim seg dice depth edge lpips l1loss latent contrastive ss commit commitment codebook "
    "quantize nll pl path mel stft duration dur"
)
EPOCH = words("epoch epochs ep kimg tick")
STEP = words("step steps iter iters iteration iterations it batch batches i minibatch itr global_step n_iter global idx index")
TIME = words("time eta sec secs seconds elapsed ms mins minutes speed mem memory gpu cpu ram duration_s took timestamp hours")
RATE = words("lr lrs learning rate")
GRADIENT = words("grad grads gradient gradients norm gradnorm")
OTHER = words(
    "fid kid lpips psnr inception recall params parameters seed size count num number total_params shape weight "
    "weights best layer layers channel channels memory ppl samples ratio k n m version v beta alpha gamma lambda "
    "updates update"
)
HELD_OUT = words("val valid validation test eval dev")
FILLING = words(
    "the s of avg average averaged mean running train training total current net network model value values and for "
    "in on at with per info debug log last final curr cur is this new now after before ema smooth smoothed sum "
    "overall main stats"
)
KNOWN = LOSS | REAL | FAKE | ACCURACY | SCORE | SIGN | FILLING | HELD_OUT | DISTANCE  # the rest of a name tells pairs apart

D_OF_X = re.compile(r"\bD\s*\(\s*(?:x|real|real_images?)\s*\)", re.I)
D_OF_GZ = re.compile(r"\bD\s*\(\s*(?:G\s*\(\s*z?\d?\s*\)|fake|x_?hat|G)\s*\)?", re.I)


@dataclass(frozen=True)
class Meaning:
    """Of a name: what is measured, of which player, on reals or on fakes."""

    kind: Kind
    player: str = ""  # 'D', 'G', or ''
    weak: bool = False  # the player is a guess: 'c_loss', 'adversarial loss', 'GAN loss'
    side: str = ""  # 'real', 'fake', or ''
    tag: str = ""  # what is left: 'a' and 'b' of a pair of players
    named: bool = True  # a loss that says so; 'D: 0.6' does not
    held_out: bool = False
    second: bool = False  # the second number of 'D(G(z)): 0.4 / 0.1'


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """In lower case, camel case and glued names taken apart: 'lossD_real' is loss, d, real."""
    found: list[str] = []
    for run in re.findall(r"[A-Za-z0-9]+", name):
        lower = run.lower()
        if lower in PENALTY or lower in PARTS:
            found.append(lower)
            continue
        for part in PART.findall(run):
            word = part.lower()
            glued = GLUED.match(word) or GLUED_BACK.match(word) or TERM.match(word)
            found += glued.groups() if glued else [word]
    return tuple(found)


def player_of(words: tuple[str, ...]) -> tuple[str, bool]:
    """'D' or 'G' or '', and whether that is a guess."""
    for word in words:
        if word in D_WORDS or word.startswith(D_BEGINS):
            return "D", False
        if word in G_WORDS or word.startswith(G_BEGINS):
            return "G", False
    for word in words:
        if word in WEAK_G:
            return "G", True
        if word in WEAK_D:
            return "D", True
    return "", False


def is_player(word: str) -> bool:
    return word in D_WORDS or word in G_WORDS or word.startswith(D_BEGINS) or word.startswith(G_BEGINS)


@lru_cache(maxsize=4096)
def meaning(name: str) -> Meaning:
    """Of a column's name."""
    second = name.endswith("#2")
    name = name.removesuffix("#2")
    if D_OF_X.search(name):
        return Meaning("score", "D", side="real")
    if D_OF_GZ.search(name):
        return Meaning("score", "D", side="fake", second=second)
    parts = words_of(name)
    held = set(parts)
    player, weak = player_of(parts)
    side = "real" if held & REAL else "fake" if held & FAKE else ""
    held_out = bool(held & HELD_OUT)
    known = (
        LOSS
        | REAL
        | FAKE
        | ACCURACY
        | SCORE
        | SIGN
        | FILLING
        | HELD_OUT
        | DISTANCE
        | (ADVERSARIAL if not weak else WEAK_G | WEAK_D)
    )
    tag = "_".join(w for w in parts if w not in known and not is_player(w) and w not in STEP and w not in EPOCH)
    said = Meaning("other", player, weak, side, tag, bool(held & LOSS), held_out, second)

    def of(kind: Kind) -> Meaning:
        return Meaning(kind, player, weak, side, tag, said.named, held_out, second)

    if held & (RATE if held & LOSS else RATE | TIME):
        return of("lr" if held & RATE else "other")
    if held & PENALTY:
        return of("penalty")
    if held & GRADIENT:
        return of("grad")
    if held & ACCURACY:
        return of("accuracy")
    if held & SIGN:
        return of("sign")
    if held & SCORE and not held & LOSS:
        return of("score")
    if held & DISTANCE:
        return of("distance")
    if held & PARTS:
        return of("part")
    if not player or weak:
        if held & EPOCH and not held & LOSS:
            return of("of" if second else "epoch")
        if held & STEP and not held & LOSS:
            return of("of" if second else "step")
    if not player and side and held & LOSS:
        return Meaning("loss", "D", True, side, tag, True, held_out, second)  # 'real_loss' beside 'gen_loss'
    if player and not second:
        if held & OTHER and not held & LOSS:
            return said
        if not held & LOSS and (held & STEP or held & EPOCH):
            return said
        if player == "G" and not weak and held & ADVERSARIAL:
            return of("adversarial")
        if weak and not held & LOSS and not (player == "D" and (side or held & {"1", "2"})):
            return said  # 'c1' and 'c2' are a critic's; 'c', 'a' or 'adv' alone are anything
        return of("loss")
    return said
