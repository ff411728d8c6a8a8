"""A study's report for people: lines for the terminal, and one HTML file that opens offline."""

from __future__ import annotations

import base64
import html
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

from equipoise import disk, plain_json
from equipoise.errors import RunError
from equipoise.judge import items
from equipoise.judge import plan as plans
from equipoise.judge.report import report
from equipoise.pages.page import digest, part

Row = dict[str, Any]
GUESSING = 0.5


def shown(folder: Path, as_json: bool) -> str:
    """The report as text or JSON; beside it FOLDER/report.html is written."""
    found = report(folder)
    file = write(folder, found)
    return plain_json.dumps(found, indent=1) if as_json else f"{text(found)}\n\n{file}"


def write(folder: Path, found: Row) -> Path:
    """The HTML file; RunError where it can't be written."""
    try:
        disk.atomic_write(folder / "report.html", page(folder, found).encode())
    except OSError as error:
        raise RunError(f"{folder}: can't be written ({error.strerror or error})") from None
    return folder / "report.html"


# ------------------------------------------------------------------------------------------------------------- words


def percent(one: Row) -> str:
    if math.isnan(one["value"]):
        return "not known"
    return f"{100 * one['value']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"


def number(one: Row, digits: int = 2) -> str:
    if math.isnan(one["value"]):
        return "not known"
    bounds = f" [{one['low']:.{digits}f}, {one['high']:.{digits}f}]" if math.isfinite(one["high"] - one["low"]) else ""
    return f"{one['value']:.{digits}f}{bounds}"


def verdict(found: Row) -> str:
    """One sentence on the numbers of everybody; the rule is the interval's place about guessing."""
    results = found["all"]
    if results is None:
        return "Nobody has answered yet."
    if "pairs" in results:
        best = max(results["strengths"]["of"], key=lambda one: one["value"])
        over = results["strengths"]["interval_over"]
        return f"{best['name']} was chosen most: strength {number(best)} (0 is the mean; the interval is over {over})."
    if "exposure" in results:
        time = results["exposure"]
        seen, target = number(time["hype_time_ms"], 0), 100 * time["target"]
        return f"A picture has to be seen for {seen} ms to be judged rightly {target:.0f} % of the time."
    return " ".join(sentence(model) for model in results["models"])


def sentence(model: Row) -> str:
    error = model["error"]
    if error["high"] < GUESSING:
        rest = "people tell them apart"
    elif error["low"] > GUESSING:
        rest = "fakes pass for real more than reals do"
    else:
        rest = "the interval holds 50 %, which guessing gives: these answers show no skill"
    return f"{model['name']}: {percent(error)} of the judgements were wrong; {rest}."


def people(found: Row) -> str:
    aside = sum(bool(one["set_aside"]) for one in found["raters"])
    few = " One rater only: nothing is known of other people." if len(found["raters"]) == 1 else ""
    count = len(found["raters"])
    return f"{count} raters, {found['finished']} to the end; {aside} set aside by the rules that were fixed before.{few}"


def table(results: Row) -> list[tuple[str, str]]:
    """Names and values, for either form."""
    if "pairs" in results:
        rows = [
            (f"{pair['one']} over {pair['other']}", f"{percent(pair['chosen'])}, p {pair['holm_p']:.3g} (Holm)")
            for pair in results["pairs"]
        ]
        rows += [(f"strength of {one['name']}", number(one)) for one in results["strengths"]["of"]]
        return [*rows, ("same choice when mirrored", percent(results["mirrored"])), ("left key", percent(results["left"]))]
    rows = [("reals taken for fake", percent(results["real_error"]))]
    for model in results["models"]:
        rows.append((f"{model['name']} taken for real", percent(model["fake_error"])))
        rows.append((f"error, {model['name']}", percent(model["error"])))
        rows.append((f"d', {model['name']}", f"{number(model['d'])}; c {number(model['c'])}"))
        if model["binomial_p"] is not None:
            rows.append(("against guessing", f"p {model['binomial_p']:.3g} (binomial)"))
    rows += [
        (f"{one['one']} less {one['other']}", f"{percent(one)}, p {one['holm_p']:.3g} (Holm)") for one in results["differences"]
    ]
    if "exposure" in results:
        time = results["exposure"]
        rows.append(("HYPE-time", f"{number(time['hype_time_ms'], 0)} ms ({time['raters']} raters with a finished block)"))
        rows.append(("mean at the turns", "not known" if math.isnan(time["at_turns_ms"]) else f"{time['at_turns_ms']:.0f} ms"))
        late = time["shown_less_asked_ms"]
        rows.append(("shown less asked", f"median {late['median']:.1f} ms, at most {late['most']:.1f} ms"))
    return rows


