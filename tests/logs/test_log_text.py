"""The tolerant reader: every wording of two losses is read as these two losses."""

from pathlib import Path

import pytest

from equipoise import logs
from equipoise.errors import DataError
from equipoise.logs import reader
from equipoise.logs.game import Game, games
from equipoise.logs.source import segments
from equipoise.logs.words import meaning

ROWS = [(0.5, 0.9), (0.52, 0.91), (0.47, 1.25), (0.61, 0.84)]


def only(text: str) -> Game:
    found = games(reader.read(segments(iter(text.split("\n")))))
    assert len(found) == 1, found
    return found[0]


def losses(game: Game) -> list[tuple[float, float]]:
    return list(zip(game.series["d"].values.tolist(), game.series["g"].values.tolist(), strict=True))


LINES = [  # {d} and {g} are the losses, {n} counts from 1
    "[{n}/25][0/1583]\tLoss_D: {d}\tLoss_G: {g}\tD(x): 0.5439\tD(G(z)): 0.5954 / 0.0077",
    "{n} [D loss: {d}, acc.: 50.00%] [G loss: {g}]",
    "{n} [D loss: {d} | D Accuracy: 50.0] [G loss: {g}]",
    "[Epoch {n}/200] [Batch 3/10] [D loss: {d}] [G loss: {g}]",
    "[Epoch {n}/200] [Batch 2/938] [D loss: {d}] [G loss: 3.1, content: 0.1, adv: {g}, pixel: 0.3]",
    "Epoch [{n}/5] Batch 0/937   Loss D: {d}, loss G: {g}",
    "Epoch [    {n}/  50] | d_loss: {d} | g_loss: {g}",
    "Epoch {n}/10... Discriminator Loss: {d}... Generator Loss: {g}",
    "Step {n} => Discriminator: {d} | Generator: {g}",
    "{n}/200 The generator loss: {g}... The discriminator loss: {d}",
    "i: {n} / d_loss: {d} / g_loss: {g}",
    "epochs: {n}/50, Step: 500, D Loss: {d}, G Loss: {g}, Time:04:33:21",
    "Time for epoch {n} is 12.2 sec gen_loss tf.Tensor({g}, shape=(), dtype=float32) disc_loss tf.Tensor({d}, shape=())",
    "Epoch: {n} D loss: tensor({d}, device='cuda:0', grad_fn=<AddBackward0>) G loss: tensor({g}, device='cuda:0')",
    "{{'epoch': {n}, 'D_loss': np.float32({d}), 'G_loss': np.float64({g})}}",
    "{{'G Loss': {g}, 'Epoch': {n}, 'D Loss': {d}}}",
    "2021-01-01 10:00:00,123 INFO train.py:12 step {n} d_loss {d} g_loss {g}",
    "2025-11-11 21:29:53,817 - INFO - Epoch {n}/150 - Loss D: {d}, Loss G: {g}",
    "INFO:root:Epoch {n} - Discriminator Loss: {d} - Generator Loss: {g}",
    "The discriminator loss is {d} and the generator loss is {g}",
    "loss of discriminator {d}, loss of generator {g}",
    "Discriminator: loss={d}, acc=90% | Generator: loss={g}, acc=10%",
    "Discriminator: loss: {d} Generator: loss: {g}",
    "Epoch {n} | D: {d} | G: {g}",
    "Epoch {n} LossD={d} LossG={g}",
    "dloss:{d} gloss:{g}",
    "Iter {n}: errD {d} errG {g} D_x 0.8",
    "G: {g} | D: {d} | GP: 1.0 | SS: 0.3",
    "d: {d}; g: {g}; r1: 0.0100; path: 0.1; mean path: 0.2; augment: 0.1",
    "Step: {n} Progress: 0.1% Elapsed: 0:00:10 Gen_loss: {g} Dis_loss: {d}",
    "| D(G(z)): 0.3 | D(x): 0.7 | errD: {d} | errG: {g} |",
    "epoch {n} critic_loss={d} gen_loss={g} gp=0.1",
    "[D loss: {d}] [GAN loss: {g}]",
    "Adversarial loss: {g} Discriminator loss: {d}",
    "{n}: [D loss: {d}, acc: 0.5]  [A loss: {g}, acc: 1.0]",
    "epoch:{n} G損失:{g} D損失:{d}",
    "step {n}, loss_D={d} (0.61), loss_G={g} (1.3)",
    "\x1b[1mEpoch {n}\x1b[0m \x1b[32mnetD loss\x1b[0m: {d} \x1b[31mnetG loss\x1b[0m: {g}",
    "  3%|▎         | {n}/100 [00:10<05:00,  3.1s/it, d_loss={d}, g_loss={g}]\x1b[A\x1b[A",
    "\r  3%|▎  | {n}/100 [00:10<05:00,  3.1s/it]Epoch [0/8] Batch {n}/3166    Loss D: {d}, loss G: {g}",
    "Discriminator loss at epoch {n}: {d}\nGenerator loss at epoch {n}: {g}",
    "Iter: {n}\nD loss: {d}\nG_loss: {g}\n",
    "Discriminator:\nloss: {d}\nGenerator:\nloss: {g}\n",
]


