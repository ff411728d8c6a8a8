"""What the losses of a log tell of each failure, a file a failure; the rules beside this folder take them as readings.

Losses alone prove little (FAILURES.md, section 0): what stands here is what follows from the objective, or what no run
that learns can show. Every confidence is kept low where good runs look the same.
"""
