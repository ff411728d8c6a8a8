"""Training loops as people write them, small. Each is attached with one line, `attach(G, D)`, and told nothing else.

A loop is a generator function: it yields, after each step of G, what it knows itself: `real`, `fake` and `after`, the
means of D's outputs on reals and fakes in D's last step and on fakes in G's step, and its losses in the mean convention.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, autograd, nn

Attach = Callable[..., Any]
Own = Iterator[dict[str, float]]
BATCH, LATENT, SIDE = 6, 5, 8


def weights_init(m: nn.Module) -> None:
    if isinstance(m, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(m.weight, 0.0, 0.2)


def dcgan(sigmoid: bool = True, channels: int = 1) -> tuple[nn.Module, nn.Module]:
    netG = nn.Sequential(
        nn.ConvTranspose2d(LATENT, 8, 4, 1, 0, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(True),
        nn.ConvTranspose2d(8, channels, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    last = [nn.Sigmoid()] if sigmoid else []
    netD = nn.Sequential(
        nn.Conv2d(channels, 8, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 1, 4, 1, 0, bias=False),
        *last,
    )
    return netG.apply(weights_init), netD.apply(weights_init)


def mlps(out: int = 2, extra: int = 0) -> tuple[nn.Module, nn.Module]:
    G = nn.Sequential(nn.Linear(LATENT + extra, 16), nn.ReLU(), nn.Linear(16, out))
    D = nn.Sequential(nn.Linear(out + extra, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return G, D


def images(channels: int = 1, n: int = BATCH) -> Tensor:
    return torch.rand(n, channels, SIDE, SIDE) * 2 - 1


def adam(net: nn.Module, lr: float = 2e-3) -> torch.optim.Adam:
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999))


def mean(x: Tensor) -> float:
    return x.detach().float().mean().item()


# ------------------------------------------------------------------------------------------- cross-entropy


def dcgan_tutorial(attach: Attach, real_label: float = 1.0, fake_label: float = 0.0, detach: bool = True) -> Own:
    """PyTorch's DCGAN tutorial: a Sigmoid in netD, one label tensor reused, two backward calls."""
    netG, netD = dcgan()
    attach(netG, netD)
    criterion = nn.BCELoss()
    optimizerD, optimizerG = adam(netD), adam(netG)
    fixed_noise = torch.randn(4, LATENT, 1, 1)
    while True:
        netD.zero_grad()
        real_cpu = images()
        b_size = real_cpu.size(0)
        label = torch.full((b_size,), real_label, dtype=torch.float)
        output = netD(real_cpu).view(-1)
        errD_real = criterion(output, label)
        errD_real.backward()
        D_x = output.mean().item()
        noise = torch.randn(b_size, LATENT, 1, 1)
        fake = netG(noise)
        label.fill_(fake_label)
        output = netD(fake.detach() if detach else fake).view(-1)
        errD_fake = criterion(output, label)
        errD_fake.backward(retain_graph=not detach)
        D_G_z1 = output.mean().item()
        errD = errD_real + errD_fake
        optimizerD.step()
        netG.zero_grad()
        label.fill_(1.0)
        output = netD(fake).view(-1)
        errG = criterion(output, label)
        errG.backward()
        D_G_z2 = output.mean().item()
        optimizerG.step()
        with torch.no_grad():
            netG(fixed_noise).detach().cpu()
        yield {"real": D_x, "fake": D_G_z1, "after": D_G_z2, "d_loss": errD.item() / 2, "g_loss": errG.item()}


