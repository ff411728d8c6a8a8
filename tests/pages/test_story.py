import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from action_lines import decided, treat
from folders import finding, record, run_folder
from PIL import Image

from equipoise import plain_json
from equipoise.errors import DataError, RunError
from equipoise.pages.report import report, tell

LOG = "".join(
    f"[{e}/200][0/100] Loss_D: {0.9 - e / 4000:.4f} Loss_G: {1.2 + e / 500:.4f} D(x): 0.61 D(G(z)): 0.40 / 0.38\n"
    for e in range(60)
)


def jsonl(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(plain_json.dumps(r) + "\n" for r in records))


def test_a_run_folder_whole(tmp_path: Path) -> None:
    told = tell(run_folder(tmp_path / "calm", [record(i) for i in range(1, 301)]))
    assert told["name"] == "calm" and told["last_step"] == 300 and told["records"] == 300
    assert told["facts"]["objective"] == "non_saturating" and told["facts"]["samples"] == 60000
    assert told["anchors"]["d_loss"]["equilibrium"] == pytest.approx(0.6881, abs=1e-4)
    assert [m["step"] for m in told["grids"]["moments"]] == [100, 200, 300] and told["grids"]["of"] == 3
    assert set(told["grids"]["moments"][0]["pictures"]) == {"raw", "ema"} and told["grids"]["real"].startswith("data:image/png")
    assert {chart["name"] for chart in told["charts"]} == {"losses", "scores", "accuracy", "gradients", "distance"}
    assert told["signals"]["series"]["sliced_wasserstein"]["mean"] == [0.09, 0.08, 0.07]
    assert told["verdict"]["label"] == "healthy" and told["replayed"] is True and told["not_assessed"]
    assert "label_smoothing" in told["recipe"]
    json.dumps(told, allow_nan=False)


def test_findings_that_were_written_down_are_told_not_replayed(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [record(i) for i in range(1, 301)])
    jsonl(run / "findings.jsonl", [{"what": "raised", **finding()}, {"what": "cleared", **finding(step=200)}])
    told = tell(run)
    (one,) = told["findings"]
    assert told["replayed"] is False
    assert (one["name"], one["since"], one["raised"], one["cleared"], one["passed"]) == (
        "discriminator_dominance",
        40,
        90,
        200,
        True,
    )
    assert one["title"].startswith("Discriminator dominance") and one["remedies"][0]["setting"] == "penalties.r1=on"
    assert "discriminator dominance" in told["verdict"]["reasons"][-1]


def test_a_run_that_dies_is_said_to(tmp_path: Path) -> None:
    dying = [
        record(i, d_loss=0.001, g_loss=8.0 + i / 50, d_real=0.999, d_fake_before=0.001, accuracy_real=1.0, accuracy_fake=1.0)
        for i in range(1, 301)
    ]
    told = tell(run_folder(tmp_path / "run", dying))
    assert told["verdict"]["label"] == "discriminator_dominance" and told["verdict"]["tone"] == "bad"
    first = told["findings"][0]
    assert first["name"] == "discriminator_dominance" and first["evidence"] and first["remedies"] and not first["passed"]
    assert told["verdict"]["reasons"][0] == first["evidence"][0]["words"]


def test_equilibrium_where_there_is_an_answer(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [record(i) for i in range(1, 50)])
    assert tell(run)["equilibrium"] is None
    (run / "equilibrium.json").write_text('{"answer": "cycling", "reasons": ["it turns"], "indicators": {"gap": "Infinity"}}')
    assert tell(run)["equilibrium"]["answer"] == "cycling"
    (run / "equilibrium.json").write_text("[1, 2")
    told = tell(run)
    assert told["equilibrium"] is None and "equilibrium.json can't be read and was left out" in told["notes"]


def test_damage_is_left_out_and_said(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [record(i) for i in range(1, 50)])
    lines = (run / "signals.jsonl").read_text().splitlines()
    (run / "signals.jsonl").write_text("\n".join([*lines[:10], "}{", *lines[10:], '{"step": 50, "d_']))
    (run / "data.json").write_text("\x00")
    told = tell(run)
    assert told["records"] == 49
    assert told["notes"] == ["1 damaged lines of signals.jsonl were left out", "data.json can't be read and was left out"]


def test_infinities_and_gaps(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [])
    jsonl(run / "signals.jsonl", [record(1), record(2, d_loss=float("nan")), record(3, d_loss=float("inf"))])
    told = tell(run)
    assert told["signals"]["series"]["d_loss"] == {"axis": 0, "bad": [1, 2], "mean": [0.6884, None, None]}
    json.loads(plain_json.dumps(told))


