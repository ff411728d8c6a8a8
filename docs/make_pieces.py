"""Write docs/pieces.md and docs/findings.md from the cards: python docs/make_pieces.py."""

from pathlib import Path

from equipoise.reference import findings, page

for name, text in (("pieces", page()), ("findings", findings())):
    Path(__file__).with_name(f"{name}.md").write_text(text, "utf-8")