def concatenated(attach: Attach, fakes_first: bool = False, shuffled: bool = False) -> Own:
    """One D pass on both, logits, labels in one tensor."""
    G, D = mlps()
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    while True:
        real = torch.randn(BATCH, 2) + 3
        with torch.no_grad():
            fake = G(torch.randn(BATCH, LATENT))
        parts, ones = [real, fake], [torch.ones(BATCH, 1), torch.zeros(BATCH, 1)]
        x = torch.cat(parts[::-1] if fakes_first else parts)
        y = torch.cat(ones[::-1] if fakes_first else ones)
        if shuffled:
            order = torch.randperm(len(x))
            x, y = x[order], y[order]
        logits = D(x)
        d_loss = F.binary_cross_entropy_with_logits(logits, y)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        after = D(G(torch.randn(BATCH, LATENT)))
        g_loss = F.binary_cross_entropy_with_logits(after, torch.ones(BATCH, 1))
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        yield {
            "real": mean(logits[y == 1]),
            "fake": mean(logits[y == 0]),
            "after": mean(after),
            "d_loss": d_loss.item(),
            "g_loss": g_loss.item(),
        }


def generator_first(attach: Attach) -> Own:
    """PyTorch-GAN's gan.py: G's step first, its fakes detached for D, the halved sum."""
    generator, discriminator = mlps()
    discriminator.append(nn.Sigmoid())
    attach(generator, discriminator)
    adversarial_loss = nn.BCELoss()
    optimizer_G, optimizer_D = adam(generator), adam(discriminator)
    d_real = d_fake = d_loss = None
    while True:
        real_imgs = torch.randn(BATCH, 2) + 3
        valid, fake = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
        optimizer_G.zero_grad()
        gen_imgs = generator(torch.randn(BATCH, LATENT))
        after = discriminator(gen_imgs)
        g_loss = adversarial_loss(after, valid)
        g_loss.backward()
        optimizer_G.step()
        if d_loss is not None:  # what a record of G's step is paired with: D's step before it
            yield {"real": d_real, "fake": d_fake, "after": mean(after), "d_loss": d_loss, "g_loss": g_loss.item()}
        optimizer_D.zero_grad()
        on_real, on_fake = discriminator(real_imgs), discriminator(gen_imgs.detach())
        loss = (adversarial_loss(on_real, valid) + adversarial_loss(on_fake, fake)) / 2
        loss.backward()
        optimizer_D.step()
        d_real, d_fake, d_loss = mean(on_real), mean(on_fake), loss.item()


def simultaneous(attach: Attach) -> Own:
    """Both backward passes before both steps."""
    G, D = mlps()
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    while True:
        real = torch.randn(BATCH, 2) + 3
        fake = G(torch.randn(BATCH, LATENT))
        on_real, on_fake = D(real), D(fake.detach())
        d_loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        after = D(fake)
        g_loss = F.softplus(-after).mean()
        opt_g.zero_grad()
        g_loss.backward(inputs=list(G.parameters()))
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        opt_g.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item() / 2,
            "g_loss": g_loss.item(),
        }


def minimax(attach: Attach) -> Own:
    """The saturating game, logits."""
    G, D = mlps()
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    while True:
        real, z = torch.randn(BATCH, 2) + 3, torch.randn(BATCH, LATENT)
        on_real, on_fake = D(real), D(G(z).detach())
        d_loss = -(F.logsigmoid(on_real) + F.logsigmoid(-on_fake)).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        after = D(G(z))
        g_loss = F.logsigmoid(-after).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item() / 2,
            "g_loss": g_loss.item(),
        }


# ------------------------------------------------------------------------------------------------- critics


