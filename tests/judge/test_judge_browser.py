"""A person's whole session in a real browser: by the keyboard, with a reload in the middle, and what is on the disk then."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from studies import kept

from equipoise.judge import plan as plans
from equipoise.judge.answers import Answers
from equipoise.judge.server import Server
from equipoise.judge.session import Study

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
SHOWN = "#trial:not([hidden]) #left:enabled"  # a picture is there and a key would answer


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    plan, pixels = plans.read(folder)
    server = Server(Study(plan, pixels, Answers(folder, plan)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def visiting(browser: Any, server: Server, **how: Any) -> Iterator[Any]:
    """A page of a browser of its own; at the end nothing was asked of anybody else, and nothing complained."""
    context = browser.new_context(viewport={"width": 1000, "height": 760}, reduced_motion="reduce", **how)
    tab = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_default_timeout(8000)
    tab.goto(server.url)
    yield tab
    context.close()
    assert [url for url in asked if not url.startswith((server.url, "data:"))] == []
    assert complaints == []


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two to practise with, where the tutorial is not the point."""
    monkeypatch.setattr(plans, "TUTORIAL", 2)


def press(tab: Any, key: str) -> None:
    """Answer with a key, once a key would count."""
    tab.wait_for_selector(SHOWN)
    tab.wait_for_timeout(230)  # sooner is a slip
    tab.keyboard.press(key)


def go(tab: Any) -> str:
    """The title of the card that is shown, which the space bar then leaves."""
    tab.wait_for_selector("#card:not([hidden])")
    title: str = tab.inner_text("#title")
    tab.keyboard.press("Space")
    return title


def go_on(tab: Any) -> None:
    """From the tutorial's answer to the next picture."""
    tab.wait_for_selector("#next:not([hidden])")
    tab.keyboard.press("Space")
    tab.wait_for_selector("#next", state="hidden")


def answers(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]


def where(tab: Any) -> str:
    found: str = tab.inner_text("#where")
    return found


@pytest.mark.usefixtures("short")
def test_a_whole_session_by_the_keyboard(browser: Any, tmp_path: Path) -> None:
    plan = kept(tmp_path, n=8, raters=1)
    truth = {item.id: "real" if item.source == plan.real else "fake" for item in plan.items}
    with serving(tmp_path) as server, visiting(browser, server) as tab:
        tab.wait_for_selector("#card:not([hidden])")
        assert "About half of them are real" in tab.inner_text("#words") and not (tmp_path / "raters.jsonl").exists()
        assert go(tab) == "Is this picture real, or was it made by a computer?"
        tab.wait_for_selector("#title:has-text('Practice')")
        assert "← Real" in tab.inner_text("#words") and "→ Generated" in tab.inner_text("#words")
        go(tab)
        for number in range(2):
            tab.wait_for_selector(SHOWN)
            assert where(tab) == f"Practice {number + 1} of 2"
            name = tab.get_attribute("#stage img", "src").removeprefix("/item/").removesuffix(".png")
            press(tab, "ArrowLeft")
            tab.wait_for_selector("#next:not([hidden])")
            said = "Right: it is real." if truth[name] == "real" else "No: it was generated."
            assert tab.inner_text("#note") == said and tab.is_visible("#stage img"), "shown again with the answer"
            go_on(tab)
        assert go(tab) == "Now it counts"
        for number in range(4):
            tab.wait_for_selector(SHOWN)
            assert where(tab) == f"{number + 1} of 10"
            press(tab, "ArrowRight" if number % 2 else "ArrowLeft")
        tab.wait_for_selector("#where:text-is('5 of 10')")
        assert tab.inner_text("#note") == "", "nobody is told what was right"
        tab.wait_for_selector(SHOWN)
        before = tab.get_attribute("#stage img", "src")
        tab.reload()
        assert go(tab) == "Welcome back"
        tab.wait_for_selector(SHOWN)
        assert where(tab) == "5 of 10" and tab.get_attribute("#stage img", "src") == before
        for _ in range(6):
            press(tab, "ArrowLeft")
        tab.wait_for_selector("#title:text-is('Done. Thank you!')")
        found = answers(tmp_path)
        right = sum(one["right"] for one in found if one["kind"] == "test")
        assert f"You were right in {right} of 8." in tab.inner_text("#words")
        tab.reload()
        tab.wait_for_selector("#title:text-is('Done. Thank you!')")
    assert [one["trial"] for one in found] == list(range(12))
    assert [one["key"] for one in found[2:6]] == ["left", "right"] * 2 and all(one["key"] == "left" for one in found[6:])
    assert [one["reloaded"] for one in found] == [number in (0, 6) for number in range(12)]
    assert all(one["truth"] == truth[one["items"][0]] and one["right"] == (one["answer"] == one["truth"]) for one in found)
    assert all(200 <= one["rt_ms"] < 8000 for one in found)


