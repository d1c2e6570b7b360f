"""The command line of the synthetic register: `frikommune demo`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from frikommune.demo.mark import refuse_others
from frikommune.demo.writing import PLANTED, TRUTH, demo
from frikommune.errors import BadData

_console = Console()


def command(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the data room.")],
    size: Annotated[float, typer.Option(help="Persons, as a ratio to size 1 (some 300,000 persons).")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 1,
    effects: Annotated[Path | None, typer.Option(help="TOML file of effects that replace the shipped ones.")] = None,
    plant: Annotated[bool, typer.Option("--plant", help="Plant one fault of every rule, to test a check.")] = False,
) -> None:
    """Make a synthetic register whose effects are known: a data room of seven tables, and the truth beside it."""
    if not 0 < size < inf:
        raise BadData(f"--size is {size:g}: a number above 0 was expected.")
    if seed < 0:
        raise BadData(f"--seed is {seed}: 0 or a whole number above it was expected.")
    refuse_others(out)
    with shown("Synthetic register", _console) as progress:
        written = demo(out.resolve(), size=size, seed=seed, effects=effects, plant=plant, progress=progress)
    counts = ", ".join(f"{rows:,} {table}" for table, rows in written.rows.items())
    faults = f" {len(written.planted)} rows at fault: {PLANTED}." if plant else ""
    said = f"{out}: {counts}; {written.persons:,} persons; truth in {TRUTH}.{faults}"
    _console.print(said, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def shown(title: str, console: Console) -> Iterator[Callable[[float], None]]:
    """Show how far the work is: the function that is given takes the share that is done.

    Args:
        title: What is being made.
        console: Where to show it.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)