def wgan_gp(attach: Attach, graph: bool = False) -> Own:
    """caogang's and everybody's WGAN-GP: five critic steps, interpolates, gradients with one and minus one."""
    netG, netD = mlps()
    attach(netG, netD)
    optimizerD, optimizerG = adam(netD), adam(netG)
    while True:
        for _ in range(3):
            netD.zero_grad()
            real = torch.randn(BATCH, 2) + 3
            fake = netG(torch.randn(BATCH, LATENT))
            D_real = netD(real)
            D_fake = netD(fake.detach())
            alpha = torch.rand(BATCH, 1)
            inner = fake if graph else fake.detach()
            interpolates = alpha * real + (1 - alpha) * inner
            if not graph:
                interpolates.requires_grad_(True)
            disc = netD(interpolates)
            (gradients,) = autograd.grad(
                disc, interpolates, torch.ones_like(disc), create_graph=True, retain_graph=True, only_inputs=True
            )
            penalty = ((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10
            (D_fake.mean() - D_real.mean() + penalty).backward()
            optimizerD.step()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        after = netD(netG(torch.randn(BATCH, LATENT)))
        (-after.mean()).backward()
        optimizerG.step()
        for p in netD.parameters():
            p.requires_grad = True
        yield {
            "real": mean(D_real),
            "fake": mean(D_fake),
            "after": mean(after),
            "d_loss": mean(D_fake) - mean(D_real),
            "g_loss": -mean(after),
        }


def wgan_clip(attach: Attach) -> Own:
    """The WGAN paper's: RMSprop, weights clipped after each critic step, backward with gradients one and minus one."""
    netG, netD = mlps()
    attach(netG, netD)
    optimizerD = torch.optim.RMSprop(netD.parameters(), lr=5e-3)
    optimizerG = torch.optim.RMSprop(netG.parameters(), lr=5e-3)
    one = torch.tensor(1.0)
    while True:
        for _ in range(2):
            for p in netD.parameters():
                p.data.clamp_(-0.5, 0.5)
            netD.zero_grad()
            on_real = netD(torch.randn(BATCH, 2) * 2 + 6)
            on_real.mean().backward(one * -1)
            with torch.no_grad():
                noise = torch.randn(BATCH, LATENT)
            fake = netG(noise).data
            on_fake = netD(fake)
            on_fake.mean().backward(one)
            optimizerD.step()
        netG.zero_grad()
        after = netD(netG(torch.randn(BATCH, LATENT)))
        after.mean().backward(one * -1)
        optimizerG.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": mean(on_fake) - mean(on_real),
            "g_loss": -mean(after),
        }


def lsgan(attach: Attach) -> Own:
    """Least squares with the paper's halves."""
    G, D = dcgan(sigmoid=False)
    attach(G, D)
    mse, opt_g, opt_d = nn.MSELoss(), adam(G), adam(D)
    while True:
        fake = G(torch.randn(BATCH, LATENT, 1, 1))
        on_real, on_fake = D(images()), D(fake.detach())
        d_loss = 0.5 * (mse(on_real, torch.ones_like(on_real)) + mse(on_fake, torch.zeros_like(on_fake)))
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        after = D(fake)
        g_loss = 0.5 * mse(after, torch.ones_like(after))
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item(),
            "g_loss": 2 * g_loss.item(),
        }


def hinge_sngan(attach: Attach) -> Own:
    """Hinge with spectral normalisation, whose vectors move in every training pass."""
    G, D = dcgan(sigmoid=False)
    for layer in D:
        if isinstance(layer, nn.Conv2d):
            nn.utils.parametrizations.spectral_norm(layer)
    D.append(nn.Flatten(0))
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D, 2e-2)
    while True:
        for _ in range(2):
            on_real = D(images() * 3)
            with torch.no_grad():
                fake = G(torch.randn(BATCH, LATENT, 1, 1))
            on_fake = D(fake)
            d_loss = F.relu(1.0 - on_real).mean() + F.relu(1.0 + on_fake).mean()
            opt_d.zero_grad()
            d_loss.backward()
            opt_d.step()
        after = D(G(torch.randn(BATCH, LATENT, 1, 1)))
        g_loss = -after.mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item(),
            "g_loss": g_loss.item(),
        }