def test_the_second_rater_has_the_keys_the_other_way_round(browser: Any, tmp_path: Path) -> None:
    kept(tmp_path, n=4, raters=2)
    with serving(tmp_path) as server:
        server.study.join(None)
        with visiting(browser, server) as tab:
            go(tab)
            tab.wait_for_selector("#title:has-text('Practice')")
            go(tab)
            tab.wait_for_selector(SHOWN)
            assert "Generated" in tab.inner_text("#left") and "Real" in tab.inner_text("#right")
            press(tab, "ArrowLeft")
            tab.wait_for_selector("#next:not([hidden])")
            assert answers(tmp_path)[0]["answer"] == "fake"


def test_slips_are_no_answers(browser: Any, tmp_path: Path) -> None:
    """A key before 200 ms, a key that is held, one with Ctrl, and other keys."""
    kept(tmp_path, n=4, raters=1)
    with serving(tmp_path) as server, visiting(browser, server) as tab:
        go(tab)
        tab.wait_for_selector("#title:has-text('Practice')")
        go(tab)
        tab.wait_for_selector(SHOWN)
        tab.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', repeat: true}))")
        for key in ("Control+ArrowLeft", "Space", "Enter", "a", "ArrowUp"):
            tab.keyboard.press(key)
        early = """() => { const trial = document.getElementById('trial');
            return new Promise((done) => { new MutationObserver((_, watch) => { if (!document.getElementById('left').disabled) {
              watch.disconnect(); document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
              setTimeout(() => done(document.getElementById('right').classList.contains('chosen')), 50); } })
              .observe(document.getElementById('left'), {attributes: true}); }); }"""
        assert not (tmp_path / "answers.jsonl").exists()
        press(tab, "ArrowLeft")
        tab.wait_for_selector("#next:not([hidden])")
        waiting = tab.evaluate_handle(f"() => ({{promise: ({early})()}})")
        tab.keyboard.press("Space")
        assert tab.evaluate("(one) => one.promise", waiting) is False
    assert len(answers(tmp_path)) == 1


def test_an_answer_outlives_a_lost_connection(browser: Any, tmp_path: Path) -> None:
    kept(tmp_path, n=4, raters=1)
    with serving(tmp_path) as server:
        context = browser.new_context()
        tab = context.new_page()
        tab.goto(server.url)
        go(tab)
        tab.wait_for_selector("#title:has-text('Practice')")
        go(tab)
        tab.wait_for_selector(SHOWN)
        context.set_offline(True)
        press(tab, "ArrowLeft")
        tab.wait_for_selector("#note:has-text('sent again')")
        assert not (tmp_path / "answers.jsonl").exists()
        context.set_offline(False)
        tab.wait_for_selector("#next:not([hidden])")
        assert [one["trial"] for one in answers(tmp_path)] == [0]
        context.close()


