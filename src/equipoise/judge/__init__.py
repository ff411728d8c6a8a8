"""Human judgement of samples: a plan of what is shown to whom, a local page that asks, answers that are kept, a report.

plan.py and items.py make the study, schedule.py says what a rater sees, session.py asks one rater and notes the answers,
server.py is the page's other end, statistics.py and report.py say what came of it.
"""
