"""Showing: the story of a run as one JSON document, and the pages and the summary that are made of it."""
