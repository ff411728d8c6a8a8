"""The page in a real browser, opened from the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from action_lines import decided, treat
from folders import finding, record, run_folder

from equipoise import plain_json
from equipoise.pages.report import report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
EVIL = "</script><img src=x onerror=\"document.title='owned'\"><b>bold</b>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 300 records with two findings, hostile names and a value that is no number."""
    records = [record(i, **{"d/<b>r1</b>": 0.1}) for i in range(1, 301)]
    records[149]["d_loss"] = float("nan")
    run = run_folder(tmp_path_factory.mktemp("runs") / "run", records)
    (run / "recipe.yaml").write_text(f"{(run / 'recipe.yaml').read_text()}about: '{EVIL.replace(chr(39), '')}'\n")
    (run / "data.json").write_text(plain_json.dumps({"name": EVIL, "shape": [1, 28, 28], "length": 60000}))
    (run / "signals.jsonl").write_text("".join(plain_json.dumps(r) + "\n" for r in records))
    late = finding("mode_collapse", since=210, words=EVIL, severity="warning", caused_by="discriminator_dominance")
    said = [{"what": "raised", **finding()}, {"what": "cleared", **finding(step=200)}, {"what": "raised", **late, "step": 220}]
    (run / "findings.jsonl").write_text("".join(plain_json.dumps(one) + "\n" for one in said))
    (run / "equilibrium.json").write_text(
        plain_json.dumps({"answer": EVIL, "reasons": [EVIL], "indicators": {"gap": 0.5, EVIL: {"value": 1}}})
    )
    return report(run)


@pytest.fixture
def page(browser: Any, document: Path) -> Iterator[Any]:
    """The open page; at the end nothing was asked of the network and nothing complained."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if not request.url.startswith("data:") else None)
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(document.as_uri())
    yield tab
    assert asked == [document.as_uri()]
    assert complaints == []
    assert tab.evaluate("document.title") == "run · equipoise"
    tab.close()


def moment(page: Any) -> tuple[str, str, str]:
    """The step that is shown, D's loss there, and the caption of the samples."""
    return (
        page.inner_text("output.now"),
        page.inner_text("#chart-losses .legend li:first-child b"),
        page.inner_text(".samples figcaption"),
    )


def test_it_says_the_verdict_and_draws_every_chart(page: Any) -> None:
    assert page.inner_text("#verdict h2") == "No failure at the end"
    assert page.locator(".chart").count() == 6
    assert page.evaluate(
        "[...document.querySelectorAll('.chart svg')].every((one) => one.querySelector('.mean').getAttribute('d').length > 20)"
    )
    assert page.locator("#chart-losses .level").count() == 2 and page.locator("#chart-losses .band").count() == 2
    assert page.locator("#chart-losses .cross").count() == 1
    assert page.locator("#checklist li").count() == 11
    assert "label_smoothing" in page.inner_text("#made")


def test_the_slider_moves_the_curves_and_the_samples(page: Any) -> None:
    before = page.get_attribute("img.big", "src")
    assert moment(page)[0].startswith("step 300")
    page.evaluate(
        "() => { const s = document.querySelector('.line input'); s.value = 120; s.dispatchEvent(new Event('input')); }"
    )
    now, loss, caption = moment(page)
    assert now.startswith("step 120") and loss == "0.686"  # 0.68 + 0.01 sin 120
    assert "step 100" in caption and "20 steps before the cursor" in caption
    assert page.get_attribute("img.big", "src") != before
    places = page.evaluate("[...document.querySelectorAll('.chart .cursor')].map((one) => Math.round(+one.getAttribute('x1')))")
    assert len(set(places)) == 1 and len(places) == 6


def test_a_press_on_a_curve_moves_all(page: Any) -> None:
    page.locator("#chart-accuracy svg").scroll_into_view_if_needed()
    box = page.locator("#chart-accuracy svg").bounding_box()
    page.mouse.click(box["x"] + 48 + (box["width"] - 60) / 2, box["y"] + 90)
    step = int(moment(page)[0].split()[1])
    assert 145 <= step <= 156
    assert "step 100" in moment(page)[2]


