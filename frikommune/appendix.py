"""Runs one notebook for one trial and makes it a page.

A notebook that failed is never exported: its outputs may hold anything. Neither is one that the gate refuses.
"""

import ast
import base64
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from frikommune.errors import BadData, BadDesign, PageRefused, UnknownName
from frikommune.gate import check_notebook, check_page
from frikommune.origin import origin_of, section
from frikommune.shell import wrap
from frikommune.shipped import notebook_file
from frikommune.tables import PACKED, Table, unpacked, workbook
from frikommune.trials import trial
from frikommune.words import language, of, phrases, say

TRIAL_NOTEBOOK = "1-trial"
_INPUTS = {"parameters", "injected-parameters"}
_OURS = {each.__name__ for each in (BadData, BadDesign, UnknownName)}
# A kernel warns of an unencrypted channel, which never leaves this machine, and calls the interrupt that comes before
# its shutdown an error; a cell that fails is told by the notebook.
_QUIET = ["--IPKernelApp.log_level=50"]
_TYPES = {"str": str, "int": int, "float": float, "bool": bool}
_H1 = re.compile(r"<h1[^>]*>(.*?)</h1>\s*")
_FIGURE = re.compile(r'<figure id="figure-([\w-]+)"')
_BLOCKS = re.compile(r"<(script|style)\b.*?</\1>\s*", re.DOTALL)
_CELLS = re.compile(r'<div class="[^"]*" id="cell-id=[^"]*">\s*</div>\s*')


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A finished page, not yet on disk.

    Attributes:
        name: File name.
        html: The page.
        figures: Its figures as files: name and bytes.
        workbook: Its tables as an Excel file; none where it has no table.
    """

    name: str
    html: str
    figures: dict[str, bytes]
    workbook: bytes | None = None

    def __repr__(self) -> str:
        return f"Page {self.name}: {len(self.html)} characters, {len(self.figures)} figure files"


def make_page(parameters: Mapping[str, object], *, notebook: str = TRIAL_NOTEBOOK) -> Page:
    """Run a notebook for one trial, and make it a page.

    Args:
        parameters: The notebook's parameters; `trial` among them.
        notebook: Name of the shipped notebook.

    Raises:
        UnknownName: The trial, language or a parameter is not there.
        BadData: A parameter is of the wrong type.
        PageRefused: The notebook failed, with its last line; or the notebook or the page holds something that must
            not be published, with its kind and place.
    """
    checked = check_parameters(parameters, notebook=notebook)
    about, lang = trial(str(checked["trial"])), language(str(checked.get("lang", "da")))
    executed = _run(notebook, checked)
    check_notebook(executed, name=notebook)
    made = section(origin_of(about, {**_defaults(notebook), **checked}, notebook=notebook), lang)
    page = Page(
        name=page_name(about.key, notebook),
        html=_page(executed, notebook=notebook, title=of(about, "title", lang), lang=lang, made=made),
        figures=_figures(executed),
        workbook=_workbook(executed),
    )
    check_page(page.html, name=page.name)
    return page


def page_name(trial: str, notebook: str = TRIAL_NOTEBOOK) -> str:
    """Return the file name of a page: the trial, and what the notebook is about where it is not the first one.

    Args:
        trial: Key of the trial.
        notebook: Name of the shipped notebook.
    """
    return f"{trial}.html" if notebook == TRIAL_NOTEBOOK else f"{trial}-{notebook.partition('-')[2]}.html"


def workbook_name(page: str) -> str:
    """Return the file name of the workbook with a page's tables.

    Args:
        page: File name of the page.
    """
    return f"{page.removesuffix('.html')}.xlsx"


def check_parameters(parameters: Mapping[str, object], *, notebook: str = TRIAL_NOTEBOOK) -> dict[str, object]:
    """Return the parameters in the notebook's own types: papermill itself would only log a wrong one.

    Args:
        parameters: Names and values; a text is read as the type that the notebook states.
        notebook: Name of the shipped notebook.

    Raises:
        UnknownName: The notebook has no such parameter.
        BadData: A value is not of the type that the notebook states.
    """
    known = papermill.inspect_notebook(str(notebook_file(notebook)))
    checked: dict[str, object] = {}
    for name, value in parameters.items():
        if name not in known:
            raise UnknownName.among(f"parameter of {notebook}", name, known)
        kind = known[name]["inferred_type_name"]
        try:
            checked[name] = _TYPES[kind](value)
        except ValueError as fault:
            raise BadData(f"The parameter {name} takes a value of the type {kind}.") from fault
    return checked


def _defaults(notebook: str) -> dict[str, object]:
    known = papermill.inspect_notebook(str(notebook_file(notebook)))
    return {name: ast.literal_eval(each["default"]) for name, each in known.items()}


def _run(notebook: str, parameters: dict[str, object]) -> NotebookNode:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "executed.ipynb"
        # No `cwd`: papermill would change the directory of the whole process, and pages are made side by side.
        try:
            papermill.execute_notebook(
                str(notebook_file(notebook)),
                str(output),
                parameters=parameters,
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                extra_arguments=_QUIET,
            )
        except PapermillExecutionError as fault:
            # The text of an error that is not ours may hold anything, a person's value too.
            told = f": {fault.evalue}" if fault.ename in _OURS else "; run the notebook by hand to see where."
            raise PageRefused(f"Cell {fault.exec_count} failed with {fault.ename}{told}") from fault
        return nbformat.read(output, as_version=4)


def _page(executed: NotebookNode, *, notebook: str, title: str, lang: str, made: str) -> str:
    shown = nbformat.v4.new_notebook(metadata=executed.metadata)
    shown.cells = [_cell(cell, notebook, lang) for cell in executed.cells if not _INPUTS & set(_tags(cell))]
    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    body, _ = exporter.from_notebook_node(shown)
    body = _CELLS.sub("", _BLOCKS.sub("", body))
    first = _H1.search(body)
    kicker = first[1] if first else ""
    return wrap(_H1.sub("", body) + made, title=title, lang=lang, kicker=kicker)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _cell(cell: NotebookNode, notebook: str, lang: str) -> NotebookNode:
    """Return a cell as it is shown: prose in the page's language, no stderr, nothing that failed."""
    if cell.cell_type == "markdown":
        return nbformat.v4.new_markdown_cell(_translated(cell, notebook, lang), id=cell.id)
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            raise PageRefused(f"The cell {cell.id} of {notebook} failed with {output.ename}: no page is made of it.")
    outputs = [output for output in cell.get("outputs", []) if output.output_type != "stream"]
    return nbformat.v4.new_code_cell(cell.source, outputs=outputs, id=cell.id)


