"""What the tests of exports share: tables from text, real files where they are, and damage done on purpose."""

import csv
import io
import os
import random
from collections.abc import Callable
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from ibis.expr.types import Table

from frikommune.errors import UserError

Rows = list[list[str]]


def shared(name: str) -> Path:
    """Return a file of the shared folder beside the repository, or skip the test."""
    root = os.environ.get("FRIKOMMUNE_SHARED") or Path(__file__).parents[2] / "shared"
    path = Path(root) / "data" / "dst" / name
    if not path.is_file():
        pytest.skip(f"{name} is not there: set FRIKOMMUNE_SHARED to the folder that holds data/dst")
    return path


def rows_of(text: str, delimiter: str = ";") -> Rows:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter))


def table_of(rows: Rows) -> Table:
    """Make a table of text; short rows are filled with nothing, as a reader would refuse or fill them."""
    width = max((len(row) for row in rows), default=0)
    heading = _unique([*rows[0], *[""] * (width - len(rows[0]))]) if rows else []
    columns = zip(*([*row, *[None] * (width - len(row))] for row in rows[1:]), strict=True)
    arrays = [pa.array(list(column), pa.string()) for column in columns] or [pa.array([], pa.string())] * width
    return ibis.memtable(pa.table(arrays, names=heading))


def table(text: str, delimiter: str = ";") -> Table:
    return table_of(rows_of(text, delimiter))


def damaged(rows: Rows, seed: int) -> Rows:
    """Damage a table: cut off, columns shuffled, dropped or doubled, rows doubled, cells filled with junk."""
    chance = random.Random(seed)
    return chance.choice(_DAMAGE)([list(row) for row in rows], chance)


def survives(read: Callable[[Rows], tuple[int, int]], rows: Rows, seeds: range) -> tuple[int, int]:
    """Read damaged tables: each is read with every row accounted for, or refused with a sentence.

    Args:
        read: Reads rows, and returns how many it was given and how many it accounts for.
        rows: The table, undamaged.
        seeds: One for each damaged table.

    Returns:
        How many were read, and how many refused.
    """
    good, sentences = 0, []
    for seed in seeds:
        try:
            given, accounted = read(damaged(rows, seed))
        except UserError as fault:
            sentences.append(str(fault))
        else:
            assert given == accounted, seed
            good += 1
    assert all(each.endswith(".") and "Traceback" not in each for each in sentences)
    return good, len(sentences)


def _unique(names: list[str]) -> list[str]:
    found: list[str] = []
    for place, name in enumerate(names):
        found.append(name if name and name not in found else f"{name or 'column'}_{place}")
    return found


def _cut(rows: Rows, chance: random.Random) -> Rows:
    text = "\n".join(";".join(row) for row in rows)
    return rows_of(text[: chance.randrange(1, len(text))])


def _shuffled(rows: Rows, chance: random.Random) -> Rows:
    order = chance.sample(range(len(rows[0])), len(rows[0]))
    return [[row[place] for place in order] for row in rows]


def _dropped(rows: Rows, chance: random.Random) -> Rows:
    place = chance.randrange(len(rows[0]))
    return [row[:place] + row[place + 1 :] for row in rows]


def _one_column(rows: Rows, _: random.Random) -> Rows:
    return [["|".join(row)] for row in rows]


def _doubled_column(rows: Rows, chance: random.Random) -> Rows:
    place = chance.randrange(len(rows[0]))
    return [[*row, row[place]] for row in rows]


def _doubled_rows(rows: Rows, chance: random.Random) -> Rows:
    return [*rows, *chance.choices(rows[1:], k=3)]


def _junk(rows: Rows, chance: random.Random) -> Rows:
    junk = ["", "\x00", "1e308", "=1+1", "0000-00-00", "æ" * 500, "99999999999999999999", "2017K9", "NaN", "-"]
    for _ in range(chance.randrange(1, 6)):
        row = chance.randrange(len(rows))
        rows[row][chance.randrange(len(rows[row]))] = chance.choice(junk)
    return rows


def _wrong_letters(rows: Rows, _: random.Random) -> Rows:
    return [[cell.encode().decode("cp1252", errors="replace") for cell in row] for row in rows]


_DAMAGE = (_cut, _cut, _shuffled, _dropped, _one_column, _doubled_column, _doubled_rows, _junk, _junk, _wrong_letters)
