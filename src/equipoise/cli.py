"""The command line: it parses and calls, and decides nothing."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from equipoise.errors import DivergedError, EquipoiseError, did_you_mean
from equipoise.stop import endings

if TYPE_CHECKING:
    from equipoise.api import Run

USER_ERROR, FAILED = 2, 1

OVERRIDES = """\
settings are dotted overrides of the recipe:
  optimizer.lr=0.0001  tricks.ema.decay=0.99  tricks.label_smoothing=off  penalties.r1=on  penalties.r1.weight=5
see 'equipoise recipes --pieces' for everything that can be set"""

LOGS = """\
reads text in any wording (also with tqdm and Keras bars), Jupyter notebooks, CSV, JSON and JSON lines, StyleGAN's
stats.jsonl, TensorBoard's events, all of them gzipped or not; needs a loss of D and one of G
exit code: 0 healthy, or the log can't tell; 1 findings; 2 can't be read, or is no log of a GAN"""

CLINIC = """\
list      the claims, each with its verdict
show      claims with the rules that decide them, their trials, and the verdicts with their numbers
run       play the trials of claims (what was played before is kept), and decide
evidence  in a checkout: make docs/evidence.md, and what the package keeps of it, from docs/results"""

EVALUATE = """\
a run's numbers are also appended to RUN/metrics.jsonl, where `equipoise compare` finds them
fid and is are names of what Inception sees; other encoders' numbers carry the encoder's fingerprint
statistics: an .npz with mu and sigma, as pytorch-fid writes them"""


JUDGE = """\
RUN@STEP is a checkpoint. Pairwise takes several, and is against reals where there is one, or with --against.
report FOLDER prints what came of a study (RUN/judge), and writes FOLDER/report.html"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 training failed, 2 something to mend, 129/130/143 stopped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal's encoding lacks is no reason to fail
    options = parse(arguments)
    try:
        with notes(getattr(options, "quiet", False)), terminable(), enough_memory():
            code: int = options.command(options)
            sys.stdout.flush()
        return code
    except DivergedError as error:
        return complain(error, FAILED)
    except EquipoiseError as error:
        return complain(error, USER_ERROR)
    except Terminated as ended:
        return complain("terminated; what was saved before stands", 128 + ended.signal)
    except KeyboardInterrupt:
        return complain("stopped at once; what was saved before stands", 128 + signal.SIGINT)
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except MemoryError as error:
        return complain(f"out of memory ({error}); use a smaller batch, network or data", USER_ERROR)
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return complain(f"{where}{error.strerror or error}", USER_ERROR)


def complain(problem: object, code: int) -> int:
    """One line, whatever is in the names that it quotes."""
    mention("equipoise: " + "\\n".join(str(problem).splitlines()))
    return code


