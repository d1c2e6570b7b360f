"""DREAM's weeks to benefit spells: one pass in batches, every step on whole arrays."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from frikommune.records.dream.codes import NO_CODE, UNKNOWN, CodeTable, dream_codes, unknown_codes
from frikommune.records.dream.gaps import FOUR_WEEKS, Bounds, GapRule, bounds
from frikommune.records.dream.layout import Layout, check_persons, code_cell, kommune_cell, layout, quoted
from frikommune.sources import Source

# Persons a batch: 420 weeks of them fit the second-level cache of a small machine.
_BATCH = 1 << 14
_PROBED = 1 << 10
_CENSORED = -1
_EPOCH = date(1970, 1, 1)
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, repr=False)
class DreamSpells:
    """Benefit spells, and what was met and set aside on the way.

    Attributes:
        table: The `spells` table: person_key, kommune_kode, benefit, start (a Monday), end (a Sunday) and exit_to:
            `self_support`, the exit meaning of the benefit that follows, or NULL where the data end too soon to tell.
        rule: The gap rule.
        persons: Persons read.
        without: Persons without a single spell.
        first: First day of the data.
        last: Last day of the data.
        spells: Spells made.
        short: Spells left out because the rule's minimum is longer.
        short_cut: Those of them that touch the first or last week: they may have been longer.
        under_way: Spells kept that were under way in the first week: their start is that of the data.
        censored: Spells kept whose exit the data do not show.
        unplaced: Spells kept without a municipality.
        outside: Weeks outside the population (emigrated or dead) [person-weeks].
        unknown: Weeks with a code that the code table lacks, by code [person-weeks]: the benefit "ukendt".
        unverified: Benefits met that rest on codes no public source confirms.
        passed_over: Columns of the extract that were not read.
    """

    table: Table
    rule: GapRule
    persons: int
    without: int
    first: date
    last: date
    spells: int
    short: int
    short_cut: int
    under_way: int
    censored: int
    unplaced: int
    outside: int
    unknown: dict[str, int]
    unverified: tuple[str, ...]
    passed_over: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"DreamSpells: {self.spells} spells of {self.persons} persons, {self.first} to {self.last}, "
            f"{self.rule.kind} {self.rule.weeks or ''}".rstrip()
        )


@dataclass(frozen=True, slots=True)
class _Runs:
    """Stretches of weeks in one state other than "no benefit", by person and week; every array has shape (runs,)."""

    person: NDArray[np.intp]
    state: NDArray[np.uint8]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def dream_spells(
    source: Source | Table,
    *,
    rule: GapRule = FOUR_WEEKS,
    person: str = "person_key",
    kommune: str = "kommune_kode",
    codes: Path | None = None,
) -> DreamSpells:
    """Make benefit spells of a wide DREAM extract.

    It is right for flows: who leaves a benefit, when and for what. DREAM keeps one benefit a week, by priority, so
    it is not right for counting recipients. A spell's municipality is that of its first day. A week that holds a
    code the table lacks is on the benefit "ukendt"; emigration and death end a spell and make none.

    Args:
        source: The extract: one row a person, columns `y_YYWW`, on DuckDB.
        rule: How weeks become spells.
        person: Column of the person key.
        kommune: Column of the municipality, or what stands before the date in dated ones.
        codes: An edited copy of `data/dream_codes.csv`.

    Returns:
        The spells, on a DuckDB connection of their own, in the order of persons in the extract, and the counts.

    Raises:
        BadData: A column is missing or of the wrong kind, weeks are missing, or a person has several rows.

    References:
        The weeks and the century: tagteam/heaven, importDREAM; what ends observation: carstennielsen/DREAMtoolsR.
    """
    columns, table = layout(source, person=person, kommune=kommune), dream_codes(codes)
    persons, gap = check_persons(columns), bounds(rule, columns.mondays)
    exact = _is_odd(columns)
    spells, counts, unknown = _pass(columns, table, gap, exact=exact)
    if unknown[NO_CODE] and not exact:
        spells, counts, unknown = _pass(columns, table, gap, exact=True)
    met = set(spells.select("benefit").distinct().execute()["benefit"])
    return DreamSpells(
        table=spells,
        rule=rule,
        persons=persons,
        without=persons - counts["with"],
        first=columns.mondays[0],
        last=columns.mondays[-1] + timedelta(days=_WEEK_DAYS - 1),
        spells=counts["spells"],
        short=counts["short"],
        short_cut=counts["short_cut"],
        under_way=counts["under_way"],
        censored=counts["censored"],
        unplaced=counts["unplaced"],
        outside=counts["outside"],
        unknown=unknown_codes(unknown),
        unverified=tuple(sorted(met & table.unverified)),
        passed_over=(*columns.degrees.values(), *columns.branches, *columns.others),
    )


_SCHEMA = pa.schema(
    [
        ("person_key", pa.string()),
        ("kommune_kode", pa.int32()),
        ("benefit", pa.string()),
        ("start", pa.date32()),
        ("end", pa.date32()),
        ("exit_to", pa.string()),
    ]
)


def _is_odd(columns: Layout) -> bool:
    """Tell whether the first rows hold cells that only the exact, slower way may read."""
    cells = ", ".join(code_cell(columns, name, exact=False) for name in columns.weeks)
    query = f"SELECT bool_or(list_contains(list_transform([{cells}], lambda code: code IS NULL), TRUE)) FROM "
    return bool(columns.run(f"{query}(SELECT * FROM {columns.base} LIMIT {_PROBED})").fetchall()[0][0])


def _pass(columns: Layout, table: CodeTable, gap: Bounds, *, exact: bool) -> tuple[Table, Counter[str], Counter[int]]:
    """Go through the extract once; return the spells, their counts, and the weeks of each unknown code."""
    counts: Counter[str] = Counter()
    unknown: Counter[int] = Counter()
    wide = columns.run(_query(columns, exact=exact)).to_arrow_reader(_BATCH)
    return _stored(_spell_batches(wide, columns, table, gap, counts, unknown)), counts, unknown


def _stored(batches: Iterator[pa.RecordBatch]) -> Table:
    backend = ibis.duckdb.connect()
    reader = pa.RecordBatchReader.from_batches(_SCHEMA, batches)
    backend.con.register("batches", reader)
    backend.con.execute("CREATE TABLE spells AS SELECT * FROM batches")
    backend.con.unregister("batches")
    return backend.table("spells")


def _query(columns: Layout, *, exact: bool) -> str:
    cells = [
        f"CAST({quoted(columns.person)} AS VARCHAR)",
        *(kommune_cell(name) for name in columns.kommune.values()),
        *(code_cell(columns, name, exact=exact) for name in columns.weeks),
    ]
    named = ", ".join(f"{cell} AS c{number}" for number, cell in enumerate(cells))
    return f"SELECT {named} FROM {columns.base}"


def _spell_batches(
    wide: pa.RecordBatchReader,
    columns: Layout,
    table: CodeTable,
    gap: Bounds,
    counts: Counter[str],
    unknown: Counter[int],
) -> Iterator[pa.RecordBatch]:
    placed = _applies(tuple(columns.kommune), columns.mondays)
    monday = (columns.mondays[0] - _EPOCH).days
    for batch in wide:
        keys, *rest = batch.columns
        states = _states(rest[len(columns.kommune) :], table, unknown)
        runs = _runs(states)
        homes = _matrix(rest[: len(columns.kommune)])
        yield _spells(runs, keys, homes[placed], table=table, gap=gap, monday=monday, counts=counts)


def _applies(days: tuple[date, ...], mondays: tuple[date, ...]) -> NDArray[np.intp]:
    """Return, by week, which dated municipality column applies: the latest one begun, or else the first."""
    found = np.searchsorted(np.array(days, "datetime64[D]"), np.array(mondays, "datetime64[D]"), side="right") - 1
    return np.maximum(found, 0)


def _matrix(homes: list[pa.Array]) -> NDArray[np.int32]:
    return np.stack([each.fill_null(_CENSORED).to_numpy() for each in homes])


def _states(cells: list[pa.Array], table: CodeTable, unknown: Counter[int]) -> NDArray[np.uint8]:
    """Return the state of every week and person, shape (weeks, persons)."""
    found = np.empty((len(cells), len(cells[0])), np.int16)
    for row, cell in zip(found, cells, strict=True):
        row[:] = (cell if cell.null_count == 0 else cell.fill_null(NO_CODE)).to_numpy()
    states = table.lookup[found.view(np.uint16)]
    strange = states == table.benefits.index(UNKNOWN)
    if strange.any():
        codes, weeks = np.unique(found[strange], return_counts=True)
        unknown.update(dict(zip(codes.tolist(), weeks.tolist(), strict=True)))
    return states


def _runs(states: NDArray[np.uint8]) -> _Runs:
    """Find where a person's state changes; sorting the few changes is cheaper than turning the whole matrix."""
    weeks, persons = states.shape
    change = np.empty(states.shape, np.bool_)
    change[0] = states[0] != 0
    np.not_equal(states[1:], states[:-1], out=change[1:])
    at = np.flatnonzero(change)
    person = at % persons
    # A stable sort of 16-bit numbers is a radix sort.
    order = np.argsort(person.astype(np.uint16) if persons <= 1 << 16 else person, kind="stable")
    at, person = at[order], person[order]
    first = (at // persons).astype(np.int32)
    last = np.full(len(at), weeks - 1, np.int32)
    same = person[1:] == person[:-1]
    last[:-1][same] = first[1:][same] - 1
    state = states.ravel()[at]
    some = state != 0
    return _Runs(person[some], state[some], first[some], last[some])


def _spells(
    runs: _Runs,
    keys: pa.Array,
    homes: NDArray[np.int32],
    *,
    table: CodeTable,
    gap: Bounds,
    monday: int,
    counts: Counter[str],
) -> pa.RecordBatch:
    """Join runs to spells and say where each goes; `homes` has shape (weeks, persons)."""
    weeks = len(homes)
    opening, closing = _joined(runs, gap)
    exits = _exits(runs, closing, table, gap)
    person, state = runs.person[opening], runs.state[opening]
    first, last = runs.first[opening], runs.last[closing]
    inside = ~table.outside[state]
    short = inside & (last - first + 1 < gap.shortest)
    counts["short"] += int(short.sum())
    counts["short_cut"] += int((short & ((first == 0) | (last == weeks - 1))).sum())
    counts["outside"] += int((last - first + 1)[~inside].sum())
    kept = inside & ~short
    person, state, first, last, exits = (each[kept] for each in (person, state, first, last, exits))
    home = homes[first, person]
    counts["spells"] += len(person)
    counts["with"] += len(np.unique(person))
    counts["under_way"] += int((first == 0).sum())
    counts["censored"] += int((exits == _CENSORED).sum())
    counts["unplaced"] += int((home == _CENSORED).sum())
    return pa.record_batch(
        [
            keys.take(pa.array(person)),
            pa.array(home, mask=home == _CENSORED),
            pa.array(table.benefits).take(pa.array(state)),
            pa.array((monday + _WEEK_DAYS * first).astype(np.int32)).cast(pa.date32()),
            pa.array((monday + _WEEK_DAYS * (last + 1) - 1).astype(np.int32)).cast(pa.date32()),
            pa.array(table.meanings).take(pa.array(exits, mask=exits == _CENSORED)),
        ],
        schema=_SCHEMA,
    )


def _joined(runs: _Runs, gap: Bounds) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
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


def _exits(runs: _Runs, closing: NDArray[np.intp], table: CodeTable, gap: Bounds) -> NDArray[np.int16]:
    """Return the state that each spell goes to: 0 is self-support, -1 not seen."""
    weeks = len(gap.clears)
    clears = gap.clears[runs.last[closing]]
    after = np.minimum(closing + 1, max(len(runs.person) - 1, 0))
    follows = (after > closing) & (runs.person[after] == runs.person[closing]) & (runs.first[after] < clears)
    return np.where(follows, runs.state[after], np.where(clears <= weeks, 0, _CENSORED)).astype(np.int16)