def test_the_keyboard_is_enough(page: Any) -> None:
    page.keyboard.press("Shift+ArrowLeft")
    assert moment(page)[0].startswith("step 200")
    page.keyboard.press("Shift+ArrowLeft")
    assert moment(page)[0].startswith("step 100")
    page.keyboard.press("ArrowRight")
    assert moment(page)[0].startswith("step 103")
    page.focus(".line input")
    page.keyboard.press("Home")
    assert moment(page)[0].startswith("step 1 ") and "later than the cursor" in moment(page)[2]
    page.keyboard.press("End")
    assert moment(page)[0].startswith("step 300")


def test_raw_average_and_reals(page: Any) -> None:
    sources = []
    for kind, alt in (("raw", "G as it is"), ("ema", "running average"), ("real", "Real samples")):
        page.click(f".switch button[data-kind={kind}]")
        assert page.get_attribute(f".switch button[data-kind={kind}]", "aria-pressed") == "true"
        assert alt in page.get_attribute("img.big", "alt")
        sources.append(page.get_attribute("img.big", "src"))
    assert len(set(sources)) == 3


def test_findings_lead_to_their_moment_and_back(page: Any) -> None:
    assert page.locator("#findings .finding").count() == 2
    page.locator("#findings .finding .link").nth(1).click()
    assert moment(page)[0].startswith("step 220") and "step 200" in moment(page)[2]
    page.locator("#chart-losses .pin").nth(0).click()
    assert moment(page)[0].startswith("step 40")
    assert page.evaluate("document.activeElement.classList.contains('finding')")
    assert "accuracy_real: 0.990 > 0.950" in page.inner_text("#finding-1 .evidence")
    assert page.locator("#chart-accuracy .pin").count() == 2 and page.locator("#chart-gradients .pin").count() == 0


def test_smoothing_keeps_the_raw_line_and_scales_change(page: Any) -> None:
    assert page.locator("#chart-losses .raw").count() == 2
    page.select_option(".tools select", "0")
    assert page.locator("#chart-losses .raw").count() == 0 and page.locator("#chart-losses .mean").count() == 2
    before = page.get_attribute("#chart-losses .mean", "d")
    page.check("#log")
    assert page.get_attribute("#chart-losses .mean", "d") != before
    assert "Logarithmic scale" in page.inner_text("#chart-losses")


def test_hostile_names_stay_text(page: Any) -> None:
    assert page.locator("main b:has-text('bold')").count() == 0 and page.locator("img[src=x]").count() == 0
    assert EVIL in page.inner_text("#findings") and EVIL in page.inner_text("#equilibrium") and EVIL in page.inner_text(".head")
    assert "d/<b>r1</b>" in page.inner_text("#chart-terms-1")


def test_were_there_a_hole_the_policy_would_stand_behind_it(browser: Any, document: Path) -> None:
    tab = browser.new_page()
    asked: list[str] = []
    tab.on("requestfinished", lambda request: asked.append(request.url))
    tab.goto(document.as_uri())
    assert tab.evaluate("fetch('https://example.org').then(() => 'fetched', () => 'refused')") == "refused"
    add = "const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s);"
    assert tab.evaluate(f"() => {{ {add} return window.owned ?? 0; }}") == 0
    assert not [url for url in asked if url.startswith("http")]
    tab.close()


def test_a_phone_shows_it_without_scrolling_sideways(browser: Any, document: Path) -> None:
    tab = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
    tab.goto(document.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    outside = "!one.closest('pre, table, .strip') && one.getBoundingClientRect().right > 361"
    beyond = f"[...document.querySelectorAll('main *')].filter((one) => {outside})"
    assert tab.evaluate(f"{beyond}.length") == 0
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    tab.close()


def test_what_a_reader_of_the_screen_needs(page: Any) -> None:
    assert page.locator("img:not([alt])").count() == 0
    assert page.locator(".chart svg:not([aria-label])").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('button')].every((one) => (one.getAttribute('aria-label') || one.textContent).trim())"
    )
    assert page.get_attribute(".line input", "aria-valuetext") == "step 300, epoch 3"