@pytest.mark.slow
def test_timed_pictures_are_shown_as_long_as_asked_and_then_masked(browser: Any, tmp_path: Path) -> None:
    kept(tmp_path, "timed", n=4, raters=1)
    with serving(tmp_path) as server, visiting(browser, server) as tab:
        go(tab)
        tab.wait_for_selector("#title:has-text('Practice')")
        tab.evaluate(
            """() => { window.seen = []; new MutationObserver((all) => all.forEach((one) => { const it = one.target;
            if (it.tagName === 'IMG' && it.classList.contains('on')) window.seen.push([it.src.slice(-20), it.alt === '']); }))
            .observe(document.getElementById('stage'), {subtree: true, attributes: true, attributeFilter: ['class']}); }"""
        )
        go(tab)
        for number in range(3):
            tab.wait_for_selector(SHOWN)
            assert tab.locator("#stage img.on").count() == 0, "nothing is left to see when the question comes"
            tab.keyboard.press("ArrowLeft")
            if number < 2:
                go_on(tab)
        tab.wait_for_selector("#next:not([hidden])")
        seen = tab.evaluate("window.seen")
    assert [mask for _, mask in seen[:6]] == [False] + [True] * 5, "the picture, then five masks"
    assert len({name for name, _ in seen[:6]}) == 6
    found = answers(tmp_path)
    assert [one["asked_ms"] for one in found] == [500] * 3
    assert all(abs(one["shown_ms"] - 500) <= 60 for one in found), (
        "within frames of a busy machine; what it was is written down"
    )
    assert all(one["rt_ms"] > one["shown_ms"] + 5 * 25 for one in found)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_pairs_by_the_mouse(browser: Any, tmp_path: Path) -> None:
    plan = kept(tmp_path, "pairwise", models=2, reals=False, n=4, raters=1)
    with serving(tmp_path) as server, visiting(browser, server) as tab:
        tab.click("#go")
        tab.wait_for_selector("#title:has-text('Practice')")
        tab.click("#go")
        for _ in range(2):
            tab.wait_for_selector(SHOWN)
            tab.wait_for_timeout(230)
            tab.click("#left")
            tab.click("#next")
        tab.click("#go")
        for _ in range(plan.n + plan.catch + plan.mirrored):
            tab.wait_for_selector(SHOWN)
            assert tab.locator("#stage img.on").count() == 2
            tab.wait_for_timeout(230)
            tab.click("#right")
        tab.wait_for_selector("#title:text-is('Done. Thank you!')")
    found = answers(tmp_path)
    assert len(found) == 2 + plan.n + plan.catch + plan.mirrored
    assert {one["answer"] for one in found[2:]} == {"right"}
    assert {one["right"] for one in found if one["kind"] == "test"} == {None}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_a_phone_in_the_dark_and_by_a_screen_reader(browser: Any, tmp_path: Path, scheme: str) -> None:
    kept(tmp_path, "pairwise", models=2, reals=False, n=4, raters=1)
    with serving(tmp_path) as server, visiting(browser, server, color_scheme=scheme) as tab:
        tab.set_viewport_size({"width": 360, "height": 700})
        for _ in range(2):
            tab.wait_for_selector("#card:not([hidden])")
            assert tab.evaluate("document.activeElement.id") == "go"
            assert contrast(tab, "#words p") >= 4.5 and contrast(tab, "#go") >= 4.5
            go(tab)
            tab.wait_for_timeout(100)
        tab.wait_for_selector(SHOWN)
        assert tab.evaluate("document.documentElement.scrollWidth") == 360
        assert tab.evaluate("[...document.images].every((one) => one.alt.length > 0)")
        assert contrast(tab, "#question") >= 4.5 and contrast(tab, "#left") >= 4.5 and contrast(tab, "#where") >= 4.5
        assert tab.evaluate("document.getElementById('progress').labels.length") == 1
        assert tab.get_attribute("#note", "role") == "status"


def contrast(tab: Any, selector: str) -> float:
    """The contrast of an element's text with what is behind it (WCAG 2, 1.4.3)."""
    ink, paper = tab.evaluate(
        """(selector) => {
        const one = document.querySelector(selector);
        let under = one;
        while (under && getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement;
        const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
        return [parts(getComputedStyle(one).color), parts(getComputedStyle(under ?? document.body).backgroundColor)];
        }""",
        selector,
    )

    def luminance(colour: list[float]) -> float:
        linear = [c / 12.92 if (c := v / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for v in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (high + 0.05) / (low + 0.05)
