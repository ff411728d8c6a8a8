"""Write docs/pieces.md, findings.md and remedies.md from the cards: python docs/make_pieces.py."""

from pathlib import Path

from equipoise.reference import findings, page, remedies

for name, text in (("pieces", page()), ("findings", findings()), ("remedies", remedies())):
    Path(__file__).with_name(f"{name}.md").write_text(text, "utf-8")
