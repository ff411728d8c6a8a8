"""Failures on purpose, trials of what treats them, and the ledger of what people say about both."""
