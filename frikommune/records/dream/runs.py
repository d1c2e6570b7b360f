"""Weeks in batches to runs of one code, and runs to spells: whole arrays, no loop over persons."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from frikommune.records.dream.codes import NO_CODE, UNKNOWN, CodeTable
from frikommune.records.dream.gaps import Bounds
from frikommune.records.dream.layout import Layout, code_cell, kommune_cell, quoted

# Persons a batch: 420 weeks of them fit the caches of a small machine.
BATCH = 1 << 14
UNSEEN = -1  # the state that a spell goes to when the data end too soon to tell


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of weeks with one code other than "no benefit", by person and week; every array has shape (runs,).

    Two codes of one benefit that follow each other are two runs; joining makes them one spell under every gap rule.
    """

    person: NDArray[np.intp]
    state: NDArray[np.uint8]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def opened(columns: Layout, *, exact: bool) -> pa.RecordBatchReader:
    """Open the extract: person keys, municipalities and codes, in batches."""
    cells = [
        f"CAST({quoted(columns.person)} AS VARCHAR)",
        *(kommune_cell(name) for name in columns.kommune.values()),
        *(code_cell(columns, name, exact=exact) for name in columns.weeks),
    ]
    named = ", ".join(f"{cell} AS c{number}" for number, cell in enumerate(cells))
    return columns.run(f"SELECT {named} FROM {columns.base}").to_arrow_reader(BATCH)


def begun(columns: Layout) -> tuple[Iterator[pa.RecordBatch], bool]:
    """Open the extract the short way, or the exact way where its first batch needs it; tell which."""
    wide = opened(columns, exact=False)
    first = next(wide, None)
    if first is not None and any(each.null_count for each in first.columns[-len(columns.weeks) :]):
        wide.close()
        return opened(columns, exact=True), True
    return (wide if first is None else chain([first], wide)), False


def ahead(reader: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read the next batch while this one is worked on: DuckDB needs no Python for it."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(next, reader, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, reader, None)
            yield batch


def codes_of(cells: list[pa.Array]) -> NDArray[np.int16]:
    """Return the code of every week and person, shape (weeks, persons)."""
    found = np.empty((len(cells), len(cells[0])), np.int16)
    for row, cell in zip(found, cells, strict=True):
        row[:] = (cell if cell.null_count == 0 else cell.fill_null(NO_CODE)).to_numpy()
    return found


def unknown_weeks(batches: Iterator[pa.RecordBatch], weeks: Sequence[int], table: CodeTable) -> Counter[int]:
    """Count the weeks of each code that the table lacks; `weeks` are the numbers of those to count, from the last."""
    found = np.zeros(len(table.lookup), np.int64)
    for batch in ahead(batches):
        cells = batch.columns  # made anew by every call
        codes = codes_of([cells[each] for each in weeks])
        found += np.bincount(codes.view(np.uint16).ravel(), minlength=len(found))
    unknown = np.flatnonzero((table.lookup == table.benefits.index(UNKNOWN)) & (found > 0))
    return Counter({int(np.uint16(each).view(np.int16)): int(found[each]) for each in unknown})


def runs_of(codes: NDArray[np.int16], table: CodeTable, unknown: Counter[int]) -> Runs:
    """Find where a person's code changes; sorting the few changes is cheaper than turning the whole matrix."""
    weeks, persons = codes.shape
    change = np.empty(codes.shape, np.bool_)
    change[0] = codes[0] != 0
    np.not_equal(codes[1:], codes[:-1], out=change[1:])
    at = np.flatnonzero(change)
    person = at % persons
    # A stable sort of 16-bit numbers is a radix sort.
    order = np.argsort(person.astype(np.uint16) if persons <= 1 << 16 else person, kind="stable")
    at, person = at[order], person[order]
    first = (at // persons).astype(np.int32)
    last = np.full(len(at), weeks - 1, np.int32)
    same = person[1:] == person[:-1]
    last[:-1][same] = first[1:][same] - 1
    code = codes.ravel()[at]
    state = table.lookup[code.view(np.uint16)]
    strange = state == table.benefits.index(UNKNOWN)
    for each in np.unique(code[strange]):
        unknown[int(each)] += int((last - first + 1)[strange & (code == each)].sum())
    some = state != 0
    return Runs(person[some], state[some], first[some], last[some])


def joined(runs: Runs, gap: Bounds) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the runs that open and close each spell."""
    joins = (
        (runs.person[1:] == runs.person[:-1])
        & (runs.state[1:] == runs.state[:-1])
        & (runs.first[1:] < gap.joins[runs.last[:-1]])
    )
    breaks = np.flatnonzero(~joins)
    if not len(runs.person):
        return breaks, breaks
    return np.concatenate(([0], breaks + 1)), np.concatenate((breaks, [len(runs.person) - 1]))


def exits_of(spells: Runs, counts: NDArray[np.bool_], gap: Bounds) -> NDArray[np.int16]:
    """Return the state that each spell goes to: 0 is self-support, -1 not seen.

    A spell too short to count is no exit, but it interrupts self-support: the search goes on behind it.

    Args:
        spells: Spells of every length, by person and week.
        counts: Whether each may be an exit, shape (spells,).
        gap: The gap rule.
    """
    many, weeks = len(spells.person), len(gap.clears)
    after = np.minimum(np.arange(1, many + 1), max(many - 1, 0))
    follows = (after > np.arange(many)) & (spells.person[after] == spells.person)
    clears = gap.clears[spells.last]
    free = clears <= np.where(follows, spells.first[after], weeks)
    seen = np.where(follows & counts[after], spells.state[after].astype(np.int16), np.int16(UNSEEN))
    found = np.where(free, np.int16(0), seen)
    # Where the next spell is too short, what follows it tells: the first spell from here on that need not ask further.
    settled = np.where(free | ~follows | counts[after], np.arange(many), many)
    return found[np.minimum.accumulate(settled[::-1])[::-1]]