def r1(attach: Attach, shared: bool = True) -> Own:
    """StyleGAN2's loss: softplus, and R1 on reals; shared with the loss's own pass, or in a lazy pass and step of its own."""
    G, D = mlps()
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    step = 0
    while True:
        real = (torch.randn(BATCH, 2) + 3).requires_grad_(shared)
        on_real, on_fake = D(real), D(G(torch.randn(BATCH, LATENT)).detach())
        d_loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        if shared:
            (slope,) = autograd.grad(on_real.sum(), real, create_graph=True)
            (d_loss + 0.5 * slope.square().sum(1).mean()).backward()
        else:
            d_loss.backward()
        opt_d.step()
        if not shared and step % 3 == 0:
            x = real.detach().requires_grad_(True)
            (slope,) = autograd.grad(D(x).sum(), x, create_graph=True)
            opt_d.zero_grad()
            slope.square().sum(1).mean().backward()
            opt_d.step()
        after = D(G(torch.randn(BATCH, LATENT)))
        g_loss = F.softplus(-after).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        step += 1
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item() / 2,
            "g_loss": g_loss.item(),
        }


def relativistic(attach: Attach) -> Own:
    """R3GAN's pairing."""
    G, D = mlps()
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    while True:
        real = torch.randn(BATCH, 2) + 3
        on_real, on_fake = D(real), D(G(torch.randn(BATCH, LATENT)).detach())
        d_loss = F.softplus(-(on_real - on_fake)).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        after, beside = D(G(torch.randn(BATCH, LATENT))), D(real)
        g_loss = F.softplus(-(after - beside)).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item(),
            "g_loss": g_loss.item(),
        }


# -------------------------------------------------------------------------------------------- conditional, several


class Labelled(nn.Module):
    """A network with a label as its second input, as cgan.py has it."""

    def __init__(self, net: nn.Module, label_last: bool) -> None:
        super().__init__()
        self.label_emb, self.model, self.label_last = nn.Embedding(3, 3), net, label_last

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        parts = (x.view(x.size(0), -1), self.label_emb(labels))
        return self.model(torch.cat(parts if self.label_last else parts[::-1], -1))


def conditional(attach: Attach) -> Own:
    """PyTorch-GAN's cgan.py: labels beside noise and image, least squares."""
    G, D = (Labelled(net, last) for net, last in zip(mlps(2, 3), (False, True), strict=True))
    attach(G, D)
    mse, opt_g, opt_d = nn.MSELoss(), adam(G), adam(D)
    own = None
    while True:
        real, labels = torch.randn(BATCH, 2) + 3, torch.randint(0, 3, (BATCH,))
        valid, fake = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
        opt_g.zero_grad()
        gen_labels = torch.randint(0, 3, (BATCH,))
        gen = G(torch.randn(BATCH, LATENT), gen_labels)
        after = D(gen, gen_labels)
        g_loss = mse(after, valid)
        g_loss.backward()
        opt_g.step()
        if own is not None:
            yield {**own, "after": mean(after), "g_loss": g_loss.item()}
        opt_d.zero_grad()
        on_real, on_fake = D(real, labels), D(gen.detach(), gen_labels)
        d_loss = (mse(on_real, valid) + mse(on_fake, fake)) / 2
        d_loss.backward()
        opt_d.step()
        own = {"real": mean(on_real), "fake": mean(on_fake), "d_loss": d_loss.item()}


def pix2pix(attach: Attach) -> Own:
    """Condition and image concatenated on channels, patches, an L1 term, D's gradients switched off in G's step."""
    netG = nn.Sequential(nn.Conv2d(2, 8, 3, 1, 1), nn.ReLU(), nn.Conv2d(8, 1, 3, 1, 1), nn.Tanh())
    netD = nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 2))
    attach(netG, netD)
    gan, l1 = nn.BCEWithLogitsLoss(), nn.L1Loss()
    optimizer_G, optimizer_D = adam(netG), adam(netD)
    while True:
        real_A, real_B = images(2), images(1) * 0.5
        fake_B = netG(real_A)
        netD.requires_grad_(True)
        optimizer_D.zero_grad()
        pred_fake = netD(torch.cat((real_A, fake_B), 1).detach())
        pred_real = netD(torch.cat((real_A, real_B), 1))
        loss_D_fake, loss_D_real = gan(pred_fake, torch.zeros_like(pred_fake)), gan(pred_real, torch.ones_like(pred_real))
        ((loss_D_fake + loss_D_real) * 0.5).backward()
        optimizer_D.step()
        netD.requires_grad_(False)
        optimizer_G.zero_grad()
        after = netD(torch.cat((real_A, fake_B), 1))
        loss_G_GAN = gan(after, torch.ones_like(after))
        (loss_G_GAN + l1(fake_B, real_B) * 100.0).backward()
        optimizer_G.step()
        yield {
            "real": mean(pred_real),
            "fake": mean(pred_fake),
            "after": mean(after),
            "d_loss": (loss_D_fake + loss_D_real).item() / 2,
            "g_loss": loss_G_GAN.item(),
            "real_max": real_B.max().item(),
        }