def mention(line: str) -> None:
    """To stderr, if anybody is there to read it: the terminal may be gone."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


@contextmanager
def enough_memory() -> Iterator[None]:
    """Within the context torch's ways to say that memory is out are Python's; commands that need no torch import none."""
    try:
        yield
    except RuntimeError as error:
        torch = sys.modules.get("torch")
        if (torch is not None and isinstance(error, torch.OutOfMemoryError)) or "can't allocate memory" in str(error):
            raise MemoryError(str(error).partition("you ")[2].splitlines()[0] or "on the device") from None
        raise


class Terminated(BaseException):
    """SIGTERM or SIGHUP came where there is no step to finish: while data is read, or samples are written."""

    def __init__(self, number: int) -> None:
        self.signal = number


@contextmanager
def terminable() -> Iterator[None]:
    """Within the context these signals unwind the stack, so that nothing half-written stays behind."""

    def terminate(number: int, _: object) -> NoReturn:
        raise Terminated(number)

    before: dict[signal.Signals, Any] = {}
    with suppress(ValueError):  # not in the main thread: there signals are somebody else's
        before = {which: signal.signal(which, terminate) for which in endings()}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


@contextmanager
def notes(quiet: bool) -> Iterator[None]:
    """Within the context the package's notes are plain lines on stderr, each once, or nothing."""
    said: set[str] = set()

    def new(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        fresh = text not in said
        said.add(text)
        return fresh and not quiet

    handler, log = logging.StreamHandler(), logging.getLogger("equipoise")
    handler.addFilter(new)
    log.addHandler(handler)
    log.propagate, propagate = False, log.propagate
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


# ------------------------------------------------------------------------------------------------ the arguments


class Parser(argparse.ArgumentParser):
    """Its mistakes are one line, as all others are."""

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_abbrev=False, **more)

    def error(self, message: str) -> NoReturn:
        raise SystemExit(complain(f"{message}; see '{self.prog} --help'", USER_ERROR))


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="equipoise", description="Train GANs that stay balanced.")
    top.add_argument("--version", action=Version, nargs=0, help="print the version and end")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, call: Any, about: str, **more: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about, **more)
        sub.set_defaults(command=call)
        return sub

    raw = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    train = command("train", do_train, "train a recipe, or your own data", epilog=OVERRIDES, **raw)
    train.add_argument("what", metavar="RECIPE|FILE.yaml|DATA", help="a recipe's name, a recipe file, or a path to data")
    train.add_argument("settings", metavar="key=value", nargs="*", help="settings that differ from the recipe's")
    train.add_argument("--data", type=path, metavar="PATH", help="where the recipe's data is")
    train.add_argument("--out", type=path, metavar="DIR", help="the run folder itself (default: runs/NAME)")
    end = train.add_mutually_exclusive_group()
    end.add_argument("--epochs", type=positive, help="passes over the data")
    end.add_argument("--steps", type=positive, help="steps, instead of epochs")
    train.add_argument("--seed", type=whole)
    train.add_argument("--device", help="auto, cpu, cuda, cuda:1, ...")
    train.add_argument("--checkpoint-every", type=positive, metavar="STEPS")
    train.add_argument("--treat", action="store_true", help="treat what is found wrong, while it trains (default: advise)")
    train.add_argument("--dry-run", action="store_true", help="print the resolved recipe and what it would cost")
    train.add_argument("--quiet", action="store_true", help="print nothing but errors")

    resume = command("resume", do_resume, "go on with a run, to its end or further")
    resume.add_argument("run", metavar="RUN", help="a run folder")
    end = resume.add_mutually_exclusive_group()
    end.add_argument("--epochs", type=positive, help="the new end, counted from the start of the run")
    end.add_argument("--steps", type=positive, help="the new end in steps, counted from the start of the run")
    resume.add_argument("--data", type=path, metavar="PATH", help="where the data is now")
    resume.add_argument("--accept-changed-data", action="store_true", help="go on although the data has changed")
    resume.add_argument("--quiet", action="store_true", help="print nothing but errors")

    sample = command("sample", do_sample, "draw samples from a run")
    sample.add_argument("run", metavar="RUN", help="a run folder")
    sample.add_argument("-n", type=positive, default=64, help="how many (64)")
    sample.add_argument("--out", type=path, metavar="DIR", required=True, help="a folder for the samples")
    sample.add_argument("--force", action="store_true", help="replace the samples that --out holds already")
    sample.add_argument("--format", choices=("png", "npy", "csv"), help="default: png for images, csv for windows and points")
    sample.add_argument("--step", metavar="STEP", help="a checkpoint's step, or 'best' (default: the newest)")
    sample.add_argument("--weights", choices=("raw", "ema"), help="default: the average where the run keeps one")
    sample.add_argument("--seed", type=whole, default=0)

    equilibrium = command("equilibrium", do_equilibrium, "say whether a run has converged, and to what")
    equilibrium.add_argument("run", metavar="RUN", help="a run folder")
    equilibrium.add_argument("--step", metavar="STEP", help="a checkpoint's step, or 'best' (default: the newest)")
    equilibrium.add_argument("--data", type=path, metavar="PATH", help="where the data is now")
    equilibrium.add_argument("--quick", action="store_true", help="a smaller search: seconds instead of a minute or two")
    equilibrium.add_argument("--seed", type=whole, default=0)
    equilibrium.add_argument("--json", action="store_true", help="print the verdict as JSON")

    diagnose = command(
        "diagnose", do_diagnose, "say what is wrong with a run, from a log in any format or a run folder", epilog=LOGS, **raw
    )
    diagnose.add_argument(
        "path", metavar="FILE|RUN", type=path, help="a log, a run folder, or one of StyleGAN's or Lightning's"
    )
    diagnose.add_argument("--json", action="store_true", help="print everything as one JSON object")

    report = command("report", do_report, "write the report of a run: one HTML file that opens offline, and a summary here")
    report.add_argument("run", metavar="RUN", type=path, help="a run folder, a watched loop's folder, or a log")
    report.add_argument("--out", type=path, metavar="FILE.html", help="default: report.html in the run folder")
    report.add_argument("--text", action="store_true", help="print the summary and write no file")

    evaluate = command(
        "evaluate", do_evaluate, "say how good samples are: of a run, a folder or an array", epilog=EVALUATE, **raw
    )
    evaluate.add_argument("what", metavar="RUN|FOLDER|FILE.npz", help="a run folder, a folder of pictures, or an array")
    evaluate.add_argument("--against", metavar="DATA", help="a path, a recipe's name, or statistics (default: the run's data)")
    evaluate.add_argument("--metrics", type=names, metavar="A,B", help="default: those that the data and the encoder allow")
    evaluate.add_argument("--encoder", metavar="NAME", help="inception, classifier, random, pixels (default: by the data)")
    evaluate.add_argument("--weights-file", type=path, metavar="FILE", help="of inception")
    evaluate.add_argument("--protocol", metavar="NAME", help="of inception: tf, pytorch-fid, clean (tf)")
    evaluate.add_argument("-n", type=positive, help="samples a side (the most that both have, up to 5000)")
    evaluate.add_argument("--split", metavar="SPLIT", help="the reals: heldout or train (heldout, where there are such)")
    evaluate.add_argument("--step", metavar="STEP", help="a checkpoint's step, or 'best' (default: the newest)")
    evaluate.add_argument("--weights", choices=("raw", "ema"), help="default: the average where the run keeps one")
    evaluate.add_argument("--seed", type=whole, default=0)
    evaluate.add_argument("--fresh", action="store_true", help="look at the reals anew, whatever is kept of them")
    evaluate.add_argument("--json", action="store_true", help="print everything as one JSON object")

    compare = command("compare", do_compare, "say whether one side is better: evaluated runs, several seeds a side")
    compare.add_argument("first", metavar="RUN", nargs="+", help="evaluated runs, or files of equipoise evaluate --json")
    compare.add_argument("--with", dest="second", metavar="RUN", nargs="+", required=True, help="those of the other side")
    compare.add_argument("--json", action="store_true", help="print everything as one JSON object")

    clinic = command("clinic", do_clinic, "the trials behind what this package says about training GANs", epilog=CLINIC, **raw)
    clinic.add_argument("what", choices=("list", "show", "run", "evidence"))
    clinic.add_argument("claims", metavar="CLAIM", nargs="*", help="T12, R3, ...; or all")
    clinic.add_argument("--seeds", type=positive, help="runs of each arm (default: the claim's)")
    clinic.add_argument("--quick", action="store_true", help="a third of the steps: a look, not the ledger's verdict")
    clinic.add_argument("--processes", type=positive, default=2, help="runs at the same time, a thread each (2)")
    clinic.add_argument("--work", type=path, metavar="DIR", help="where runs are kept (default: ~/.cache/equipoise/clinic)")
    clinic.add_argument("--out", type=path, metavar="DIR", help="also write what was found, as DIR/T12.json")

    judge = command("judge", do_judge, "let people judge samples: a page on this machine, and a report", epilog=JUDGE, **raw)
    judge.add_argument("what", metavar="RUN|FOLDER|NPZ", nargs="+", help="what is judged; or: report FOLDER")
    judge.add_argument("--against", metavar="DATA|FOLDER", type=path, help="the reals (default: the run's data, held out)")
    judge.add_argument("--mode", default="real-or-fake", help="real-or-fake, timed, or pairwise")
    judge.add_argument("-n", type=positive, help="trials a rater (100; timed 150, pairwise 60)")
    judge.add_argument("--raters", type=positive, default=10, help="how many see pictures that nobody else sees (10)")
    judge.add_argument("--staircase", default="weighted", help="of timed: weighted (75 %%, HYPE's) or transformed (79 %%)")
    judge.add_argument("--weights", choices=("raw", "ema"), help="default: the average where the run keeps one")
    judge.add_argument("--seed", type=whole, default=0)
    judge.add_argument("--out", type=path, metavar="DIR", help="the study's folder (default: RUN/judge, or ./judge)")
    judge.add_argument("--host", type=path, default="127.0.0.1", help="for others to reach it, who then need a token")
    judge.add_argument("--port", type=whole, default=8420)
    judge.add_argument("--plan-only", action="store_true", help="make the study and serve nothing")
    judge.add_argument("--no-browser", action="store_true", help="open no browser")
    judge.add_argument("--json", action="store_true", help="with report: print it as JSON")

    recipes = command("recipes", do_recipes, "list the recipes, show one, or list the pieces")
    recipes.add_argument("name", nargs="?", help="print this recipe")
    recipes.add_argument("--pieces", action="store_true", help="every objective, trick, penalty, network and kind of data")
    for sub in commands.choices.values():
        sub.set_defaults(parser=sub, flags=[flag for flag in sub._option_string_actions if flag.startswith("--")])
    return top


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of one command; settings (key=value) may stand among the options, where argparse expects none."""
    options, rest = parser().parse_known_args(arguments)
    settings = [text for text in rest if "=" in text and text[0] != "-"] if hasattr(options, "settings") else []
    unknown = next((text for text in rest if text not in settings), None)
    if unknown is not None:
        hint = f" ({did_you_mean(unknown.partition('=')[0], options.flags)})" if unknown.startswith("-") else ""
        options.parser.error(f"unrecognized arguments: {unknown}{hint}")
    if settings:
        options.settings = [*options.settings, *settings]
    return options


class Version(argparse.Action):
    """Prints the version without importing torch for every other command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"equipoise {version('equipoise')}")
        parser.exit()


