"""Write docs/pieces.md from the cards: python docs/make_pieces.py."""

from pathlib import Path

from equipoise.reference import page

Path(__file__).with_name("pieces.md").write_text(page(), "utf-8")
