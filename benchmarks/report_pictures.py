"""Pictures of reports in a real browser, for docs/results: `python benchmarks/report_pictures.py RUN [RUN ...]`.

Writes report-NAME.png (the top of the page), report-NAME-moment.png (curves and samples at the first finding, dark),
report-NAME-phone.png, report-NAME-summary.png (the terminal's summary), and report.json with sizes and times. Needs
playwright and a chromium.
"""

from __future__ import annotations

import html
import io
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from equipoise.pages import report
from equipoise.pages.summary import summary

RESULTS = Path(__file__).parents[1] / "docs/results"
LARGE = 280_000  # bytes
NAMES = ("chromium", "chromium-browser", "google-chrome")
TERMINAL = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#14171a;color:#e4e7ea">
<pre style="margin:0;padding:22px 26px;width:max-content;font:15px/1.4 'DejaVu Sans Mono',monospace">$ equipoise report runs/{}
{}</pre>"""


def main(runs: list[Path]) -> None:
    chromium = next(found for name in NAMES if (found := shutil.which(name)))
    told: dict[str, Any] = {}
    with sync_playwright() as engine, tempfile.TemporaryDirectory() as folder:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for run in runs:
            started = time.perf_counter()
            story = report.tell(run)
            page = report.write(story, Path(folder) / "report.html")
            seconds = time.perf_counter() - started
            pictures = len(json.dumps(story["grids"]))
            told[run.name] = {
                "bytes": page.stat().st_size,
                "of_them_pictures": pictures,
                "seconds": round(seconds, 2),
                "records": story["records"],
                "verdict": story["verdict"]["label"],
            }
            top = browser.new_page(viewport={"width": 1280, "height": 1500}, reduced_motion="reduce")
            top.goto(page.as_uri())
            save(top, f"report-{run.name}")
            moment = browser.new_page(viewport={"width": 1280, "height": 1060}, color_scheme="dark", reduced_motion="reduce")
            moment.goto(page.as_uri())
            if story["findings"]:
                moment.locator(".line .flag").first.click()
            moment.evaluate("document.getElementById('moment').scrollIntoView(); scrollBy(0, 70)")
            save(moment, f"report-{run.name}-moment")
            phone = browser.new_page(viewport={"width": 390, "height": 1500}, reduced_motion="reduce")
            phone.goto(page.as_uri())
            save(phone, f"report-{run.name}-phone")
            words = browser.new_page(viewport={"width": 980, "height": 500})
            text = summary(story, f"runs/{run.name}/report.html")
            words.set_content(TERMINAL.format(html.escape(run.name), html.escape(text)))
            save(words, f"report-{run.name}-summary")
        browser.close()
    (RESULTS / "report.json").write_text(json.dumps(told, indent=1) + "\n")


def save(page: Any, name: str) -> None:
    """The window as a PNG; of 256 colours where it would be large."""
    path, image = RESULTS / f"{name}.png", Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.save(path, optimize=True)
    if path.stat().st_size > LARGE:
        image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    page.close()


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
