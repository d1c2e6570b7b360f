"""How a check is shown in a terminal, and in plain lines where there is none."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import NoReturn

from rich.console import Console
from rich.table import Table as Grid

from frikommune.dataroom import Report, TableReport
from frikommune.municipalities import COUNT

_FEW = 12  # municipalities that are named; of more, only how many

_CLOSED = 141  # what a shell reports of a tool that ended because its pipe was closed: 128 and the signal's number


class PipeConsole(Console):
    """A console that ends as other tools do when nobody reads on, as behind `| head`: without a word.

    Exit code 0 would say that all is well, and 1 that there are faults.
    """

    def on_broken_pipe(self) -> NoReturn:
        """End the program."""
        _end()


def write(text: str) -> None:
    """Write to the standard output; end without a word when nobody reads on."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _end()


def _end() -> NoReturn:
    # Python writes what is left when it ends, and would complain: it goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(_CLOSED)


def show(report: Report, console: Console) -> None:
    """Show what a check found: a table in a terminal, a line each where the output goes to a file or program."""
    if console.is_terminal:
        console.print(_grid(report))
    else:
        _lines(console, (_counts(each) for each in report.tables))
    _lines(console, (line for each in report.tables for line in _details(each)))
    _lines(console, report.problems)
    if report.synthetic:
        _lines(console, ["The register is synthetic: no person in it exists."])
    if report.unknown:
        _lines(console, [f"Not tables of a data room, and not read: {', '.join(report.unknown)}."])
    _lines(console, [_summary(report)])


def _grid(report: Report) -> Grid:
    grid = Grid(box=None)
    grid.add_column("Table", no_wrap=True)
    grid.add_column("File")
    for heading in ("Rows", "Kept", "Rejected", "Faults"):
        grid.add_column(heading, justify="right")
    grid.add_column("Period")
    grid.add_column("Municipalities")
    for each in report.tables:
        numbers = (f"{number:,}" for number in (each.rows, each.kept, each.rejected, _faults(each)))
        grid.add_row(each.table, each.file, *numbers, _period(each), f"{len(each.covered)} of {COUNT}")
    return grid


def _counts(table: TableReport) -> str:
    return (
        f"{table.table} ({table.file}): {table.rows} rows, {table.kept} kept, {table.rejected} rejected, "
        f"{_faults(table)} faults, period {_period(table)}, {len(table.covered)} of {COUNT} municipalities."
    )


def _faults(table: TableReport) -> int:
    return len(table.faults) + len(table.unread)


def _period(table: TableReport) -> str:
    return "none" if table.period is None else f"{table.period[0]} to {table.period[1]}"


def _details(table: TableReport) -> Iterator[str]:
    if table.unusable:
        yield f"{table.table} ({table.file}) cannot be used: {table.unusable}"
        return
    yield from map(str, table.faults)
    for what, rows in (("rows that could not be read", table.unread), ("set aside", table.set_aside)):
        if rows:
            listed = ", ".join(f"{reason} ({count})" for reason, count in rows.items())
            yield f"{table.table} ({table.file}), {what}: {listed}."
    for note in table.notes:
        yield f"{table.table} ({table.file}): {note}."
    if table.covered:
        yield from _places(table)


def _places(table: TableReport) -> Iterator[str]:
    missing = table.missing
    if len(missing) > _FEW:
        yield f"{table.table} ({table.file}): no rows of {len(missing)} municipalities (--json names them)."
    elif missing:
        yield f"{table.table} ({table.file}): no rows of {', '.join(missing)}."


def _summary(report: Report) -> str:
    if not report.tables and not report.problems:
        return f"{report.room} holds none of the tables of a data room: frikommune check --templates FOLDER shows them."
    rows, kept = sum(each.rows for each in report.tables), sum(each.kept for each in report.tables)
    unusable = [each.table for each in report.tables if each.unusable]
    state = {0: "Clean", 1: "Faults"}.get(report.exit_code, f"Unusable: {', '.join(unusable)}")
    held = " (strict: nothing is kept)" if report.strict and report.exit_code else ""
    return f"{state}: {rows} rows, {kept} kept, {rows - kept} rejected{held}."


def _lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
