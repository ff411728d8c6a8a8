"""What came of a study, as one JSON document. The numbers are given twice: of everybody, and without those whom the plan's
rules set aside. Each rate has Wilson's interval, that over raters, and `low`, `high`: the wider of the two.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from equipoise.judge import plan as plans
from equipoise.judge.answers import Answers, Rater
from equipoise.judge.plan import Plan
from equipoise.judge.staircase import RULES, modal, threshold
from equipoise.judge.statistics import (
    Estimate,
    Floats,
    again,
    binomial,
    bradley_terry,
    holm,
    interval,
    mean_of,
    middle,
    rate,
    resampled,
    sensitivity,
    two_sided,
    wider,
)

Row = dict[str, Any]
STRENGTHS = 2000  # rounds of the bootstrap of strengths, each of which is a fit


def report(folder: Path) -> dict[str, Any]:
    """Everything that is known of a study. RunError and DataError as for a plan; a study without an answer has no results."""
    plan, _ = plans.read(folder)
    answers = Answers(folder, plan)
    everyone = [rater for rater in answers.everyone() if counted(rater)]
    people = [person(plan, rater) for rater in everyone]
    kept = [rater for rater, one in zip(everyone, people, strict=True) if not one["set_aside"]]
    return {
        "study": plan.digest,
        "mode": plan.mode,
        "question": plan.question,
        "sources": [asdict(source) for source in plan.sources],
        "plan": {
            name: getattr(plan, name) for name in ("n", "block", "tutorial", "catch", "mirrored", "raters", "seed", "staircase")
        },
        "rules": asdict(plan.rules),
        "took_part": len(answers.raters),
        "finished": sum(rater.finished for rater in everyone),
        "foreign_answers": answers.foreign,
        "raters": people,
        "all": results(plan, everyone),
        "kept": results(plan, kept),
        "pictures": striking(plan, everyone),
    }


def results(plan: Plan, raters: list[Rater]) -> dict[str, Any] | None:
    rows = [row for rater in raters for row in counted(rater) if row["kind"] == "test"]
    if not rows:
        return None
    found = {"raters": len(raters), "answers": len(rows)}
    if plan.mode == "pairwise":
        return {**found, **of_pairs(plan, raters, rows)}
    times = {"exposure": exposures(plan, raters)} if plan.staircase else {}
    return {**found, **of_singles(plan, raters, rows), **times}


def counted(rater: Rater) -> list[Row]:
    """The answers that are no practice."""
    return [row for row in rater.answers if row["kind"] != "tutorial"]


# ------------------------------------------------------------------------------------------------------------ raters


def person(plan: Plan, rater: Rater) -> dict[str, Any]:
    """One rater: how they did, and by which of the plan's rules they are set aside."""
    rows = counted(rater)
    test = [row for row in rows if row["kind"] == "test"]
    known = [row["right"] for row in test if row["right"] is not None]
    missed = sum(not row["right"] for row in rows if row["kind"] == "catch")
    run = max(len(list(same)) for _, same in groupby(row["key"] for row in rows))
    quick = median(row["rt_ms"] for row in rows)
    rules = plan.rules
    said = [
        f"missed {missed} obvious trials" if missed > rules.catch_missed else "",
        f"the same key {run} times in a row" if run >= rules.same_key else "",
        f"half of the answers within {quick:.0f} ms" if quick < rules.median_ms else "",
    ]
    found = {
        "rater": rater.number,
        "finished": rater.finished,
        "answers": len(test),
        "right": sum(known),
        "of": len(known),
        "catch_missed": missed,
        "longest_run": run,
        "median_ms": round(quick),
        "blurs": sum(row["blurs"] for row in rows),
        "set_aside": [reason for reason in said if reason],
    }
    if plan.mode != "pairwise":
        skill = sensitivity(*signal(plan, test, plan.models))
        found |= {"d": skill.d, "c": skill.c}
    return found


def signal(plan: Plan, rows: list[Row], models: Sequence[int]) -> tuple[int, int, int, int]:
    """(hits, fakes of these models, false alarms, reals): what `sensitivity` asks for."""
    fakes = [row["answer"] == "fake" for row in rows if row["sources"][0] in models]
    reals = [row["answer"] == "fake" for row in rows if row["sources"][0] == plan.real]
    return sum(fakes), len(fakes), sum(reals), len(reals)