@pytest.mark.parametrize("line", LINES)
def test_every_wording_is_read(line: str) -> None:
    text = "\n".join(line.format(n=n, d=d, g=g) for n, (d, g) in enumerate(ROWS, 1))
    assert losses(only(text)) == ROWS


@pytest.mark.parametrize(
    "table",
    [
        "epoch   d_loss   g_loss\n{0}",
        "D_loss       acc     G_loss\n{1}",
        "| epoch | D loss | G loss |\n|---|---|---|\n{2}",
        "Epoch,D Loss,G Loss\n{3}",
    ],
)
def test_tables_with_a_header(table: str) -> None:
    rows = [
        "\n".join(f"{n}   {d}   {g}" for n, (d, g) in enumerate(ROWS, 1)),
        "\n".join(f"{d} | 100 | {g} | 2 days, 12:04:16.416641" for d, g in ROWS),
        "\n".join(f"| {n} | {d} | {g} |" for n, (d, g) in enumerate(ROWS, 1)),
        "\n".join(f"{n},{d},{g}" for n, (d, g) in enumerate(ROWS, 1)),
    ]
    assert losses(only("Training begins\n" + table.format(*rows))) == ROWS


def test_numbers_in_all_their_forms() -> None:
    text = "D loss: nan G loss: inf\nD loss: 1.5e-08 G loss: -Infinity\nD loss: 0,5312 G loss: 1e+03\nD loss: .5 G loss: -.25"
    d, g = zip(*losses(only(text)), strict=True)
    assert d[0] != d[0] and d[1:] == (1.5e-08, 0.5312, 0.5)
    assert g == (float("inf"), float("-inf"), 1000.0, -0.25)


def test_steps_with_thousands_and_percent() -> None:
    text = "\n".join(f"iter: {n},000, D loss: 0.5, G loss: 0.7, D acc: 47%" for n in (1, 2, 3))
    game = only(text)
    assert game.unit == "step" and game.series["d"].steps.tolist() == [1000, 2000, 3000]
    assert game.series["accuracy"].values.tolist() == [0.47] * 3


def test_scores_and_accuracies_have_their_roles() -> None:
    game = only("[0/5]\tLoss_D: 0.6\tLoss_G: 0.8\tD(x): 0.7\tD(G(z)): 0.4 / 0.3\n" * 3)
    assert [game.series[role].values[0] for role in ("d_real", "d_fake_before", "d_fake_after")] == [0.7, 0.4, 0.3]
    game = only("[D loss: 0.6] [G loss: 0.8] [Real acc: 0.9] [Fake acc: 0.2]\n" * 3)
    assert [game.series[role].values[0] for role in ("accuracy_real", "accuracy_fake")] == [0.9, 0.2]


def test_terms_on_reals_and_fakes() -> None:
    for line in (
        "(epoch: 1, iters: 100, time: 0.3, data: 0.2) G_GAN: 0.5 G_L1: 10.2 D_real: 0.3 D_fake: 0.4",
        ">1, 1/937, d1=0.3, d2=0.4 g=0.5",
        ">1, 1/937, dr=0.3, df=0.4, g=0.5, a=50, b=40",
        "1 [D loss real: 0.3, fake: 0.4] [G loss: 0.5]",
        "epoch: 3, true_loss: 0.3, fake_loss: 0.4, gen_loss: 0.5",
        "D Loss: R: 0.3 F: 0.4 GP: 0.01\nG Loss: 0.5",
    ):
        game = only(f"{line}\n" * 3)
        assert [game.series[role].values[0] for role in ("d_on_real", "d_on_fake", "g")] == [0.3, 0.4, 0.5], line


