import ast
from pathlib import Path

import nbformat
import pytest

from frikommune.shipped import ROOT
from frikommune.words import phrases

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_LINES = 10


def cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    """What a notebook shows is made when it is run."""
    assert all(not cell.outputs and cell.execution_count is None for cell in cells(path, "code"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_cells_are_short_calls_into_the_library(path: Path) -> None:
    """No definitions, loops, prints or magics, and at most ten lines a cell."""
    for cell in cells(path, "code"):
        assert len(cell.source.splitlines()) <= MOST_LINES
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.ClassDef)
            assert not (isinstance(node, ast.Name) and node.id == "print")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_prose_stands_in_the_table_of_phrases(path: Path) -> None:
    """Every heading has its English, and one of them is the first heading."""
    prose = cells(path, "markdown")
    assert [cell.source.startswith("# ") for cell in prose].count(True) == 1
    for cell in prose:
        assert phrases()[cell.id.replace("-", "_")]["da"] == cell.source.lstrip("# ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_parameters_have_type_default_and_comment(path: Path) -> None:
    """Papermill's inspector reads all four parts, and the command line relies on them."""
    tagged = [cell for cell in cells(path, "code") if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for line in tagged[0].source.splitlines():
        node = ast.parse(line).body[0]
        assert isinstance(node, ast.AnnAssign)
        assert node.value is not None
        assert "  # " in line