def text(found: Row) -> str:
    lines = [f"{found['mode']}: {found['question']}", verdict(found), people(found)]
    for name, about in (("all", "of everybody"), ("kept", "without those set aside")):
        if found[name] is not None and (name == "all" or len(found["raters"]) != found[name]["raters"]):
            lines += ["", f"{about}: {found[name]['raters']} raters, {found[name]['answers']} answers"]
            lines += [f"  {label:34}  {value}" for label, value in table(found[name])]
    for one in found["raters"]:
        if one["set_aside"]:
            lines.append(f"  rater {one['rater']} set aside: {', '.join(one['set_aside'])}")
    if found["foreign_answers"]:
        lines.append(f"{found['foreign_answers']} answers to another plan do not count")
    return "\n".join(lines)


# -------------------------------------------------------------------------------------------------------------- HTML

METHOD = """Intervals are 95 %. Of a rate, Wilson's over answers and the bootstrap over raters (10,000 rounds, from five raters
on; over pictures too from ten on) were taken, and the wider one is shown. d' is the mean over raters, with the log-linear
correction; c above 0 leans to 'real'. Fakes are the first samples of a seed, none picked; each went through the same steps
as the reals."""


def page(folder: Path, found: Row) -> str:
    style = part("page.css") + files("equipoise").joinpath("judge/static/report.css").read_text("utf-8")
    policy = f"default-src 'none'; img-src data:; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'"
    body = [f"<header class='head'><span class='mark'>equipoise · judge</span><h1>{escape(found['mode'])}</h1></header>"]
    body.append(f"<section class='verdict'><p class='label'>{escape(found['question'])}</p><h2>{escape(headline(found))}</h2>")
    body.append(f"<p class='words'>{escape(verdict(found))}</p><p class='soft'>{escape(people(found))}</p></section>")
    for name, about in (("all", "Everybody"), ("kept", "Without those set aside")):
        results = found[name]
        if results is not None and (name == "all" or len(found["raters"]) != results["raters"]):
            lead = f"{results['raters']} raters, {results['answers']} answers"
            numbers = f"<div class='paper'>{bars(results)}{rows(results)}</div>"
            body.append(f"<section><h2>{about}</h2><p class='lead'>{lead}</p>{numbers}</section>")
    body += [strips(folder, found), raters(found)]
    body.append(f"<section><h2>How</h2><p class='lead'>{escape(METHOD)}</p><div class='paper'>{sources(found)}</div></section>")
    head = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><meta http-equiv='Content-Security-Policy' "
        f'content="{html.escape(policy)}"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<link rel='icon' href='data:,'><title>Judgement · equipoise</title><style>{style}</style></head><body><div id='page'>"
    )
    return f"{head}{''.join(body)}</div></body></html>\n"


def escape(value: object) -> str:
    return html.escape(str(value))


def headline(found: Row) -> str:
    results = found["all"]
    if results is None:
        return "No answers yet"
    if "pairs" in results:
        return str(max(results["strengths"]["of"], key=lambda one: one["value"])["name"])
    if "exposure" in results:
        return f"{number(results['exposure']['hype_time_ms'], 0)} ms"
    return ", ".join(f"{percent(model['error'])} wrong" for model in results["models"])