class ImagePool:
    """CycleGAN's: with probability one half an old image is shown instead of the new one."""

    def __init__(self, size: int) -> None:
        self.size, self.images = size, []
        self.random = __import__("random").Random(0)

    def query(self, images: Tensor) -> Tensor:
        out = []
        for image in images:
            image = torch.unsqueeze(image.data, 0)
            if len(self.images) < self.size:
                self.images.append(image)
                out.append(image)
            elif self.random.uniform(0, 1) > 0.5:
                at = self.random.randint(0, self.size - 1)
                out.append(self.images[at].clone())
                self.images[at] = image
            else:
                out.append(image)
        return torch.cat(out, 0)


def cyclegan(attach: Attach) -> Own:
    """Two generators under one optimizer, two discriminators, cycles, identities and image pools. Own numbers are D_B's."""
    G_AB, G_BA = (nn.Sequential(nn.Conv2d(1, 8, 3, 1, 1), nn.ReLU(), nn.Conv2d(8, 1, 3, 1, 1), nn.Tanh()) for _ in range(2))
    D_A, D_B = (nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 2)) for _ in range(2))
    attach({"G_AB": G_AB, "G_BA": G_BA}, {"D_A": D_A, "D_B": D_B})
    mse, l1 = nn.MSELoss(), nn.L1Loss()
    optimizer_G = torch.optim.Adam([*G_AB.parameters(), *G_BA.parameters()], lr=2e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam([*D_A.parameters(), *D_B.parameters()], lr=2e-3, betas=(0.5, 0.999))
    pool_A, pool_B = ImagePool(5), ImagePool(5)
    own = None
    while True:
        real_A, real_B = images(n=1), images(n=1) * 0.5
        fake_B, fake_A = G_AB(real_A), G_BA(real_B)
        rec_A, rec_B = G_BA(fake_B), G_AB(fake_A)
        D_A.requires_grad_(False), D_B.requires_grad_(False)
        optimizer_G.zero_grad()
        loss_idt = l1(G_AB(real_B), real_B) + l1(G_BA(real_A), real_A)
        on_A, on_B = D_A(fake_A), D_B(fake_B)
        loss_G = mse(on_A, torch.ones_like(on_A)) + mse(on_B, torch.ones_like(on_B))
        (loss_G + 10 * (l1(rec_A, real_A) + l1(rec_B, real_B)) + 5 * loss_idt).backward()
        optimizer_G.step()
        if own is not None:
            yield {**own, "after": mean(on_B), "g_loss": mse(on_B, torch.ones_like(on_B)).item()}
        D_A.requires_grad_(True), D_B.requires_grad_(True)
        optimizer_D.zero_grad()
        for D, real, fake in ((D_A, real_A, pool_A.query(fake_A)), (D_B, real_B, pool_B.query(fake_B))):
            pred_real, pred_fake = D(real), D(fake.detach())
            loss_D = (mse(pred_real, torch.ones_like(pred_real)) + mse(pred_fake, torch.zeros_like(pred_fake))) * 0.5
            loss_D.backward()
        optimizer_D.step()
        own = {"real": mean(pred_real), "fake": mean(pred_fake), "d_loss": loss_D.item()}


# ------------------------------------------------------------------------------------------ how the step is made


def amp(attach: Attach) -> Own:
    """Mixed precision: autocast in bfloat16, and a GradScaler around both optimizers."""
    G, D = dcgan(sigmoid=False)
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    while True:
        opt_d.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            fake = G(torch.randn(BATCH, LATENT, 1, 1))
            on_real, on_fake = D(images()), D(fake.detach())
            d_loss = F.binary_cross_entropy_with_logits(on_real.float(), torch.ones(BATCH, 1, 1, 1))
            d_loss = d_loss + F.binary_cross_entropy_with_logits(on_fake.float(), torch.zeros(BATCH, 1, 1, 1))
        scaler.scale(d_loss).backward()
        scaler.step(opt_d)
        opt_g.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            after = D(fake)
            g_loss = F.binary_cross_entropy_with_logits(after.float(), torch.ones(BATCH, 1, 1, 1))
        scaler.scale(g_loss).backward()
        scaler.step(opt_g)
        scaler.update()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item() / 2,
            "g_loss": g_loss.item(),
        }