def test_outputs_beside_a_total_are_scores() -> None:
    game = only("Epoch 1 D loss: 0.5 G loss: 0.9 D_real: 0.8 D_fake: 0.2\n" * 3)
    assert "d_on_real" not in game.series and game.series["d_real"].values[0] == 0.8


def test_pairs_of_players_are_kept_apart() -> None:
    found = games(reader.read(iter(["D_A: 0.1 G_A: 0.5 cycle_A: 0.6 D_B: 0.2 G_B: 0.7 cycle_B: 0.6"] * 3)))
    assert [(g.tag, g.series["d"].values[0], g.series["g"].values[0]) for g in found] == [("a", 0.1, 0.5), ("b", 0.2, 0.7)]


def test_only_the_last_state_of_keras_bars_counts() -> None:
    lines = []
    for epoch, (d, g) in enumerate(ROWS, 1):
        lines.append(f"Epoch {epoch}/4")
        part = " 1/10 [==>...........] - ETA: 10s - d_loss: 9.9000 - g_loss: 9.9000"
        full = f"10/10 [==============================] - 12s 3ms/step - d_loss: {d} - g_loss: {g}"
        lines.append(part + "\x08" * len(part) + full)
    assert losses(only("\n".join(lines))) == ROWS
    glued = (
        "Epoch 1/9\n 9/10 [===>.] - ETA: 0s - d_loss: 9.9000 - g_loss: 9.9110/10 [=====] - 39s 25ms/step"
        " - d_loss: 0.5 - g_loss: 0.9"
    )
    assert losses(only("\n".join([glued] * 4))) == [(0.5, 0.9)] * 4, "also where the backspaces were lost"


def test_a_bar_that_follows_a_number_at_once() -> None:
    assert list(reader.bars_apart("g_loss: -3.19111094/1094 [===")) == ["g_loss: -3.1911", "1094/1094 [==="]
    assert list(reader.bars_apart("10/10 [=== d_loss: 0.5")) == ["10/10 [=== d_loss: 0.5"]


def test_a_loss_that_is_printed_now_and_then_is_no_player() -> None:
    lines = ["D_A: 0.1 G_A: 0.5"] * 9 + ["D_B: 0.2 G_B: 0.7"]
    assert [game.tag for game in games(reader.read(iter(lines * 3)))] == ["a"]


def test_a_log_of_two_runs_is_judged_by_the_longer(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    first = [f"Epoch {n} d_loss: 0.1 g_loss: 3" for n in range(4)]
    second = [f"Epoch {n} d_loss: 0.6 g_loss: 0.8" for n in range(9)]
    file.write_text("\n".join(first + second))
    log = logs.read(file)
    assert log.games[0].points == 9 and log.games[0].series["d"].values[0] == 0.6
    assert any("2 runs" in note for note in log.notes)


@pytest.mark.parametrize(
    "line",
    [
        "Epoch 1 loss 0.5 acc 0.9 val_loss 0.3",
        "episode 1 actor_loss 0.5 critic_loss 0.9",
        "Epoch 1: Reconstruction_Loss:-371.3, KL_loss:19.4, ELBO:-371.1",
        "50/50 ━━━━ 0s 32ms/step - i_loss: 0.4388 - n_loss: 0.1576",
        "Generator loss: 0.5",
        "a_loss: 0.5 c_loss: 0.9",
        "critic_loss 0.5 adv 0.3 policy_loss 0.2",
    ],
)
def test_what_is_no_gan_is_refused_with_a_reason(line: str, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_text(f"{line}\n" * 20)
    with pytest.raises(DataError, match="no log of a GAN"):
        logs.read(file)


@pytest.mark.parametrize(
    ("name", "player", "kind"),
    [
        ("lossD_real", "D", "loss"),
        ("netG err", "G", "loss"),
        ("val_d_loss", "D", "loss"),
        ("monet_disc_loss", "D", "loss"),
        ("l_g_gan", "G", "adversarial"),
        ("G_L1", "G", "part"),
        ("l_g_pix", "G", "part"),
        ("c_gp", "D", "penalty"),
        ("D_lr", "D", "lr"),
        ("Discriminator acc", "D", "accuracy"),
        ("grad_norm_D", "D", "grad"),
    ],
)
def test_meanings_of_names(name: str, player: str, kind: str) -> None:
    told = meaning(name)
    assert (told.player, told.kind) == (player, kind)
