"""Each rule, on the numbers of runs that failed and of healthy ones (FAILURES.md), and without its signals."""

import math

import pytest
from diagnosis.tracks import EXAMS, STEPS, Curve, run

from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import alarming, diagnose
from equipoise.diagnosis.finding import VERDICTS, Finding, NotAssessed
from equipoise.diagnosis.track import Facts, Track

Changes = dict[str, Curve]


def later(before: float, after: float, at: float = 0.5) -> Curve:
    """One value, and another from a share of the run on."""
    return lambda share: before if share < at else after


STRONG_D: Changes = {
    "accuracy_real": 0.88, "accuracy_fake": 1.0, "d_loss": 0.196, "g_loss": 2.2, "logit_real": 4.0, "logit_fake": -2.2,
    "logit_std": 3.5, "fake_grad": 5.0, "d_real": 0.89, "d_fake_after": 0.11,
}  # fmt: skip
ONE_MODE: Changes = {
    "coverage": 0.1, "coverage_wide": 0.14, "coverage_least": 0.0, "precision_wide": 1.0, "diversity_pixels": 0.02,
    "diversity_encoder": 0.02, "diversity_d": 0.1, "rank_ratio": 0.9,
}  # fmt: skip
GARBAGE: Changes = {
    "coverage": 0.01, "coverage_wide": 0.05, "coverage_least": 0.0, "coverage_d": 0.0, "precision_wide": 0.03,
    "diversity_pixels": 0.8, "diversity_encoder": 0.7,
}  # fmt: skip
WEAK_D: Changes = {
    "accuracy_real": 0.52, "accuracy_fake": 0.5, "d_loss": 0.693, "logit_real": 0.01, "logit_fake": 0.008, "logit_std": 0.03,
    "fake_grad": 0.01,
}  # fmt: skip
SATURATED: Changes = {
    "accuracy_real": 1.0, "accuracy_fake": 1.0, "d_loss": 1e-6, "g_loss": 30.0, "logit_real": 25.0, "logit_fake": -30.0,
    "logit_std": 27.0, "fake_grad": 4e-5, "saturation": 1.0,
}  # fmt: skip
SMALL_DATA: Changes = {"accuracy_train_reals": 0.8, "accuracy_heldout": 0.2, "r_t": 0.6, "r_v": 1.1}

FAILURES: dict[str, tuple[str, Changes]] = {
    "strong D": ("discriminator_dominance", STRONG_D | GARBAGE),
    "strong D, one mode": ("discriminator_dominance", STRONG_D | ONE_MODE),
    "weak D": ("generator_dominance", WEAK_D | GARBAGE),
    "saturated and flat": ("vanishing_gradient", SATURATED | GARBAGE | {"drift": 0.0}),
    "one mode of eight": ("mode_collapse", STRONG_D | ONE_MODE),
    "one mode, D content": ("mode_collapse", ONE_MODE),
    "few outputs": ("mode_collapse", {"duplicates": 0.95, "coverage_wide": 0.1, "coverage": 0.02, "coverage_least": 0.0}),
    "two classes of ten lost": ("mode_collapse", {"coverage_wide": 0.8, "coverage": 0.7, "coverage_least": 0.02}),
    "modes that are points": ("mode_collapse", {"coverage": 0.17, "accuracy_real": 0.9, "accuracy_fake": 0.87}),
    "lost later": ("mode_collapse", {k: later(EXAMS[k], v, 0.6) for k, v in ONE_MODE.items()}),
    "from mode to mode": ("mode_cycling", WEAK_D | GARBAGE | {"drift": 0.8}),
    "turns": ("oscillation", GARBAGE | {"drift": 0.9, "average_distance": 0.9}),
    "NaN": ("divergence", {"d_loss": later(0.6, math.nan, 0.7)}),
    "infinite weights": ("divergence", {"nonfinite": later(0.0, 1.0, 0.9)}),
    "samples far out": ("divergence", {"fake_std_ratio": later(1.0, 8.0)}),
    "logits explode": ("divergence", {"logit_std": lambda t: 0.5 * math.exp(10 * t), "logit_real": lambda t: math.exp(10 * t)}),
    "G stands still": ("no_learning", GARBAGE | {"drift": 1e-5}),
    "D never learned": ("no_learning", WEAK_D | GARBAGE),
    "weights stand still": ("frozen_training", {"g_update": 0.0}),
    "saturated": ("frozen_training", SATURATED | GARBAGE),
    "D is dead": ("frozen_training", {"logit_std": 0.0, "logit_real": 0.0, "logit_fake": 0.0}),
    "a hundred samples": ("overfitting", SMALL_DATA),
    "copies": ("memorisation", SMALL_DATA | {"memorised": 0.77}),
    "turned samples": ("leaking_augmentation", {"augmentation_leak": 0.4}),
    "labels of D swapped": ("swapped_labels", {"push_real": -1.0, "push_fake": -1.0}),
    "sign of G's loss": ("swapped_labels", {"push_g": -1.0}),
    "no detach": ("missing_detach", {"g_grad_in_d_step": 0.3}),
    "bytes against a tanh": ("data_range", {"real_min": 0.0, "real_max": 255.0}),
    "[0, 1] against a tanh": ("data_range", {"real_min": 0.0, "real_max": 1.0}),
    "[-1, 1] against a sigmoid": ("data_range", {"fake_min": 0.0}),
    "latents of before the loop": ("stale_noise", {"latent_repeats": 1.0}),
    "G in eval": ("batch_norm_mode", {"g_eval_mode": 1.0}),
    "D in eval after the first grid": ("batch_norm_mode", {"d_eval_mode": later(0.0, 1.0)}),
    "other samples in eval": ("batch_norm_mode", {"eval_gap": 1.2}),
}