def path(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def names(text: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise argparse.ArgumentTypeError("must name at least one")
    return found


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def positive(text: str) -> int:
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


# ------------------------------------------------------------------------------------------------ the commands


def do_train(options: argparse.Namespace) -> int:
    from equipoise import api, describe
    from equipoise.progress import choose

    overrides = overrides_of(options)
    if options.dry_run:
        recipe, said = api.find_recipe(options.what, overrides, options.data)
        print(describe.plan(recipe, said))
        return 0
    progress = choose(options.quiet, sys.stdout)
    run = api.fit(options.what, data=options.data, out=options.out, overrides=overrides, progress=progress)
    return ended(run, options.quiet)


def overrides_of(options: argparse.Namespace) -> dict[str, Any]:
    """The dotted settings of a `train` command, its flags included."""
    from equipoise.settings import parse_override

    overrides = dict(parse_override(text) for text in options.settings)
    for key, name in (("epochs", "epochs"), ("steps", "steps"), ("seed", "seed"), ("device", "device")):
        if getattr(options, name) is not None:
            overrides[key] = getattr(options, name)
    if options.treat:
        overrides["treat"] = True
    if options.checkpoint_every is not None:
        overrides["checkpoints.every_steps"] = options.checkpoint_every
        overrides["checkpoints.every_epochs"] = None
    return overrides


def do_resume(options: argparse.Namespace) -> int:
    from equipoise import api
    from equipoise.progress import choose

    run = api.resume(
        options.run,
        epochs=options.epochs,
        steps=options.steps,
        data=options.data,
        accept_changed_data=options.accept_changed_data,
        progress=choose(options.quiet, sys.stdout),
    )
    return ended(run, options.quiet)


def ended(run: Run, quiet: bool) -> int:
    from equipoise import describe

    if run.stopped_by is not None:
        mention(f"stopped at step {run.game.steps}; go on with: equipoise resume {run.path}")
        return 128 + int(run.stopped_by)
    if not quiet:
        print(describe.result(run))
    return FAILED if run.given_up else 0


def do_sample(options: argparse.Namespace) -> int:
    from equipoise import api, export

    if not options.force:
        export.refuse_used(Path(options.out))
    run = api.load(options.run, options.step)
    samples = run.sample(options.n, options.seed, options.weights)
    files = export.write(samples, Path(options.out), options.format, run.facts)
    print(
        f"{options.n} samples of step {run.game.steps} in {options.out}: {files[0].name}" + (" ..." if len(files) > 1 else "")
    )
    return 0


def do_equilibrium(options: argparse.Namespace) -> int:
    from equipoise import plain_json
    from equipoise.equilibrium.run import equilibrium
    from equipoise.equilibrium.words import text

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    verdict = equilibrium(options.run, step=options.step, data=options.data, quick=options.quick, seed=options.seed, say=say)
    print(plain_json.dumps(verdict.as_json(), indent=1) if options.json else text(verdict))
    return 0


def do_diagnose(options: argparse.Namespace) -> int:
    from equipoise import explain, plain_json
    from equipoise.diagnosing import report

    found = report(options.path)
    print(plain_json.dumps(found.diagnosis.as_json()) if options.json else explain.text(found))
    return 0 if found.diagnosis.verdict in ("healthy", "unknown") else FAILED


def do_evaluate(options: argparse.Namespace) -> int:
    from equipoise import plain_json
    from equipoise.evaluating import compare, told
    from equipoise.evaluating.asked import Asked
    from equipoise.evaluating.evaluate import evaluate

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    settings = {key: getattr(options, key) for key in Asked.__dataclass_fields__}
    found = evaluate(Asked(**settings), say)
    document = told.document(found)
    if found.run is not None:
        compare.remember(found.run, document, say)
    print(plain_json.dumps(document, indent=1) if options.json else told.table(found))
    return 0


def do_compare(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from equipoise import plain_json
    from equipoise.evaluating import compare

    first, second = ([compare.read(one) for one in side] for side in (options.first, options.second))
    found = compare.effects(first, second)
    print(plain_json.dumps([asdict(e) for e in found], indent=1) if options.json else compare.table(first, second, found))
    return 0


def do_report(options: argparse.Namespace) -> int:
    from equipoise.pages import report
    from equipoise.pages.summary import summary

    told = report.tell(options.run)
    where = "" if options.text else str(report.write(told, options.out or report.beside(Path(options.run))))
    print(summary(told, where, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    return 0


def do_clinic(options: argparse.Namespace) -> int:
    from equipoise.clinic import evidence, ledger

    if options.what == "list":
        print(ledger.listing())
    elif options.what == "evidence":
        print("\n".join(map(str, evidence.write(Path.cwd()))))
    elif options.what == "show":
        print("\n\n\n".join(map(ledger.shown, ledger.asked(options.claims))))
    else:
        for settled in ledger.settle(
            ledger.asked(options.claims),
            seeds=options.seeds,
            quick=options.quick,
            processes=options.processes,
            work=Path(options.work) if options.work is not None else None,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        ):
            print(ledger.said(settled), end="\n\n\n")
            if options.out is not None:
                print(ledger.write(settled, Path(options.out)))
    return 0


def do_judge(options: argparse.Namespace) -> int:
    from equipoise.judge import run, show
    from equipoise.judge.plan import Design
    from equipoise.sides import Wanted

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if options.what[0] == "report" and len(options.what) == 2:
        print(show.shown(Path(options.what[1]), options.json))
        return 0
    wanted = Wanted(tuple(options.what), options.against, options.weights, options.seed)
    design = Design(options.mode, options.n, options.raters, options.staircase)
    folder = run.prepare(wanted, design, Path(options.out) if options.out is not None else None, say)
    if options.plan_only:
        print(folder)
    else:
        run.serve(folder, options.host, options.port, say, browse=sys.stdout.isatty() and not options.no_browser)
    return 0


def do_recipes(options: argparse.Namespace) -> int:
    from equipoise import describe, recipe

    if options.pieces:
        print(describe.pieces())
    elif options.name is None:
        print(describe.recipes())
    else:
        print(recipe.resolve(recipe.read(options.name)).to_yaml(), end="")
    return 0