# --------------------------------------------------------------------------------------------------- a treated run


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two treatments, the second on trial, with hostile names, and one finding that nothing treats."""
    run = run_folder(tmp_path_factory.mktemp("runs") / "run", [record(i) for i in range(1, 301)], grids=(30, 100, 200, 300))
    said = {"what": "raised", **finding(since=40, step=50)}
    (run / "findings.jsonl").write_text(plain_json.dumps(said) + "\n")
    settings = {"penalties.r1": {"weight": 1.0}, f"tricks.{EVIL}": True}
    change = {"settings": settings, "fresh": ["G", "D"], "back": True, "leave_out": [EVIL], "rescale": True}
    evil = {"title": EVIL, "remedy": EVIL, "finding": EVIL, "finding_words": EVIL, "numbers": {EVIL: 0.5}, "change": change}
    advised = {"step": 280, "action": "advise", "finding": "data_range", "words": EVIL}
    actions = [treat(), decided("keep"), treat(210, until=330, **evil), advised]
    (run / "actions.jsonl").write_text("".join(plain_json.dumps(one) + "\n" for one in actions))
    return report(run)


@pytest.fixture
def treated_page(browser: Any, treated: Path) -> Iterator[Any]:
    tab = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(treated.as_uri())
    yield tab
    assert complaints == [] and tab.evaluate("document.title") == "run · equipoise"
    tab.close()


def test_a_treatment_says_why_what_and_what_came_of_it(treated_page: Any) -> None:
    assert "2 treatments while it trained: 1 kept, 1 on trial." in treated_page.inner_text("#treatments .lead")
    card = treated_page.inner_text("#treatment-A")
    assert "Add R1" in card and "for finding 1" in card and "kept" in card and "tried until step 120" in card
    assert "The autopilot keeps it: no finding in the 60 steps since." in card
    rows = treated_page.locator("#treatment-A .deed tr").all_inner_texts()
    assert "penalties.r1\toff\tweight 1" in rows and "D loss\t0.0100\t0.600" in rows
    assert treated_page.inner_text("#treatment-A pre") == "'penalties.r1={weight: 1.0}'"
    assert treated_page.locator("#treatment-B pre").count() == 0 and "on trial until step 330" in treated_page.inner_text(
        "#treatment-B"
    )
    assert treated_page.inner_text("#finding-1 .chip") == "treated: A"


def test_its_samples_are_those_before_it_and_at_its_end(treated_page: Any) -> None:
    captions = treated_page.locator("#treatment-A figcaption").all_inner_texts()
    assert captions == ["before: step 30", "at its end: step 100"]
    assert treated_page.locator("#treatment-B figcaption").all_inner_texts() == ["before: step 200", "now: step 300"]
    shown = treated_page.locator("#treatment-A img").nth(1).get_attribute("src")
    treated_page.locator("#treatment-A .pair button").nth(1).click()
    assert moment(treated_page)[0].startswith("step 100") and treated_page.get_attribute("img.big", "src") == shown


def test_its_letter_stands_on_every_curve_and_leads_to_its_card(treated_page: Any) -> None:
    charts = treated_page.locator(".chart").count()
    assert treated_page.locator(".chart .pin.deed").count() == 2 * charts
    box = treated_page.locator("#chart-losses .trial.kept").bounding_box()
    line = treated_page.locator("#chart-losses svg").bounding_box()
    assert box["width"] == pytest.approx((line["width"] - 60) * 60 / 299, abs=1)  # from step 60 to 120 of 1 to 300
    treated_page.locator("#chart-gradients .pin.deed").nth(1).click()
    assert moment(treated_page)[0].startswith("step 210")
    assert treated_page.evaluate("document.activeElement.id") == "treatment-B"
    treated_page.locator(".line .flag.square").nth(0).click()
    assert moment(treated_page)[0].startswith("step 60")
    treated_page.locator("#treatment-A button:has-text('for finding 1')").click()
    assert treated_page.evaluate("document.activeElement.id") == "finding-1"


def test_hostile_actions_stay_text(treated_page: Any) -> None:
    assert treated_page.locator("main b:has-text('bold')").count() == 0 and treated_page.locator("img[src=x]").count() == 0
    card = treated_page.inner_text("#treatment-B")
    assert card.count(EVIL) >= 5 and f"tricks.{EVIL}" in card and f"left out: {EVIL}" in card
    assert EVIL in treated_page.inner_text("#treatments .remark")


def test_a_phone_shows_treatments_without_scrolling_sideways(browser: Any, treated: Path) -> None:
    tab = browser.new_page(viewport={"width": 360, "height": 740})
    tab.goto(treated.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    outside = "!one.closest('pre, table, .strip') && one.getBoundingClientRect().right > 361"
    assert tab.evaluate(f"[...document.querySelectorAll('main *')].filter((one) => {outside}).length") == 0
    tab.close()


def test_an_untreated_run_says_nothing_of_treatments(page: Any) -> None:
    assert page.locator("#treatments").count() == 0 and page.locator(".deed").count() == 0