def test_a_run_without_records_or_grids(tmp_path: Path) -> None:
    told = tell(run_folder(tmp_path / "run", [], grids=()))
    assert (
        told["verdict"]["label"] == "unknown"
        and told["charts"] == []
        and told["grids"] == {"moments": [], "of": 0, "real": None}
    )


def test_a_watched_folder(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    facts = {
        "objective": "hinge",
        "certainty": 0.8,
        "d_equilibrium": 2.0,
        "d_floor": 0.0,
        "source": "watch",
        "notes": ["two D's"],
        "new": 1,
    }
    (tmp_path / "w/watch.json").write_text(json.dumps(facts))
    jsonl(tmp_path / "w/signals.jsonl", [record(i, d_loss=1.7) for i in range(1, 100)])
    told = tell(tmp_path / "w")
    assert told["facts"]["source"] == "watch" and told["anchors"]["d_loss"]["equilibrium"] == 2.0
    assert told["notes"] == ["two D's"] and told["recipe"] == ""


def wobbling(numbers: dict[str, float], i: int) -> dict[str, float]:
    """No loss stands still: exact repeats are another failure."""
    return {name: value * (1 + i % 7 / 20) if name.endswith("loss") else value for name, value in numbers.items()}


def test_a_watched_loop_with_two_discriminators_tells_of_the_worse(tmp_path: Path) -> None:
    dying = {
        "d_loss": 0.001,
        "g_loss": 9.0,
        "d_real": 0.999,
        "d_fake_before": 0.001,
        "accuracy_real": 1.0,
        "accuracy_fake": 1.0,
    }
    for name, more in (("D_A", {}), ("D_B", dying)):
        (tmp_path / "w" / name).mkdir(parents=True)
        (tmp_path / "w" / name / "watch.json").write_text(json.dumps({"objective": "non_saturating", "source": "watch"}))
        jsonl(tmp_path / "w" / name / "signals.jsonl", [record(i, **wobbling(more, i)) for i in range(1, 260)])
    told = tell(tmp_path / "w")
    assert told["name"] == "w: D_B" and "2 discriminators" in told["notes"][0]
    assert told["verdict"]["label"] == "discriminator_dominance"


def test_facts_that_the_run_wrote_are_taken_before_the_recipe(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [record(i) for i in range(1, 50)])
    (run / "facts.json").write_text(
        json.dumps({"objective": "non_saturating", "d_equilibrium": 0.5, "d_floor": 0.1, "notes": []})
    )
    assert tell(run)["anchors"]["d_loss"]["equilibrium"] == 0.5


def test_a_bare_log_has_curves_and_findings(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text(LOG)
    told = tell(tmp_path / "train.log")
    assert told["facts"]["source"] == "log" and told["records"] == 60
    assert {"losses", "scores"} <= {chart["name"] for chart in told["charts"]}
    assert told["grids"]["of"] == 0 and told["not_assessed"]
    assert report(tmp_path / "train.log") == tmp_path / "train.log.html"


def test_what_is_no_run_is_one_clear_line(tmp_path: Path) -> None:
    run_folder(tmp_path / "bursts", [])
    with pytest.raises(RunError, match="did you mean 'bursts'"):
        tell(tmp_path / "burst")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no run and no log"):
        tell(tmp_path / "empty")


def test_telling_needs_no_torch() -> None:
    modules = ", ".join(f"equipoise.pages.{name}" for name in ("story", "material", "page", "summary"))
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_20_000_records_stay_small_and_quick(tmp_path: Path) -> None:
    more = {f"signal_{i}": 0.123456 + i for i in range(12)}
    names = ("logit_real", "logit_fake", "coverage", "diversity_d", "r_t", "r_v")
    line = plain_json.dumps({**record(0), **dict.fromkeys(names, 0.5), **more})[len('{"step": 0') :]
    run = run_folder(tmp_path / "long", [], grids=())
    (run / "signals.jsonl").write_text(
        "".join(f'{{"step": {i}{line.replace("0.123456", f"0.{i:06d}")}\n' for i in range(20_000))
    )
    started = time.perf_counter()
    small = report(run).stat().st_size
    assert time.perf_counter() - started < 20
    assert small < 1.5e6


@pytest.mark.slow
def test_200_000_points_in_full(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "long", [], grids=())
    with (run / "signals.jsonl").open("w") as file:
        for i in range(200_000):
            file.write(plain_json.dumps(record(i, **{f"s{k}": (i * (k + 7) % 1009) / 1009 for k in range(30)})) + "\n")
    started = time.perf_counter()
    size = report(run).stat().st_size
    assert size < 3e6
    assert time.perf_counter() - started < 90


def treated_run(tmp_path: Path, *actions: dict[str, Any], origin: int = 60) -> Path:
    """Found at step 50, treated at step 60, and calm since; a grid every 30 steps, one of them where it is treated."""
    failing = {
        "d_loss": 0.001,
        "g_loss": 9.0,
        "d_real": 0.999,
        "d_fake_before": 0.001,
        "accuracy_real": 1.0,
        "accuracy_fake": 1.0,
    }
    records = [record(i, **(wobbling(failing, i) if i <= 60 else {})) for i in range(1, 301)]
    run = run_folder(tmp_path / "run", records, grids=(30, 60, 90, 120))
    jsonl(run / "findings.jsonl", [{"step": 50, "what": "raised", "finding": finding(since=20, step=50)}])
    jsonl(run / "actions.jsonl", list(actions))
    facts = {"objective": "non_saturating", "d_equilibrium": 0.688, "steps_planned": 240, "origin": origin, "notes": []}
    (run / "facts.json").write_text(json.dumps(facts))
    return run


def test_a_treated_run_is_judged_since_and_shown_whole(tmp_path: Path) -> None:
    told = tell(treated_run(tmp_path, treat(), decided("keep")))
    assert told["verdict"]["label"] == "healthy" and told["verdict"]["title"] == "Healthy, after a treatment"
    assert "Treated while it trained: A kept." in told["verdict"]["reasons"]
    assert told["signals"]["axes"][0]["first"][0] == 1 and told["records"] == 300
    assert told["planned"] == 300


def test_a_treatment_is_tied_to_its_finding_and_the_grids_of_that_moment(tmp_path: Path) -> None:
    told = tell(treated_run(tmp_path, treat(), decided("keep")))
    (one,) = told["treatments"]
    assert one["number"] == 1 and one["finding_title"].startswith("Discriminator dominance")
    assert (one["grid_before"], one["grid_after"]) == (30, 120)  # that of step 60 shows the treated game already
    (found,) = told["findings"]
    assert (found["cleared"], found["ended_by"], found["passed"]) == (60, "A", True)


def test_what_was_undone_shows_no_grid_of_the_game_that_went_back(tmp_path: Path) -> None:
    (one,) = tell(treated_run(tmp_path, treat(), decided("undo"), origin=120))["treatments"]
    assert (one["outcome"], one["grid_after"]) == ("undone", 90)
    (tmp_path / "b").mkdir()
    (one,) = tell(treated_run(tmp_path / "b", treat(95), decided("undo"), origin=120))["treatments"]
    assert (one["grid_before"], one["grid_after"]) == (90, None)


def test_a_treatment_that_began_after_the_finding_had_passed_has_no_number(tmp_path: Path) -> None:
    (one,) = tell(treated_run(tmp_path, treat(finding="mode_collapse")))["treatments"]
    assert one["number"] is None and one["outcome"] == "on trial" and one["grid_after"] == 120


def test_grids_of_treatments_are_among_the_few_that_are_shown(tmp_path: Path) -> None:
    run = treated_run(tmp_path, treat(95), decided("keep", 121), origin=95)
    for step in range(1, 299):
        Image.new("L", (8, 8), step % 256).save(run / "samples" / f"raw-{step:07d}.png")
    told = tell(run)
    shown = [moment["step"] for moment in told["grids"]["moments"]]
    assert told["grids"]["of"] > len(shown) and {94, 121} <= set(shown)
    assert [told["treatments"][0][key] for key in ("grid_before", "grid_after")] == [94, 121]


def test_remarks_are_told_and_damaged_actions_left_out(tmp_path: Path) -> None:
    run = treated_run(tmp_path, {"step": 70, "action": "stop", "finding": "mode_collapse", "words": "stops: <b>"})
    (run / "actions.jsonl").write_text("}{\n" + (run / "actions.jsonl").read_text())
    told = tell(run)
    assert told["remarks"][0]["finding_title"].startswith("Mode collapse") and told["remarks"][0]["words"] == "stops: <b>"
    assert "1 damaged lines of actions.jsonl were left out" in told["notes"]