def bars(results: Row) -> str:
    """The rates with their intervals on one scale, 0 to 100 %, guessing marked."""
    if "pairs" in results:
        found = [(f"{pair['one']} over {pair['other']}", pair["chosen"]) for pair in results["pairs"]]
    else:
        found = [("reals taken for fake", results["real_error"])]
        for model in results["models"]:
            found += [(f"{model['name']} taken for real", model["fake_error"]), (f"error, {model['name']}", model["error"])]
    found = [(name, one) for name, one in found if not math.isnan(one["value"])]
    width, left, step = 860, 300, 38
    across = (width - left - 20) / 100
    height = step * len(found) + 34
    marks = []
    for tick in (0, 25, 50, 75, 100):
        x = left + tick * across
        kind = "guess" if tick == 50 else "tick"
        marks.append(f"<line class='{kind}' x1='{x:.1f}' x2='{x:.1f}' y1='8' y2='{height - 26}'/>")
        marks.append(f"<text class='axis' x='{x:.1f}' y='{height - 8}' text-anchor='middle'>{tick} %</text>")
    for at, (name, one) in enumerate(found):
        y, low, value, high = 28 + at * step, *(left + 100 * one[key] * across for key in ("low", "value", "high"))
        marks.append(f"<text x='{left - 16}' y='{y + 5}' text-anchor='end'>{escape(name)}</text>")
        marks.append(
            f"<line class='bar' x1='{low:.1f}' x2='{high:.1f}' y1='{y}' y2='{y}'/><circle cx='{value:.1f}' cy='{y}' r='6'/>"
        )
    said = "; ".join(f"{name} {percent(one)}" for name, one in found)
    return f"<svg class='bars' viewBox='0 0 {width} {height}' role='img' aria-label='{escape(said)}'>{''.join(marks)}</svg>"


def rows(results: Row) -> str:
    cells = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in table(results))
    return f"<table>{cells}</table>"


def strips(folder: Path, found: Row) -> str:
    """The pictures that were judged wrongly most often."""
    if not any(found["pictures"].values()):
        return ""
    plan, pixels = plans.read(folder)
    row_of = {item.id: row for row, item in enumerate(plan.items)}
    parts = []
    for truth, about in (("fake", "Fakes most often taken for real"), ("real", "Reals most often taken for fake")):
        figures = []
        for one in found["pictures"][truth]:
            data = base64.b64encode(items.png(pixels[row_of[one["item"]]])).decode()
            said = f"{one['wrong']} of {one['of']}"
            picture = f"<img alt='{truth}, wrong {said}' src='data:image/png;base64,{data}'>"
            figures.append(f"<figure>{picture}<figcaption>{said}</figcaption></figure>")
        if figures:
            parts.append(f"<section><h2>{about}</h2><div class='strip-of'>{''.join(figures)}</div></section>")
    return "".join(parts)


def raters(found: Row) -> str:
    if not found["raters"]:
        return ""
    lines = []
    for one in found["raters"]:
        skill = f"<td>{one['d']:.2f}</td><td>{one['c']:.2f}</td>" if "d" in one else ""
        right = f"{one['right']} of {one['of']}" if one["of"] else "-"
        aside = ", ".join(one["set_aside"]) or ("" if one["finished"] else "not finished")
        lines.append(
            f"<tr><th scope='row'>{one['rater'] + 1}</th><td>{right}</td>{skill}<td>{one['median_ms']} ms</td>"
            f"<td>{one['catch_missed']}</td><td>{escape(aside)}</td></tr>"
        )
    skill = "<th>d'</th><th>c</th>" if "d" in found["raters"][0] else ""
    head = f"<tr><th>Rater</th><th>Right</th>{skill}<th>Median time</th><th>Obvious missed</th><th>Set aside</th></tr>"
    return f"<section><h2>Raters</h2><div class='paper'><table>{head}{''.join(lines)}</table></div></section>"


def sources(found: Row) -> str:
    lines = []
    for source in found["sources"]:
        about = source["about"]
        more = ", ".join(f"{name} {about[name]}" for name in ("step", "weights", "split", "pictures", "seed") if name in about)
        lines.append(f"<tr><th scope='row'>{escape(source['name'])}</th><td>{escape(about['path'])}; {escape(more)}</td></tr>")
    rules = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in found["rules"].items())
    lines.append(f"<tr><th scope='row'>set aside beyond</th><td>{escape(rules)}</td></tr>")
    lines.append(f"<tr><th scope='row'>plan</th><td class='mono'>{found['study']}</td></tr>")
    return f"<table>{''.join(lines)}</table>"
