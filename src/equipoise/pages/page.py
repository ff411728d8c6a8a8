"""One self-contained HTML file: the page's own parts and a story, with nothing to fetch."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from importlib.resources import files
from typing import Any

from equipoise import plain_json

PARTS = ("page.css", "chart.js", "page.js")
UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}  # could end a script element, or begin a comment in it


def page(story: dict[str, Any]) -> str:
    """The document. Its policy forbids every network request, every frame and every script but its own."""
    parts = {name: part(name) for name in PARTS}
    style, code = parts["page.css"], "\n".join(parts[name] for name in PARTS[1:])
    policy = (
        f"default-src 'none'; img-src data:; style-src '{digest(style)}'; script-src '{digest(code)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    fill = {
        "POLICY": html.escape(policy, quote=False),
        "TITLE": html.escape(str(story["name"])),
        "STYLE": style,
        "STORY": embedded(story),
        "CODE": code,
    }
    return re.sub("@([A-Z]+)@", lambda mark: fill[mark[1]], part("page.html"))  # in one go: what is put in is not looked at


def part(name: str) -> str:
    return files("equipoise").joinpath(f"pages/static/{name}").read_text("utf-8")


def embedded(story: dict[str, Any]) -> str:
    """JSON that stays within its script element, whatever is in it."""
    return plain_json.dumps(story, separators=(",", ":"), ensure_ascii=False).translate(UNSAFE)


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