INVERTED: Changes = {
    "accuracy_real": 0.02, "accuracy_fake": 0.03, "logit_real": -8.0, "logit_fake": 8.0, "logit_std": 8.0, "d_loss": 1e-3,
    "g_loss": 1e-3, "d_real": 0.01, "d_fake_after": 0.99,
}  # fmt: skip
HEALTHY: dict[str, Changes] = {
    "as measured": {},
    "at equilibrium": {"accuracy_real": 0.5, "accuracy_fake": 0.5, "d_loss": 0.6931, "logit_real": 0.01, "logit_fake": 0.0,
                       "logit_std": 0.1},
    "a low D loss and good samples": STRONG_D,
    "a D that is always right and good samples": {"accuracy_real": 0.99, "accuracy_fake": 0.99, "d_loss": 0.05, "g_loss": 6.0},
    "rising": {name: (lambda share, top=EXAMS[name]: top * share) for name in ("coverage", "coverage_wide", "coverage_least")},
    "rising under a D that is ahead": STRONG_D | {"coverage_wide": lambda t: t, "coverage": lambda t: 0.8 * t},
    "moves a lot, covers all": {"drift": 0.6, "average_distance": 0.5},
    "calms down": {"drift": lambda t: 2 * math.exp(-6 * t), "average_distance": lambda t: math.exp(-6 * t)},
    "r_t high, r_v low": {"r_t": 0.9, "accuracy_train_reals": 0.95, "accuracy_heldout": 0.94, "r_v": 0.03},
    "r_v of two small numbers": {"r_v": lambda t: 2 * math.sin(1000 * t)},
    "copies of data far away": {"memorised": 0.54},
    "labels the other way round on purpose": {"push_real": -1.0, "push_fake": -1.0, "push_g": -1.0},
    "latents shared by both steps": {"latent_repeats": 0.5},
    "a dark data set": {"real_min": -1.0, "real_max": -0.2, "fake_min": -1.0, "fake_max": -0.25},
    "standardised data, linear output": {"real_min": -4.0, "real_max": 4.0, "fake_min": -3.5, "fake_max": 3.9},
    "loss falls to its value at equilibrium": {"g_loss": lambda t: 0.7 + 5 * math.exp(-5 * t)},
    "gradients grow a little": {"d_grad": lambda t: 0.3 + 3 * t, "logit_std": lambda t: 0.3 + 3 * t},
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_failure_is_named(case: str, seed: int) -> None:
    name, changes = FAILURES[case]
    diagnosis = diagnose(run(seed=seed, **changes), RULES)
    found = {finding.name: finding for finding in diagnosis.findings if alarming(finding)}
    assert name in found, (diagnosis.verdict, list(found))
    assert diagnosis.verdict in VERDICTS[1:-1]
    finding = found[name]
    assert 0 <= finding.since <= finding.step == 4000
    assert finding.remedies
    for evidence in finding.evidence:
        assert evidence.words and evidence.source
    values = [abs(e.value) for e in finding.evidence if math.isfinite(e.value)]
    assert any(char.isdigit() for char in finding.words) and len(finding.words) > 150, values


@pytest.mark.parametrize("case", HEALTHY)
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("objective", ["non_saturating", "least_squares", "wasserstein"])
def test_a_healthy_run_raises_nothing(case: str, seed: int, objective: str) -> None:
    diagnosis = diagnose(run(objective, seed=seed, noise=0.05, **HEALTHY[case]), RULES)
    assert [finding.name for finding in diagnosis.findings if alarming(finding)] == []
    assert diagnosis.verdict == "healthy"


@pytest.mark.parametrize("case", [case for case in FAILURES if FAILURES[case][0] not in ("divergence", "frozen_training")])
def test_nothing_is_said_of_samples_in_the_first_steps(case: str) -> None:
    """Everybody starts with samples that cover nothing and a D that is right: judged after a few exams."""
    _, changes = FAILURES[case]
    findings = diagnose(run(steps=400, **changes), RULES).findings
    outcomes = {"mode_collapse", "mode_cycling", "generator_dominance", "no_learning", "oscillation", "memorisation"}
    assert not outcomes & {finding.name for finding in findings}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_without_its_signals_says_what_it_needs(name: str) -> None:
    """A track of what no rule asks for."""
    said = RULES[name].judge(Track.of([{"step": i, "seconds": i} for i in range(50)]))
    assert isinstance(said, NotAssessed)
    assert said.name == name
    assert said.needs.startswith("needs ") and said.needs != "needs "


@pytest.mark.parametrize("name", RULES)
def test_no_rule_breaks_on_whatever_a_track_may_hold(name: str) -> None:
    everything = STEPS | EXAMS
    for value in (math.nan, math.inf, -math.inf, 0.0, -1.0, 1e300):
        for points in (1, 2, 7, 300):
            RULES[name].judge(Track.of({"step": i, **dict.fromkeys(everything, value)} for i in range(points)))
    RULES[name].judge(Track.of(({"step": i, signal: 0.5} for i, signal in enumerate(everything)), Facts()))


def without_pushes(**changes: Curve) -> Track:
    """As a run of ours has it, which does not record who pushes whom."""
    found = run(**changes)
    return Track.of(
        (
            {"step": step, **{n: found[n].values[i] for n in STEPS if "push" not in n}}
            for i, step in enumerate(found["d_loss"].steps)
        ),
        found.facts,
    )


def test_labels_that_are_swapped_are_told_by_a_d_that_is_sure_and_wrong_of_both() -> None:
    assert diagnose(without_pushes(**INVERTED), RULES).findings[0].name == "swapped_labels"
    for weak in ({"accuracy_real": 0.4}, {"logit_real": -0.02, "logit_fake": 0.02, "logit_std": 0.03}):  # a D that lags
        names = [finding.name for finding in diagnose(without_pushes(**INVERTED | weak), RULES).findings]
        assert "swapped_labels" not in names


def test_a_d_that_is_sure_is_frozen_only_where_its_answer_is_flat() -> None:
    sure = SATURATED | GARBAGE | {"d_loss": 1e-4}
    frozen = {finding.name for finding in diagnose(run(**sure), RULES).findings}
    alive = {finding.name for finding in diagnose(run(**sure | {"fake_grad": 5.0}), RULES).findings}
    assert frozen - alive == {"frozen_training", "vanishing_gradient"}
    assert "discriminator_dominance" in frozen & alive


def test_a_cause_stands_before_what_it_caused() -> None:
    diagnosis = diagnose(run(**STRONG_D, **ONE_MODE), RULES)
    names = [finding.name for finding in diagnosis.findings if alarming(finding)]
    assert names.index("discriminator_dominance") < names.index("mode_collapse")
    collapse = next(finding for finding in diagnosis.findings if finding.name == "mode_collapse")
    assert collapse.caused_by == "discriminator_dominance"
    assert diagnosis.verdict == "discriminator_dominance"


def test_a_wiring_bug_stands_before_everything() -> None:
    diagnosis = diagnose(run(**STRONG_D, **ONE_MODE, latent_repeats=1.0), RULES)
    assert diagnosis.findings[0].name == "stale_noise"
    assert next(f for f in diagnosis.findings if f.name == "mode_collapse").caused_by == "stale_noise"


def test_since_is_when_it_began() -> None:
    said = RULES["discriminator_dominance"].judge(
        run(noise=0.0, **{k: later(STEPS[k], v, 0.5) for k, v in STRONG_D.items()}, **GARBAGE)  # type: ignore[arg-type]
    )
    assert isinstance(said, Finding)
    assert said.since == pytest.approx(2000, abs=40)


def test_d_loss_at_log_2_means_what_the_samples_mean() -> None:
    """The same D, asleep: healthy where the data is covered, and G playing against nobody where it is not."""
    assert diagnose(run(**WEAK_D), RULES).verdict == "healthy"
    assert diagnose(run(**WEAK_D, **GARBAGE), RULES).verdict == "generator_dominance"