def accumulation(attach: Attach, parts: int = 3) -> Own:
    """Gradients of several small batches before each step."""
    G, D = mlps()
    attach(G, D)
    opt_g, opt_d = adam(G), adam(D)
    while True:
        opt_d.zero_grad()
        told: dict[str, list[Tensor]] = {"real": [], "fake": [], "after": []}
        d_loss = g_loss = 0.0
        for _ in range(parts):
            on_real, on_fake = D(torch.randn(BATCH, 2) + 3), D(G(torch.randn(BATCH, LATENT)).detach())
            loss = (F.softplus(-on_real).mean() + F.softplus(on_fake).mean()) / parts
            loss.backward()
            d_loss += loss.item() / 2
            told["real"].append(on_real), told["fake"].append(on_fake)
        opt_d.step()
        opt_g.zero_grad()
        for _ in range(parts):
            after = D(G(torch.randn(BATCH, LATENT)))
            loss = F.softplus(-after).mean() / parts
            loss.backward()
            g_loss += loss.item()
            told["after"].append(after)
        opt_g.step()
        yield {**{name: mean(torch.cat(t)) for name, t in told.items()}, "d_loss": d_loss, "g_loss": g_loss}


def data_parallel(attach: Attach) -> Own:
    """Both players in DataParallel, the wrappers watched."""
    nets = mlps()
    G, D = (nn.DataParallel(net) for net in nets)
    attach(G, D)
    return plain(G, D)


def compiled(attach: Attach) -> Own:
    """Both players through torch.compile (a backend that needs no compiler)."""
    G, D = (torch.compile(net, backend="eager") for net in mlps())
    attach(G, D)
    return plain(G, D)


def compiled_in_place(attach: Attach) -> Own:
    """Modules that compile themselves."""
    G, D = mlps()
    G.compile(backend="eager"), D.compile(backend="eager")
    attach(G, D)
    return plain(G, D)


def noisy(attach: Attach) -> Own:
    """Instance noise on whatever D sees, added to detached fakes: nothing is left to know a fake by."""
    G, D = mlps()
    attach(G, D)
    return plain(G, D, noise=0.3)


def plain(G: nn.Module, D: nn.Module, noise: float = 0.0) -> Own:
    opt_g, opt_d = adam(G), adam(D)

    def view(x: Tensor) -> Tensor:
        return x + noise * torch.randn_like(x) if noise else x

    while True:
        fake = G(torch.randn(BATCH, LATENT))
        on_real, on_fake = D(view(torch.randn(BATCH, 2) + 3)), D(view(fake.detach()))
        d_loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        after = D(view(fake))
        g_loss = F.softplus(-after).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        yield {
            "real": mean(on_real),
            "fake": mean(on_fake),
            "after": mean(after),
            "d_loss": d_loss.item() / 2,
            "g_loss": g_loss.item(),
        }
