import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import frikommune

PACKAGE = Path(frikommune.__file__).parent

# A module imports only from rows above its own.
ROWS = [
    {"errors", "version"},
    {"shipped"},
    {"municipalities", "calendar", "disclosure"},
    {"schema"},
    {"trials", "sources"},
    {"exports", "fetch"},
    {"records", "survey", "demo"},
    {"dataroom"},
    {"terminal"},
    {"cells"},
    {"panel"},
    {"estimate", "regression", "uptake"},
    {"compare"},
    {"duration"},
    {"inference"},
    {"joint"},
    {"checks", "power"},
    {"verdict", "claims"},
    {"official", "savings"},
    {"register"},
    {"words"},
    {"tables"},
    {"figures"},
    {"sections", "shell", "gate", "origin"},
    {"__init__"},
    {"appendix"},
    {"batch", "verifying"},
    {"__main__"},
]
LAYER = {room: layer for layer, rooms in enumerate(ROWS) for room in rooms}
MOST_LINES = 320
LONGEST_FUNCTION = 45

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """Return the room that a file belongs to: its folder, or its own name."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(tree: ast.AST) -> list[tuple[str, list[str]]]:
    """Return the package's own modules that a file imports, with the names taken from each."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "frikommune":
            names = [alias.name for alias in node.names]
            found += [(name, []) for name in names] if node.module == "frikommune" else [(node.module[11:], names)]
        if isinstance(node, ast.Import):
            found += [(alias.name[11:], []) for alias in node.names if alias.name.startswith("frikommune.")]
    return found


def test_every_module_has_its_row() -> None:
    """The listing is the architecture: a new room is given its place before it is used."""
    assert {room_of(path) for path in FILES} == set(LAYER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rows_above(path: Path) -> None:
    """Imports run one way, and never reach for another module's private name."""
    here = room_of(path)
    for module, names in imported(ast.parse(path.read_text(encoding="utf-8"))):
        room = module.split(".")[0]
        assert room == here or LAYER[room] < LAYER[here], f"{here} imports {room}"
        assert not [name for name in names if name.startswith("_") and not name.startswith("__")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    """A module fits in one's head, a function on a screen, and imports stand at the top."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
            inner = [each for each in ast.walk(node) if isinstance(each, ast.Import | ast.ImportFrom)]
            assert not inner, f"{node.name} imports inside"


def test_public_functions_are_documented_and_typed() -> None:
    """Whatever a user can reach says what it does and what it takes."""
    for module in pkgutil.walk_packages([str(PACKAGE)], "frikommune."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        assert loaded.__doc__, module.name
        for name, thing in vars(loaded).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.name:
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                assert inspect.getdoc(thing), f"{module.name}.{name}"
            if inspect.isfunction(thing):
                signature = inspect.signature(thing)
                assert signature.return_annotation is not inspect.Signature.empty
                assert all(each.annotation is not each.empty for each in signature.parameters.values())