def striking(plan: Plan, raters: list[Rater], most: int = 16) -> dict[str, list[Row]]:
    """Pictures that were judged wrongly most often, of either side: fakes taken for real, and reals taken for fake."""
    if plan.mode == "pairwise":
        return {}
    seen: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for rater in raters:
        for row in counted(rater):
            if row["kind"] == "test":
                seen[row["truth"], row["items"][0]].append(not row["right"])
    found: dict[str, list[Row]] = {"fake": [], "real": []}
    for (truth, item), wrong in sorted(seen.items(), key=lambda one: (-sum(one[1]) / len(one[1]), -len(one[1]), one[0])):
        if sum(wrong) and len(found[truth]) < most:
            found[truth].append({"item": item, "wrong": sum(wrong), "of": len(wrong)})
    return found


# ------------------------------------------------------------------------------------------------------- one picture


def of_singles(plan: Plan, raters: list[Rater], rows: list[Row]) -> dict[str, Any]:
    """Error rates, skill and bias of each model, and how models differ."""
    size, real = len(plan.sources), plan.real
    assert real is not None
    columns = np.zeros((len(rows), 2 * size))
    for column, row in zip(columns, rows, strict=True):
        column[2 * row["sources"][0] : 2 * row["sources"][0] + 2] = not row["right"], 1
    draws = again([row["rater"] for row in rows], columns, items_of(rows), plan.seed)
    sums, n = columns.sum(0), len(raters)

    def told(statistic: Callable[[Floats], Floats], binomially: Estimate) -> dict[str, Any]:
        over = interval(binomially.value, statistic(draws), n) if draws is not None else None
        return rated(binomially, over)

    wilson = [rate(int(sums[2 * i]), int(sums[2 * i + 1])) for i in range(size)]
    models = []
    for model in plan.models:
        skills = [sensitivity(*signal(plan, [r for r in counted(one) if r["kind"] == "test"], [model])) for one in raters]
        right = [row["right"] for row in rows if row["sources"][0] in (model, real)]
        models.append(
            {
                "name": plan.sources[model].name,
                "fake_error": told(lambda s, m=model: share(s, m), wilson[model]),  # type: ignore[misc]
                "error": told(lambda s, m=model: (share(s, m) + share(s, real)) / 2, middle(wilson[model], wilson[real])),  # type: ignore[misc]
                "d": asdict(mean_of([one.d for one in skills], [one.variance for one in skills])),
                "c": asdict(mean_of([one.c for one in skills], [one.variance / 4 for one in skills])),
                "binomial_p": binomial(sum(right), len(right)) if n == 1 else None,
            }
        )
    return {
        "real_error": told(lambda s: share(s, real), wilson[real]),
        "models": models,
        "differences": differences(plan, sums, draws, n),
    }


def share(sums: Floats, source: int) -> Floats:
    """Wrong answers of all answers to a source's pictures, [...] of [..., C]; NaN where none was seen."""
    with np.errstate(invalid="ignore"):
        return np.asarray(sums[..., 2 * source] / sums[..., 2 * source + 1])


def differences(plan: Plan, sums: Floats, draws: Floats | None, n: int) -> list[dict[str, Any]]:
    """How much more often one model's pictures were taken for real than another's, by the same raters (a paired bootstrap)."""
    if draws is None:
        return []
    found, ps = [], {}
    for i, one in enumerate(plan.models):
        for other in plan.models[i + 1 :]:
            names = plan.sources[one].name, plan.sources[other].name
            value, drawn = float(share(sums, one) - share(sums, other)), share(draws, one) - share(draws, other)
            ps[" - ".join(names)] = two_sided(drawn)
            found.append({"one": names[0], "other": names[1], **asdict(interval(value, drawn, n) or Estimate(value))})
    return [{**row, "p": p, "holm_p": q} for row, p, q in zip(found, ps.values(), holm(ps).values(), strict=True)]


