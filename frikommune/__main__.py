"""The command line: `frikommune list`, `check`, `demo`, `run`, `audit` and `verify`."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from frikommune import batch
from frikommune.cells import NO_CACHE
from frikommune.claims import uses
from frikommune.dataroom import check as check_room
from frikommune.dataroom import open_room, write_templates
from frikommune.demo import kept
from frikommune.demo.command import command, shown
from frikommune.disclosure import ENVIRONMENT, audit, pairwise, secret
from frikommune.errors import BadData, UserError
from frikommune.fetch.command import fetch
from frikommune.gate import folder_tables
from frikommune.terminal import PipeConsole, show, write
from frikommune.trials import load_trials
from frikommune.verifying import verify
from frikommune.version import __version__
from frikommune.words import language

app = typer.Typer(
    help="From an evaluator's data to an answer that can be defended.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(fetch, name="fetch")
app.command("demo")(command)
_WIDE = 200
_OWN = {"trial": "TRIALS", "data": "--data", "lang": "--lang"}
_console = PipeConsole()
_errors = PipeConsole(stderr=True)


@app.command("list")
def list_trials() -> None:
    """List the trials: key, number, title, municipalities, start and recorded uses."""
    grid = Grid(box=None)
    for heading in ("Key", "No.", "Municipalities", "Earliest start", "Uses", "Title"):
        grid.add_column(heading, no_wrap=True)
    for key, each in load_trials().items():
        used = uses(key)
        start = each.earliest_start.isoformat() if each.earliest_start else "unknown"
        number = str(len(each.municipalities)) if each.municipalities else "unknown"
        grid.add_row(key, each.number, number, start, "unknown" if used is None else f"{used:.0f}", each.title_da)
    # As wide as it needs to be: a key that is cut short cannot be copied.
    PipeConsole(width=_WIDE).print(grid, crop=False, soft_wrap=True)


@app.command()
def check(
    room: Annotated[
        str | None, typer.Argument(metavar="FOLDER|URL", help="The data room: a folder, a DuckDB file or a database.")
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Keep nothing if anything is wrong.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Folder for the numbers of rejected rows, and the reasons.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the rows kept, as Parquet.")] = None,
    templates: Annotated[
        Path | None, typer.Option(help="Folder for an empty template of every table, and the data dictionary.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="File with the secret for person keys; the environment's FRIKOMMUNE_KEY by default."),
    ] = None,
    person_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="A column that is a person key too, in whichever table of a folder has it."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say what a data room holds and what is wrong with it; 0 clean, 1 faults, 2 unusable."""
    if room is None and templates is None:
        raise BadData("frikommune check takes a data room, a folder for --templates, or both.")
    if templates is not None:
        written = write_templates(templates)
        _errors.print(f"{len(written)} templates in {templates}.", markup=False, highlight=False, soft_wrap=True)
    if room is None:
        return
    known = key is not None or ENVIRONMENT in os.environ
    report = check_room(
        room,
        rejects=rejects,
        out=out,
        strict=strict,
        secret=secret(key) if known else None,
        person_keys=person_key or (),
    )
    if as_json:
        write(json.dumps(report.as_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        show(report, _console)
    raise typer.Exit(report.exit_code)


@app.command()
def run(
    trials: Annotated[list[str] | None, typer.Argument(help="Keys of trials; all of them by default.")] = None,
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with the official tables; by default a synthetic register, made once in OUT/demo."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("appendices"),
    figures: Annotated[Path | None, typer.Option(help="Folder for the figures; OUT/figures by default.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the pages: da or en.")] = "da",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the notebook."),
    ] = None,
    notebook: Annotated[
        list[str] | None,
        typer.Option(help="A notebook to run, such as 3-sick-leave; by default all that fit the trial and the data."),
    ] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Write only HTML, PNG and XLSX, with a list of every table: to take home.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Count every register anew: neither look for kept cells nor keep any.")
    ] = False,
) -> None:
    """Make the page of every trial, or of those named, and an index."""
    language(lang)
    if no_cache:
        os.environ[NO_CACHE] = "1"  # the notebooks' kernels inherit it
    if out.is_file():
        raise BadData(f"{out} is a file: --out takes a folder.")
    if sealed and data is None:
        raise BadData("--sealed takes --data FOLDER: the synthetic register would lie among the pages.")
    room = str((out / "demo" if data is None else data).resolve())
    parameters = {"data": room, "lang": lang, **_parameters(parameter or [])}
    keys = list(dict.fromkeys(trials or load_trials()))
    known, _ = batch.check(keys, parameters)
    batch.pages(known, (), notebook or ())
    if data is None:
        _make_synthetic(Path(room))
    tables = open_room(
        room
    ).tables  # a fault in the data is the same for every page: say it once, before anything is run
    wanted = batch.pages(known, tables, notebook or ())
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_console,
    ) as bar:
        task = bar.add_task("Pages", total=len(wanted))

        def advance(outcome: batch.Outcome) -> None:
            bar.advance(task)
            state = "done" if outcome.fault is None else f"not made: {outcome.fault}"
            bar.console.print(f"{outcome.name}: {state}", markup=False, highlight=False)

        where = figures or out / "figures"
        outcomes = batch.run(
            keys, out=out, figures=where, parameters=parameters, progress=advance, sealed=sealed, tables=tables,
            notebooks=notebook or (),
        )  # fmt: skip
    failed = [each for each in outcomes if each.fault is not None]
    summary = f"{len(outcomes) - len(failed)} of {len(outcomes)} pages made. Index: {out / 'index.html'}"
    _console.print(summary, markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


@app.command("audit")
def audit_folder(folder: Annotated[Path, typer.Argument(help="Folder with pages.")]) -> None:
    """Attack every released table of the pages in a folder: no hidden cell may be known too closely; 1 if one is."""
    pages = folder_tables(folder)
    tables = [each for found in pages.values() for each in found]
    pinned = audit(list({each.text: each for each in tables}.values()))
    for each in pinned:
        _errors.print(f"{each.table}: {each.cells} hidden cells ({each.what}) are known too closely.", markup=False)
    for of in pairwise(tables):
        said = "the joint table behind its tables is too large to be reckoned with, and they were attacked without it."
        _console.print(f"{of}: {said}", markup=False, highlight=False)
    hidden = sum(each.n.count(None) for each in tables)
    summary = f"{len(pages)} pages, {len(tables)} released tables, {hidden} hidden cells"
    _console.print(f"{summary}: {'not safe' if pinned else 'none known too closely'}.", markup=False, highlight=False)
    if pinned:
        raise typer.Exit(1)


@app.command("verify")
def verify_page(
    page: Annotated[Path, typer.Argument(help="The page.")],
    *,
    data: Annotated[str, typer.Option(help="Folder that it was made from; OUT/demo beside the page by default.")] = "",
) -> None:
    """Make a page again from what it says that it was made of; 0 if every byte is the same, 1 if not."""
    found = verify(page, data=data)
    for each in found.differences:
        _console.print(each, markup=False, highlight=False, soft_wrap=True)
    if not found.same:
        raise typer.Exit(1)
    _console.print("The page is the same, byte for byte.", markup=False, highlight=False)


def _make_synthetic(folder: Path) -> None:
    with shown("Synthetic register", _console) as progress:
        kept(folder, progress=progress)


def main() -> None:
    """Run the command line; what a user can mend is one sentence and an exit code."""
    try:
        app()
    except UserError as fault:
        _errors.print(str(fault), markup=False, highlight=False, soft_wrap=True)
        sys.exit(fault.exit_code)


@app.callback(invoke_without_command=True)
def _version(*, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        _console.print(f"frikommune {__version__}", markup=False, highlight=False)
        raise typer.Exit


def _parameters(texts: list[str]) -> dict[str, object]:
    pairs = [text.partition("=") for text in texts]
    wrong = [name for name, sign, _ in pairs if not sign]
    if wrong:
        raise BadData(f"--parameter takes NAME=VALUE; {', '.join(wrong)} has no '='.")
    own = [name for name, _, _ in pairs if name in _OWN]
    if own:
        raise BadData(f"The parameter {own[0]} is given as {_OWN[own[0]]}, not as --parameter.")
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    main()
