"""What to do about a finding: as a setting of ours, and as a change of anybody's code. What acts is in remedies/.

`standing` is what was measured, and where nothing was, who says so. Measured means: on mixtures, 5 to 6 seeds, from
the failed state on (FAILURES.md, section 3), unless it says more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """One remedy in words."""

    name: str
    title: str  # 'Add an R1 penalty to D'
    setting: str  # for `equipoise train`: 'penalties.r1=on penalties.r1.weight=1'; '' where there is none
    code: str  # for a loop of one's own, a few lines of PyTorch; '' where there is none
    standing: str  # what was measured of it, honestly


# ------------------------------------------------------------------------------------------- what D may become

PENALTIES = (
    Advice(
        "r1",
        "Add an R1 penalty to D (zero-centred gradient penalty on reals)",
        "penalties.r1=on penalties.r1.weight=1",
        "real = real.detach().requires_grad_()\n"
        "(g,) = torch.autograd.grad(D(real).sum(), real, create_graph=True)\n"
        "loss_d = loss_d + 0.5 * gamma * g.square().flatten(1).sum(1).mean()  # gamma about 1; 0.1 for points",
        "alone it re-opened at least 7 of 8 modes in 4 of 5 runs that a strong D had collapsed, 0 of 5 by the strict "
        "measure; with both players reset, 5 of 5. No learning rate did",
    ),
    Advice(
        "r2",
        "Add R2 beside R1 (the same penalty on fakes)",
        "penalties.r1=on penalties.r2=on",
        "fake = fake.detach().requires_grad_()\n"
        "(g,) = torch.autograd.grad(D(fake).sum(), fake, create_graph=True)\n"
        "loss_d = loss_d + 0.5 * gamma * g.square().flatten(1).sum(1).mean()",
        "not measured here as a treatment; with relativistic pairs it makes training converge locally (Huang et al. 2024)",
    ),
    Advice(
        "gradient_penalty",
        "Give a Wasserstein critic its Lipschitz constraint (gradient penalty)",
        "penalties.gradient_penalty=on",
        "u = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)\n"
        "mixed = (u * real + (1 - u) * fake.detach()).requires_grad_()\n"
        "(g,) = torch.autograd.grad(D(mixed).sum(), mixed, create_graph=True)\n"
        "loss_d = loss_d + 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()",
        "a critic without any constraint failed in 12 of 12 runs, with this penalty 6 of 6 were healthy; not with batch"
        " norm in D",
    ),
    Advice(
        "spectral_norm",
        "Bound D's slope with spectral normalisation (in place of D's batch norm)",
        "tricks.spectral_norm=on network.normalise=none",
        "for module in D.modules():\n"
        "    if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):\n"
        "        torch.nn.utils.parametrizations.spectral_norm(module)  # before D's optimizer is made",
        "a bound from the start, not a cure of a collapsed run: no recovery was measured; the recipe fashion-mnist trains"
        " with it",
    ),
    Advice(
        "lecam",
        "Tie D's answers together (LeCam)",
        "penalties.lecam=on",
        "# mean_real, mean_fake: moving averages of D's mean logits, from about step 1000 on\n"
        "loss_d = loss_d + 0.3 * ((d_real - mean_fake).relu().square().mean() + (mean_real - d_fake).relu().square().mean())",
        "published for little data, beside augmentation (Tseng et al. 2021); not measured here",
    ),
    Advice(
        "dropout",
        "Dropout in D",
        "tricks.dropout=on tricks.dropout.p=0.3",
        "block = torch.nn.Sequential(block, torch.nn.Dropout(0.3))  # behind D's activations",
        "slows D's learning by heart; not measured here as a treatment",
    ),
    Advice(
        "smaller_d",
        "Take a smaller D",
        "network.width=32",
        "D = Discriminator(width // 2)  # both its layers' widths halved",
        "fewer weights to learn samples by heart with; augmentation comes first. Not measured here (the setting halves G"
        " as well)",
    ),
    Advice(
        "larger_d",
        "Take a larger D",
        "network.width=128",
        "D = Discriminator(2 * width)",
        "for a D that is too small to tell fakes at any rate; try its rate and steps first. Not measured here (the"
        " setting doubles "
        "G as well)",
    ),
)

# ------------------------------------------------------------------------------------------ rates and who moves how often

RATES = (
    Advice(
        "lower_d_rate",
        "Lower D's learning rate to a quarter, together with a penalty on D",
        "tricks.two_rates.d_rate=5e-5 penalties.r1=on",
        "for group in optimizer_d.param_groups:\n    group['lr'] /= 4  # and add an R1 penalty",
        "with R1 and the non-saturating loss it freed 5 of 5 runs from a vanished gradient. Alone it recovered 0 of 16"
        " runs that a "
        "strong D had collapsed, and sent the samples away in 2",
    ),
    Advice(
        "raise_d_rate",
        "Raise D's learning rate, where D is too weak to tell fakes",
        "tricks.two_rates.d_rate=8e-4 tricks.two_rates.g_rate=2e-4 penalties.r1=on",
        "for group in optimizer_d.param_groups:\n    group['lr'] = 4 * g_lr  # with a penalty or spectral normalisation on D",
        "brought back 4 of 5 runs with a weak D at 4 times G's rate; smaller steps up did not. Only for a D near chance:"
        " never where D wins",
    ),
    Advice(
        "two_rates",
        "Two time scales: D at 4 times G's rate, only with a penalty or spectral norm on D",
        "tricks.two_rates.d_rate=4e-4 tricks.two_rates.g_rate=1e-4 penalties.r1=on",
        "optimizer_g = torch.optim.Adam(G.parameters(), 1e-4, betas=(0.0, 0.9))\n"
        "optimizer_d = torch.optim.Adam(D.parameters(), 4e-4, betas=(0.0, 0.9))",
        "with R1 6 of 6 runs were healthy; without a penalty D runs away: at 50 to 1 collapsed or partial 12 of 12",
    ),
    Advice(
        "lower_g_rate",
        "Lower G's learning rate, so that D can follow",
        "tricks.two_rates.g_rate=5e-5",
        "for group in optimizer_g.param_groups:\n    group['lr'] /= 4",
        "the other half of raising D's; not measured alone",
    ),
    Advice(
        "lower_both_rates",
        "Lower both learning rates by 3 to 10",
        "optimizer.lr=5e-5",
        "for optimizer in (optimizer_g, optimizer_d):\n    for group in optimizer.param_groups:\n        group['lr'] /= 5",
        "the first thing after an explosion, from a checkpoint before it; not measured as a cure of a cycle",
    ),
    Advice(
        "lower_beta1",
        "Take Adam's momentum away (beta1 0 instead of 0.9 or 0.5)",
        "optimizer.beta1=0.0",
        "for optimizer in (optimizer_g, optimizer_d):\n    for group in optimizer.param_groups:\n"
        "        group['betas'] = (0.0, group['betas'][1])",
        "on the Dirac-GAN beta1 0 converges, 0.5 and 0.9 do not; on mixtures 0.9 at a high rate cycled in 6 of 6 runs",
    ),
    Advice(
        "more_d_steps",
        "More D steps for each G step",
        "tricks.cadence.d_steps=2",
        "for _ in range(2):\n    train_d(next(batches))\ntrain_g()",
        "for a weak D; 5 steps alone recovered 0 of 5 where its rate was far too low: raise that first",
    ),
    Advice(
        "raise_g_rate",
        "Raise G's learning rate, at most to D's",
        "tricks.two_rates.g_rate=2e-4",
        "for group in optimizer_g.param_groups:\n    group['lr'] = min(4 * group['lr'], d_lr)",
        "the other way to lessen D's lead; not measured alone",
    ),
    Advice(
        "more_g_steps",
        "More G steps for each D step",
        "tricks.cadence.g_steps=2",
        "train_d(next(batches))\nfor _ in range(2):\n    train_g()",
        "for a D that wins; many of them cycle: 15 for one failed in 6 of 6 runs",
    ),
    Advice(
        "warm_restart",
        "Warm restart: rates fall along a cosine",
        "tricks.two_rates.g_schedule=cosine tricks.two_rates.d_schedule=cosine tricks.two_rates.steps=20000",
        "scheduler_g = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer_g, 5000)\n"
        "scheduler_d = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer_d, 5000)",
        "calms a game that turns, for as long as the rates are low; not measured here (the setting falls once, to the end)",
    ),
    Advice(
        "clip_gradients",
        "Clip gradients",
        "tricks.clip_gradients=on",
        "torch.nn.utils.clip_grad_norm_(D.parameters(), 1.0)  # before optimizer_d.step()\n"
        "torch.nn.utils.clip_grad_norm_(G.parameters(), 1.0)  # before optimizer_g.step()",
        "stops single spikes and hides their cause; not measured as a cure",
    ),
)

# ------------------------------------------------------------------------------------------- what D is told

LABELS = (
    Advice(
        "one_sided_smoothing",
        "Smooth D's real labels to 0.9, and only those",
        "tricks.label_smoothing=on",
        "loss_real = bce(D(real), torch.full_like(d_real, 0.9))  # fakes stay at 0",
        "a mild brake from the start on; of collapsed runs it recovered 0 of 5, and it hides a collapse in D's loss (0.33"
        " in place of 0.20)",
    ),
    Advice(
        "label_noise",
        "Noise on D's real labels",
        "tricks.label_noise.real_low=0.8 tricks.label_noise.fake_high=0",
        "loss_real = bce(D(real), torch.empty_like(d_real).uniform_(0.8, 1.0))  # fakes stay at 0",
        "smoothing with the same mean, and noise: prefer smoothing. On fakes it takes away bad samples' incentive to move",
    ),
    Advice(
        "label_flipping",
        "Flip one real label of twenty",
        "tricks.label_flipping.p=0.05 tricks.label_flipping.side=real",
        "target = torch.where(torch.rand_like(d_real) < 0.05, 0.0, 1.0)  # of reals only\nloss_real = bce(D(real), target)",
        "smoothing to 0.95 in expectation, with more variance: prefer smoothing",
    ),
    Advice(
        "instance_noise",
        "Gaussian noise on all that D sees, fading out",
        "tricks.instance_noise.std=0.1 tricks.instance_noise.decay_steps=10000",
        "sigma = 0.1 * max(0.0, 1 - step / 10000)\n"
        "d_real = D(real + sigma * torch.randn_like(real))\n"
        "d_fake = D(fake + sigma * torch.randn_like(fake))",
        "makes the Dirac-GAN converge; brought back 0 of 5 collapsed runs. Against supports that do not overlap, from the"
        " start",
    ),
    Advice(
        "mend_labels",
        "Mend the labels: D's real target 1, D's fake target 0, G's target 1",
        "",
        "loss_d = bce(D(real), torch.ones_like(d_real)) + bce(D(fake.detach()), torch.zeros_like(d_fake))\n"
        "loss_g = bce(D(fake), torch.ones_like(d_fake))",
        "a bug has no other cure: with swapped labels 6 of 6 runs failed, whatever the rates",
    ),
)

# ----------------------------------------------------------------------------------------- the objective and G's goal

GOALS = (
    Advice(
        "non_saturating",
        "Take the non-saturating loss for G",
        "objective=non_saturating",
        "loss_g = torch.nn.functional.softplus(-D(fake)).mean()  # -log D(G(z)), of logits",
        "with R1 and a lower D rate 5 of 5 runs moved again; alone 0 of 5 recovered: they move and then collapse",
    ),
    Advice(
        "switch_objective",
        "Change the objective: relativistic pairs with R1 and R2",
        "objective=relativistic_paired penalties.r1=on penalties.r2=on",
        "loss_d = torch.nn.functional.softplus(d_fake - d_real).mean()\n"
        "loss_g = torch.nn.functional.softplus(d_real - d_fake).mean()  # with R1 and R2 on D",
        "converges locally and found all modes of stacked MNIST (Huang et al. 2024); not measured here as a treatment",
    ),
    Advice(
        "hinge",
        "Take the hinge losses, with spectral normalisation of D",
        "objective=hinge tricks.spectral_norm=on",
        "loss_d = (relu(1 - D(real)) + relu(1 + D(fake))).mean()\nloss_g = -D(fake).mean()",
        "usual since Miyato et al. 2018; D stops pushing where it is sure. Healthy with R1 in 6 of 6 runs",
    ),
    Advice(
        "feature_matching",
        "Let G match the batch mean of D's features, too",
        "tricks.feature_matching=on",
        "matching = (features(real).mean(0) - features(fake).mean(0)).square().sum()  # means, never sample by sample\n"
        "loss_g = loss_g + matching",
        "of batch means: 8 of 8 modes in 5 of 5 runs; compared sample by sample: 1 of 8 in 5 of 5",
    ),
    Advice(
        "packing",
        "Let D judge two samples at a time (PacGAN)",
        "tricks.packing=on",
        "packed = fake.reshape(len(fake) // 2, 2 * fake.shape[1], *fake.shape[2:])  # reals too; D's first layer twice as wide",
        "found 1000 of 1000 modes of stacked MNIST where a DCGAN found 99 (Lin et al. 2018); not measured here as a treatment",
    ),
    Advice(
        "minibatch_stddev",
        "Tell D how much a batch varies",
        "tricks.minibatch_stddev=on",
        "spread = h.std(0, correction=0).mean().expand(len(h), 1)\nh = torch.cat([h, spread], 1)  # before D's last layer",
        "usual since Karras et al. 2018; not measured here as a treatment",
    ),
    Advice(
        "replay",
        "Show D old fakes, too",
        "tricks.replay=on",
        "shown = torch.cat([fake.detach()[: len(fake) // 2], old[: len(fake) - len(fake) // 2]])  # old: kept from"
        " earlier steps",
        "against a D that forgets (Shrivastava et al. 2017); not measured here as a treatment",
    ),
)

# --------------------------------------------------------------------------------------------------- how players move

MOTION = (
    Advice(
        "ema",
        "Sample from an average of G's weights",
        "tricks.ema.decay=0.999",
        "for average, weight in zip(G_average.parameters(), G.parameters()):\n"
        "    average.data.lerp_(weight.data, 0.001)  # after each G step; the average starts as a copy of G",
        "takes the turning out of the samples, not out of the game: running means lay within 0.05 of the Dirac-GAN's"
        " equilibrium",
    ),
    Advice(
        "optimistic",
        "Take optimistic Adam",
        "optimizer.kind=optimistic_adam",
        "# each step: weight -= 2 * lr * direction - lr * direction_before",
        "converges on the Dirac-GAN, where Adam with momentum turns for ever; not measured on images",
    ),
    Advice(
        "extragradient",
        "Take extragradient: look ahead, then move",
        "optimizer.kind=extragradient_adam",
        "# move both players, take their gradients there, go back, and move by those gradients",
        "converges on the Dirac-GAN; a step costs twice as much",
    ),
    Advice(
        "lookahead",
        "Step back every few steps (lookahead)",
        "tricks.lookahead=on",
        "if step % 5 == 0:\n    for weight, slow in zip([*G.parameters(), *D.parameters()], slow_weights):\n"
        "        slow.lerp_(weight.data, 0.5)\n        weight.data.copy_(slow)",
        "k 20 and alpha 0.5 converge on the Dirac-GAN, both orders of moves",
    ),
)

# ---------------------------------------------------------------------------------------------------- little data

DATA = (
    Advice(
        "diff_augment",
        "Augment all that D sees, differentiably (DiffAugment)",
        "tricks.diff_augment=on",
        "d_real, d_fake = D(augment(real)), D(augment(fake))  # the same kinds of changes for both, in G's step as well",
        "published for 100 to some thousand samples (Zhao et al. 2020); not measured here as a treatment",
    ),
    Advice(
        "ada",
        "Augment as strongly as D overfits (ADA)",
        "tricks.adaptive_augment=on",
        "p = min(max(p + step_size * (1 if r_t > 0.6 else -1), 0.0), 0.8)  # every 4 batches; r_t: mean sign of D(real)",
        "CIFAR-10 5.59 to 2.42 FID (Karras et al. 2020). It steers by r_t, which is high where D just wins, too: look at"
        " r_v first",
    ),
    Advice(
        "weaker_augmentation",
        "Augment less, and only by what occurs in the data",
        "tricks.adaptive_augment.ceiling=0.6",
        "p = min(p, 0.6)  # and without turns or colours that the data does not have",
        "above 0.8 augmentations leak (Karras et al. 2020, section 2.2)",
    ),
    Advice(
        "augment_both",
        "Augment what D sees of fakes as well, in both players' steps",
        "tricks.diff_augment=on",
        "d_real, d_fake = D(augment(real)), D(augment(fake))\nloss_g = loss(D(augment(fake)))  # never the reals alone",
        "augmenting reals alone teaches G the augmentation (Zhao et al. 2020, section 3.1)",
    ),
    Advice(
        "stop",
        "Stop, and take the best checkpoint so far",
        "",
        "state = torch.load('best.pt', weights_only=True)\nG.load_state_dict(state)",
        "on little data samples get worse after their best; what is lost is not learned again",
    ),
)

# ------------------------------------------------------------------------------------------------- starting again

AGAIN = (
    Advice(
        "reset_d",
        "Start D again, keep G",
        "",
        "for module in D.modules():\n    if hasattr(module, 'reset_parameters'):\n        module.reset_parameters()\n"
        "optimizer_d = torch.optim.Adam(D.parameters(), optimizer_d.param_groups[0]['lr'])  # its moments are of the old D",
        "with R1 and D at 4 times G's rate 2 of 5 collapsed runs came back, 4 of 5 to 7 modes; alone with another rate 0 of 5",
    ),
    Advice(
        "reset_both",
        "Start both players again, with R1 and D at 4 times G's rate",
        "penalties.r1=on tricks.two_rates.d_rate=4e-4 tricks.two_rates.g_rate=1e-4",
        "G.apply(initialise), D.apply(initialise)  # or make both anew, and new optimizers",
        "the only treatment that recovered 5 of 5 runs that a strong D had collapsed; it costs what was trained so far",
    ),
    Advice(
        "roll_back",
        "Go back to a checkpoint before the failure, and change something before going on",
        "",
        "state = torch.load('before.pt', weights_only=True)\n"
        "G.load_state_dict(state['G']), D.load_state_dict(state['D'])\n"
        "optimizer_g.load_state_dict(state['optimizer_g']), optimizer_d.load_state_dict(state['optimizer_d'])",
        "the same settings lead to the same place: not a cure by itself",
    ),
    Advice(
        "start_again",
        "Start both players again in a set-up that is known to work",
        "objective=non_saturating penalties.r1=on optimizer.kind=adam tricks.ema=on tricks.two_rates=off tricks.cadence=off",
        "G.apply(initialise), D.apply(initialise)\n"
        "optimizer_g, optimizer_d = (torch.optim.Adam(p.parameters(), 2e-4, betas=(0.5, 0.999)) for p in (G, D))\n"
        "# the non-saturating loss, R1 on D, one step each, samples from an average of G",
        "the non-saturating loss with R1 was healthy in every run on mixtures; it costs what was trained so far",
    ),
    Advice(
        "start_again_slower",
        "The same at a third of the rates, with three times the R1",
        "objective=non_saturating penalties.r1.weight=3 optimizer.kind=adam optimizer.lr=7e-5",
        "optimizer_g, optimizer_d = (torch.optim.Adam(p.parameters(), 7e-5, betas=(0.5, 0.999)) for p in (G, D))",
        "the next thing where start_again failed",
    ),
    Advice(
        "go_back",
        "Go back to a checkpoint before the failure, and on from there in a set-up that is known to work",
        "objective=non_saturating penalties.r1=on tricks.two_rates=off tricks.cadence=off",
        "# as roll_back, with fresh optimizers, the non-saturating loss and R1 on D",
        "keeps what was learned before the failure",
    ),
    Advice(
        "new_d",
        "Start D again, keep G, and go on in a set-up that is known to work",
        "objective=non_saturating penalties.r1=on tricks.two_rates=off tricks.cadence=off",
        "# as reset_d, with fresh optimizers, the non-saturating loss and R1 on D",
        "R1 with D's rate and a new D: 2 of 5 collapsed runs came back, 4 of 5 to 7 modes",
    ),
)

# ---------------------------------------------------------------------------------------------- bugs in the wiring

WIRING = (
    Advice(
        "detach",
        "Detach the fakes in D's step, and clear each player's gradients right before its own backward",
        "",
        "optimizer_d.zero_grad()\nloss_d = bce(D(real), ones) + bce(D(fake.detach()),"
        " zeros)\nloss_d.backward()\noptimizer_d.step()\n"
        "optimizer_g.zero_grad()\nloss_g = bce(D(fake), ones)\nloss_g.backward()\noptimizer_g.step()",
        "a bug has no other cure",
    ),
    Advice(
        "scale_data",
        "Scale the data to what G's last layer can give",
        "",
        "real = real * 2 - 1  # [0, 1] for a tanh; real / 127.5 - 1 for bytes",
        "a bug has no other cure; our own data is in [-1, 1] throughout",
    ),
    Advice(
        "fresh_noise",
        "Draw new latents in every step",
        "",
        "z = torch.randn(batch_size, latent, device=real.device)  # inside the loop, and no manual_seed beside it",
        "a bug has no other cure",
    ),
    Advice(
        "train_mode",
        "Call train() on both players after drawing samples",
        "",
        "G.eval()\nwith torch.no_grad():\n    samples = G(fixed_noise)\nG.train()",
        "a bug has no other cure",
    ),
    Advice(
        "standing_statistics",
        "Recompute the running statistics of batch norm before sampling",
        "",
        "for module in G.modules():\n    if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):\n"
        "        module.reset_running_stats()\n        module.momentum = None  # a plain average\n"
        "G.train()\nwith torch.no_grad():\n    for _ in range(64):\n        G(torch.randn(64, latent))\nG.eval()",
        "standing statistics of BigGAN (Brock et al. 2019, appendix); our own samples use them always",
    ),
    Advice(
        "check_optimizers",
        "Check that each optimizer holds the weights of its own player, with a rate above 0",
        "",
        "held = {id(p) for group in optimizer_g.param_groups for p in group['params']}\n"
        "assert all(id(p) in held for p in G.parameters() if p.requires_grad)\n"
        "assert all(group['lr'] > 0 for group in optimizer_g.param_groups)  # the same for D",
        "a bug has no other cure",
    ),
)

ADVICE: dict[str, Advice] = {
    advice.name: advice for group in (PENALTIES, RATES, LABELS, GOALS, MOTION, DATA, AGAIN, WIRING) for advice in group
}