def exposures(plan: Plan, raters: list[Rater]) -> dict[str, Any]:
    """Of timed plans: how long a picture has to be seen. HYPE-time's score is the mean over raters of the mean over their
    finished blocks of the exposure that was asked for most often; beside it the mean at the staircase's turns.
    """
    scores, turns = [], []
    blocks = -(-plan.n // plan.block)
    for rater in raters:
        rows = [row for row in rater.answers if row["kind"] == "test"]
        times = [[row["asked_ms"] for row in rows if row["block"] == block] for block in range(blocks)]
        ended = [block for at, block in enumerate(times) if len(block) == min(plan.block, plan.n - at * plan.block)]
        if ended:
            scores.append(float(np.mean([modal(block) for block in ended])))
            turns += [turn for block in ended if (turn := threshold(block)) is not None]
    shown = [row["shown_ms"] - row["asked_ms"] for rater in raters for row in rater.answers if row["kind"] == "test"]
    return {
        "raters": len(scores),
        "target": RULES[plan.staircase].target,
        "hype_time_ms": asdict(unspread(scores)),
        "at_turns_ms": float(np.mean(turns)) if turns else math.nan,
        "shown_less_asked_ms": {"median": median(shown), "most": max(shown, key=abs)},
    }


def unspread(values: list[float]) -> Estimate:
    """The mean over raters; without an interval where they are too few."""
    return mean_of(values, [math.inf] * len(values)) if values else Estimate(math.nan)


# ------------------------------------------------------------------------------------------------------------- pairs


def of_pairs(plan: Plan, raters: list[Rater], rows: list[Row]) -> dict[str, Any]:
    """How often one side was chosen over another, strengths on one scale, and whether mirrored pairs were judged alike."""
    size, n = len(plan.sources), len(raters)
    columns = np.zeros((len(rows), size, size))
    for column, row in zip(columns, rows, strict=True):
        left, right = row["sources"]
        column[(left, right) if row["answer"] == "left" else (right, left)] = 1
    flat = columns.reshape(len(rows), -1)
    draws = again([row["rater"] for row in rows], flat, items_of(rows), plan.seed)
    wins = columns.sum(0)
    pairs, ps = [], {}
    for one, other in plan.pairs:
        won, lost = int(wins[one, other]), int(wins[other, one])
        over, p = None, binomial(won, won + lost)
        if draws is not None:
            with np.errstate(invalid="ignore"):
                drawn = draws[:, one * size + other] / (draws[:, one * size + other] + draws[:, other * size + one])
            over, p = interval(0.0, drawn, n), two_sided(drawn - 0.5)
        names = plan.sources[one].name, plan.sources[other].name
        ps[" over ".join(names)] = p
        pairs.append({"one": names[0], "other": names[1], "chosen": rated(rate(won, won + lost), over)})
    corrected = zip(pairs, ps.values(), holm(ps).values(), strict=True)
    return {
        "pairs": [{**pair, "p": p, "holm_p": q} for pair, p, q in corrected],
        "strengths": strengths(plan, flat, rows, draws, n),
        "mirrored": consistency(raters),
        "left": rated(rate(sum(row["key"] == "left" for row in rows), len(rows)), None),
    }


def strengths(plan: Plan, flat: Floats, rows: list[Row], draws: Floats | None, n: int) -> dict[str, Any]:
    """Bradley and Terry's, log odds about their mean; the interval over raters, or over answers where raters are few."""
    size, clusters = len(plan.sources), n
    over = "raters" if draws is not None else "answers"
    if draws is None:
        draws, clusters = resampled(range(len(rows)), flat, rounds=STRENGTHS, seed=plan.seed), len(rows)
    found = bradley_terry(flat.sum(0).reshape(size, size))
    drawn = bradley_terry(draws[:STRENGTHS].reshape(-1, size, size))
    each = [interval(float(found[i]), drawn[:, i], clusters) or Estimate(float(found[i])) for i in range(size)]
    return {
        "interval_over": over,
        "of": [{"name": source.name, **asdict(one)} for source, one in zip(plan.sources, each, strict=True)],
    }


def consistency(raters: list[Rater]) -> dict[str, Any]:
    """How often the same picture was chosen when a pair came again the other way round."""
    same = []
    for rater in raters:
        first = {tuple(row["items"]): row["answer"] for row in rater.answers if row["kind"] == "test"}
        for row in rater.answers:
            if row["kind"] == "mirror":
                same.append(first[tuple(row["items"][::-1])] != row["answer"])
    return rated(rate(sum(same), len(same)), None)


# ------------------------------------------------------------------------------------------------------------ common


def items_of(rows: list[Row]) -> list[list[int]]:
    """The pictures of each answer as numbers."""
    number: dict[str, int] = {}
    return [[number.setdefault(item, len(number)) for item in row["items"]] for row in rows]


def rated(binomially: Estimate, over_raters: Estimate | None) -> dict[str, Any]:
    """A rate with all of its intervals; `low` and `high` are the wider one's."""
    return {
        **asdict(wider(binomially, over_raters)),
        "wilson": [binomially.low, binomially.high],
        "over_raters": None if over_raters is None else [over_raters.low, over_raters.high],
    }
