"""The ledger: one claim a file, T1 to T17 and R1 to R15."""
