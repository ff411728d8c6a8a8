"""One direction: a room imports only from rooms to its left (the design's 'one direction')."""

import ast
from pathlib import Path

import pytest

import equipoise

ROOT = Path(equipoise.__file__).parent
ROOMS = [  # each may import from itself and from what stands before it
    ["errors", "card", "seeds", "disk", "plain_json", "environment"],
    ["pieces", "settings", "history", "actions"],
    ["diagnosis"],
    ["remedies"],
    ["logs"],
    ["diagnosing"],
    ["explain"],
    ["data"],
    ["networks"],
    ["objectives", "penalties", "tricks", "optimizers"],
    ["game"],
    ["sampling", "signals"],
    ["recipe", "metrics", "checkpoint", "run_folder", "progress", "stop"],
    ["own", "build", "schedule", "choose", "pictures", "watching", "observe"],
    ["rebuild"],
    ["treating"],
    ["train", "export"],
    ["api"],
    ["sides"],
    ["clinic"],
    ["equilibrium"],
    ["describe", "pages", "judge"],
    ["evaluating"],
    ["reference"],
    ["cli", "__init__", "__main__"],
]
RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}


def imports(path: Path) -> set[str]:
    """Rooms of this package that a file imports when it runs (not those for type checking only)."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in typing_only:
            parts = node.module.split(".")
            if parts[0] == "equipoise":
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found - {"__version__"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_left(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert room in RANK, f"{room} has no place in the house: give it one in ROOMS"
    wrong = {other for other in imports(path) if RANK[other] > RANK[room]}
    assert not wrong, f"{room} imports {wrong}, which stand to its right"


def test_no_unsafe_loading() -> None:
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "cloudpickle", "dill", "joblib"}, path
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords), path