def _translated(cell: NotebookNode, notebook: str, lang: str) -> str:
    """Return a heading or paragraph of the notebook in a language: its Danish stands in `data/words.toml` too."""
    marks, _, text = cell.source.rpartition("# ")
    key = cell.id.replace("-", "_")
    if phrases().get(key, {}).get("da") != text:
        raise PageRefused(f"The words of the cell {cell.id} of {notebook} are not those of data/words.toml.")
    return f"{marks}# {say(key, lang)}" if marks or cell.source.startswith("# ") else say(key, lang)


def _figures(executed: NotebookNode) -> dict[str, bytes]:
    """Return the figures that the notebook showed, as SVG and PNG files."""
    files: dict[str, bytes] = {}
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            found = _FIGURE.search(data.get("text/html", ""))
            if found:
                files[f"{found[1]}.svg"] = data["image/svg+xml"].encode()
                files[f"{found[1]}.png"] = base64.b64decode(data["image/png"])
    return files


def _workbook(executed: NotebookNode) -> bytes | None:
    """Return the tables that the notebook showed, on their own or behind a figure, as an Excel file."""
    tables = [table for cell in executed.cells for output in cell.get("outputs", []) for table in _tables(output)]
    return workbook(tables) if tables else None


def _tables(output: NotebookNode) -> tuple[Table, ...]:
    bundle = output.get("data", {}).get(PACKED)
    return unpacked(bundle) if bundle else ()
