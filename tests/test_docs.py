"""The documents say what is so: their code runs, their commands parse, their links lead somewhere."""

import re
import shlex
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import equipoise
from equipoise import api, reference
from equipoise import recipe as recipes
from equipoise.cli import overrides_of, parse
from equipoise.clinic.claims import CLAIMS
from equipoise.data import KINDS
from equipoise.describe import knobs
from equipoise.evaluating.asked import Asked
from equipoise.metrics import METRICS as METRIC_PIECES
from equipoise.networks import NETWORKS
from equipoise.optimizers import OPTIMIZERS
from equipoise.penalties import PENALTIES
from equipoise.remedies import REMEDIES
from equipoise.tricks import TRICKS

ROOT = Path(__file__).resolve().parents[1]
README, GUIDE = ROOT / "README.md", ROOT / "docs/guide.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
EQUILIBRIUM, METRICS = ROOT / "docs/equilibrium.md", ROOT / "docs/metrics.md"
LOGS = ("train.log", "notebook.ipynb")  # that the pages diagnose
GUIDES = pytest.mark.parametrize("page", [README, GUIDE, EQUILIBRIUM], ids=lambda p: p.name)


# ------------------------------------------------------------------------------------------------ what pages hold


def fenced(page: Path, language: str) -> list[str]:
    """The blocks of a language; each is put where it stands on the page, so that a traceback names its line."""
    text = page.read_text()
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    return ["\n" * text[: m.start(1)].count("\n") + m[1] for m in found]


def commands(page: Path) -> list[str]:
    """The indented or fenced lines that call equipoise."""
    found = re.findall(r"^ +(equipoise .*)$", page.read_text(), re.M)
    assert found, "no commands: has the form of the page changed?"
    return found


def prose(page: Path) -> str:
    """The page without its code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^    .*$", "", text, flags=re.M))


def anchors(page: Path) -> set[str]:
    """The headings' as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# ------------------------------------------------------------------------------------- data that the pages speak of


def images(path: Path) -> None:
    path.mkdir()
    for i in range(20):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (32, 40, 3), dtype=np.uint8)).save(path / f"{i}.png")


def spectrograms(path: Path) -> None:
    for kind in ("type_2", "type_3", "type_5"):
        (path / kind).mkdir(parents=True)
        for i in range(18):
            np.savetxt(path / kind / f"{i}.csv", np.random.default_rng(i).uniform(1, 50, (32, 32)), delimiter=",")


def array(*shape: int) -> Callable[[Path], None]:
    return lambda path: np.save(path, np.random.default_rng(0).normal(size=shape).astype(np.float32))


MADE: dict[str, Callable[[Path], None]] = {
    "my-images": images,
    "spectrograms": spectrograms,
    "scans.npy": array(20, 32, 32),
    "points.npy": array(300, 2),
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with small data of all the names that the pages use."""
    for name, make in MADE.items():
        make(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---------------------------------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("page", [README, GUIDE, EQUILIBRIUM, METRICS], ids=lambda p: p.name)
def test_python_blocks_run(page: Path, desk: Path) -> None:
    blocks = fenced(page, "python")
    assert blocks
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)


def test_commands_about_metrics_parse_and_name_what_there_is() -> None:
    for line in commands(METRICS):
        options = parse(shlex.split(line, comments=True)[1:])
        if options.command.__name__ == "do_evaluate":
            asked = Asked("", metrics=options.metrics, encoder=options.encoder, split=options.split)
            assert set(asked.wanted) <= METRIC_PIECES.keys(), line


@GUIDES
def test_commands_parse_and_their_recipes_resolve(page: Path, desk: Path) -> None:
    for block in fenced(page, "yaml"):
        name = block.lstrip("\n").splitlines()[0]
        assert name.startswith("# "), "a recipe file's block begins with its name"
        (desk / name[2:]).write_text(block)
    made = set(re.findall(r'out="([^"]+)"', page.read_text()))
    for line in commands(page):
        options = parse(shlex.split(line, comments=True)[1:])
        if options.command.__name__ == "do_train":
            recipe, _ = api.find_recipe(options.what, overrides_of(options), options.data)
            assert recipe.epochs or recipe.steps, line
            made.add(options.out)
        elif options.command.__name__ == "do_recipes":
            assert options.name is None or options.name in recipes.names(), line
        elif options.command.__name__ == "do_clinic":
            assert set(options.claims) <= CLAIMS.keys(), line
        elif options.command.__name__ in ("do_compare", "do_judge"):
            pass  # of runs that stand for any
        elif options.command.__name__ == "do_evaluate":
            assert options.what in made, f"{line}: no command before it makes {options.what}"
        elif options.command.__name__ in ("do_diagnose", "do_report"):
            read = options.path if hasattr(options, "path") else options.run
            assert read in made or read in LOGS, f"{line}: no command before it makes {read}"
        else:
            assert options.run in made, f"{line}: no command before it makes {options.run}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        found = page.parent / file if file else page
        assert found.exists(), f"{page.name}: {target} is not there"
        assert not anchor or anchor in anchors(found), f"{page.name}: {target}: there is no such heading"


def test_pieces_are_what_the_cards_say() -> None:
    written = (ROOT / "docs/pieces.md").read_text()
    assert written == reference.page(), "run: python docs/make_pieces.py"


def test_findings_are_what_the_rules_say() -> None:
    written = (ROOT / "docs/findings.md").read_text()
    assert written == reference.findings(), "run: python docs/make_pieces.py"


def test_remedies_are_what_acts() -> None:
    written = (ROOT / "docs/remedies.md").read_text()
    assert written == reference.remedies(), "run: python docs/make_pieces.py"
    assert all(f"`{name}`" in written for name in REMEDIES)


def test_the_guide_tells_the_equilibrium_of_every_objective() -> None:
    assert reference.equilibria() in GUIDE.read_text(), "paste: print(equipoise.reference.equilibria())"


def test_the_guide_names_every_recipe_and_kind_of_data() -> None:
    guide = GUIDE.read_text()
    assert [name for name in [*recipes.names(), *KINDS] if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("name", equipoise.__all__)
def test_public_names_are_explained(name: str) -> None:
    assert f"equipoise.{name}" in GUIDE.read_text(), f"equipoise.{name} is not in the guide"
    thing = getattr(equipoise, name)
    assert isinstance(thing, str) or (thing.__doc__ and not thing.__doc__.startswith(f"{name}(")), f"{name} has no docstring"


def known_settings() -> set[str]:
    """Every dotted setting that a recipe can have."""
    found = {f"{part}.{f.name}" for part in ("grids", "checkpoints") for f in fields(getattr(recipes, part.capitalize()))}
    for part, registry in (("data", KINDS), ("network", NETWORKS), ("optimizer", OPTIMIZERS)):
        found |= {f"{part}.kind", *(f"{part}.{name}" for piece in registry.values() for name, _, _ in knobs(piece))}
    for part, pieces in (("tricks", TRICKS), ("penalties", PENALTIES)):
        for name, piece in pieces.items():
            found |= {f"{part}.{name}", *(f"{part}.{name}.{knob}" for knob, _, _ in knobs(piece))}
    return found


@GUIDES
def test_dotted_settings_in_the_text_exist(page: Path) -> None:
    parts = "data|network|optimizer|penalties|tricks|grids|checkpoints"
    spans = set(re.findall(rf"`((?:{parts})\.[\w.]+)[=`]", page.read_text())) - {"data.json"}  # a file
    assert spans - known_settings() == set()
