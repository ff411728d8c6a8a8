"""Other people's trainers: a Lightning module with manual optimisation, an Ignite step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import loops
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import equipoise

STEPS = 6


def batches() -> list[torch.Tensor]:
    return [torch.randn(loops.BATCH, 2, generator=torch.Generator().manual_seed(i)) + 3 for i in range(STEPS)]


def agree(play: Callable[[bool], tuple[nn.Module, list[dict[str, float]], Any]]) -> None:
    """Watched as unwatched, bit by bit, and what was seen as what was computed."""
    alone, own, _ = play(False)
    watched, same, watch = play(True)
    assert own == same
    assert all(torch.equal(a, b) for a, b in zip(alone.state_dict().values(), watched.state_dict().values(), strict=True))
    assert (watch.diagnosis().objective, watch.diagnosis().convention) == ("non_saturating", "mean")
    for record, mine in zip(watch.signals(), own, strict=True):
        for name, value in mine.items():
            assert record[name] == pytest.approx(value, abs=1e-5), name


def test_lightning_manual_optimisation(tmp_path: Path) -> None:
    pl = pytest.importorskip("pytorch_lightning", reason="needs pytorch-lightning")

    class GAN(pl.LightningModule):  # type: ignore[misc,name-defined]
        """Lightning's own GAN example, in short."""

        def __init__(self) -> None:
            super().__init__()
            self.automatic_optimization = False
            self.generator, self.discriminator = loops.mlps()
            self.own: list[dict[str, float]] = []

        def configure_optimizers(self) -> Any:
            return [loops.adam(self.generator), loops.adam(self.discriminator)], []

        def training_step(self, batch: torch.Tensor, index: int) -> None:
            optimizer_g, optimizer_d = self.optimizers()
            z = torch.randn(len(batch), loops.LATENT).type_as(batch)
            self.toggle_optimizer(optimizer_d)
            on_real, on_fake = self.discriminator(batch), self.discriminator(self.generator(z).detach())
            d_loss = (F.softplus(-on_real).mean() + F.softplus(on_fake).mean()) / 2
            self.manual_backward(d_loss)
            optimizer_d.step()
            optimizer_d.zero_grad()
            self.untoggle_optimizer(optimizer_d)
            self.toggle_optimizer(optimizer_g)
            g_loss = F.softplus(-self.discriminator(self.generator(z))).mean()
            self.manual_backward(g_loss)
            optimizer_g.step()
            optimizer_g.zero_grad()
            self.untoggle_optimizer(optimizer_g)
            self.own.append({"logit_real": loops.mean(on_real), "d_loss": d_loss.item(), "g_loss": g_loss.item()})

    def play(watching: bool) -> tuple[nn.Module, list[dict[str, float]], Any]:
        torch.manual_seed(1)
        gan = GAN()
        trainer = pl.Trainer(
            max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
            default_root_dir=tmp_path, accelerator="cpu",
        )  # fmt: skip
        watch = equipoise.watch(gan.generator, gan.discriminator, every=1, out=False, print=False) if watching else None
        trainer.fit(gan, torch.utils.data.DataLoader(batches(), batch_size=None))
        return gan, gan.own, watch

    agree(play)


def test_ignite_step() -> None:
    pytest.importorskip("ignite", reason="needs pytorch-ignite")
    from ignite.engine import Engine

    def play(watching: bool) -> tuple[nn.Module, list[dict[str, float]], Any]:
        torch.manual_seed(1)
        G, D = loops.mlps()
        opt_g, opt_d = loops.adam(G), loops.adam(D)
        own: list[dict[str, float]] = []

        def step(engine: Engine, real: torch.Tensor) -> dict[str, float]:
            D.zero_grad()
            on_real, fake = D(real), G(torch.randn(len(real), loops.LATENT))
            on_fake = D(fake.detach())
            d_loss = (F.softplus(-on_real).mean() + F.softplus(on_fake).mean()) / 2
            d_loss.backward()
            opt_d.step()
            G.zero_grad()
            g_loss = F.softplus(-D(fake)).mean()
            g_loss.backward()
            opt_g.step()
            own.append({"logit_real": loops.mean(on_real), "d_loss": d_loss.item(), "g_loss": g_loss.item()})
            return own[-1]

        watch = equipoise.watch(G, D, every=1, out=False, print=False) if watching else None
        Engine(step).run(batches(), max_epochs=1)
        return nn.ModuleList([G, D]), own, watch

    agree(play)
