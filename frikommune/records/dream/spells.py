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

from frikommune.records.dream.codes import NO_CODE, CodeTable, dream_codes, unknown_codes
from frikommune.records.dream.gaps import FOUR_WEEKS, Bounds, GapRule, bounds
from frikommune.records.dream.layout import Layout, check_persons, layout
from frikommune.records.dream.runs import UNSEEN, Runs, ahead, begun, codes_of, exits_of, joined, opened, runs_of
from frikommune.sources import Source

_EPOCH = date(1970, 1, 1)
_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, repr=False)
class DreamSpells:
    """Benefit spells, and what was met and set aside on the way.

    Attributes:
        table: The `spells` table: person_key, kommune_kode, benefit, start (a Monday), end (a Sunday), exit_to
            (`self_support`, the exit meaning of the benefit that follows, or NULL where the data end too soon to
            tell), and `row`, the person's row in the extract (the first is 1).
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
        benefits: Spells made, by benefit.
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
    benefits: dict[str, int]
    unknown: dict[str, int]
    unverified: tuple[str, ...]
    passed_over: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"DreamSpells: {self.spells} spells of {self.persons} persons, {self.first} to {self.last}, "
            f"{self.rule.kind} {self.rule.weeks or ''}".rstrip()
        )


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
    wide, exact = begun(columns)
    spells, counts, unknown = _pass(wide, columns, table, gap)
    if unknown[NO_CODE] and not exact:
        spells, counts, unknown = _pass(opened(columns, exact=True), columns, table, gap)
    return _result(columns, table, spells, rule=rule, persons=persons, counts=counts, unknown=unknown)


_SCHEMA = pa.schema(
    [
        ("person_key", pa.string()),
        ("kommune_kode", pa.int32()),
        ("benefit", pa.string()),
        ("start", pa.date32()),
        ("end", pa.date32()),
        ("exit_to", pa.string()),
        ("row", pa.int64()),
    ]
)


def _result(
    columns: Layout,
    table: CodeTable,
    spells: Table,
    *,
    rule: GapRule,
    persons: int,
    counts: Counter[str],
    unknown: Counter[int],
) -> DreamSpells:
    benefits = {each: counts[each] for each in table.benefits if counts[each]}
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
        benefits=benefits,
        unverified=tuple(sorted(benefits.keys() & table.unverified)),
        passed_over=(*columns.degrees.values(), *columns.branches, *columns.others),
    )


def _pass(
    wide: Iterator[pa.RecordBatch], columns: Layout, table: CodeTable, gap: Bounds
) -> tuple[Table, Counter[str], Counter[int]]:
    """Go through the extract once; return the spells, their counts, and the weeks of each unknown code."""
    counts: Counter[str] = Counter()
    unknown: Counter[int] = Counter()
    return _stored(_spell_batches(wide, columns, table=table, gap=gap, counts=counts, unknown=unknown)), counts, unknown


def _stored(batches: Iterator[pa.RecordBatch]) -> Table:
    backend = ibis.duckdb.connect()
    reader = pa.RecordBatchReader.from_batches(_SCHEMA, batches)
    backend.con.register("batches", reader)
    backend.con.execute("CREATE TABLE spells AS SELECT * FROM batches")
    backend.con.unregister("batches")
    return backend.table("spells")


def _spell_batches(
    wide: Iterator[pa.RecordBatch],
    columns: Layout,
    *,
    table: CodeTable,
    gap: Bounds,
    counts: Counter[str],
    unknown: Counter[int],
) -> Iterator[pa.RecordBatch]:
    placed = _applies(tuple(columns.kommune), columns.mondays)
    monday, before = (columns.mondays[0] - _EPOCH).days, 0
    for batch in ahead(wide):
        keys, *rest = batch.columns
        runs = runs_of(codes_of(rest[len(columns.kommune) :]), table, unknown)
        homes = np.stack([each.fill_null(UNSEEN).to_numpy() for each in rest[: len(columns.kommune)]])
        yield _spells(
            runs, keys, homes, placed=placed, table=table, gap=gap, monday=monday, before=before, counts=counts
        )
        before += len(keys)


def _applies(days: tuple[date, ...], mondays: tuple[date, ...]) -> NDArray[np.intp]:
    """Return, by week, which dated municipality column applies: the latest one begun, or else the first."""
    found = np.searchsorted(np.array(days, "datetime64[D]"), np.array(mondays, "datetime64[D]"), side="right") - 1
    return np.maximum(found, 0)


def _spells(
    runs: Runs,
    keys: pa.Array,
    homes: NDArray[np.int32],
    *,
    placed: NDArray[np.intp],
    table: CodeTable,
    gap: Bounds,
    monday: int,
    before: int,
    counts: Counter[str],
) -> pa.RecordBatch:
    """Join runs to spells and say where each goes; `homes` has shape (dated columns, persons)."""
    opening, closing = joined(runs, gap)
    spells = Runs(runs.person[opening], runs.state[opening], runs.first[opening], runs.last[closing])
    inside = ~table.outside[spells.state]
    short = inside & (spells.last - spells.first + 1 < gap.shortest)
    at_edge = (spells.first == 0) | (spells.last == len(placed) - 1)
    counts["short"] += int(short.sum())
    counts["short_cut"] += int((short & at_edge).sum())
    counts["outside"] += int((runs.last - runs.first + 1)[table.outside[runs.state]].sum())
    kept = inside & ~short
    person, state, first, last = (each[kept] for each in (spells.person, spells.state, spells.first, spells.last))
    home, exits = homes[placed[first], person], exits_of(spells, ~short, gap)[kept]
    counts["spells"] += len(person)
    made = np.bincount(state, minlength=len(table.benefits))
    counts.update(dict(zip(table.benefits, made.tolist(), strict=True)))
    counts["with"] += len(person) and int((person[1:] != person[:-1]).sum()) + 1
    counts["under_way"] += int((first == 0).sum())
    counts["censored"] += int((exits == UNSEEN).sum())
    counts["unplaced"] += int((home == UNSEEN).sum())
    return pa.record_batch(
        [
            keys.take(pa.array(person)),
            pa.array(home, mask=home == UNSEEN),
            pa.array(table.benefits).take(pa.array(state)),
            pa.array((monday + _WEEK_DAYS * first).astype(np.int32)).cast(pa.date32()),
            # A spell in its last week seen has not ended: its end is blank, as the contract says.
            pa.array((monday + _WEEK_DAYS * (last + 1) - 1).astype(np.int32), mask=last == len(placed) - 1).cast(
                pa.date32()
            ),
            pa.array(table.meanings).take(pa.array(exits, mask=exits == UNSEEN)),
            pa.array(person.astype(np.int64) + before + 1),
        ],
        schema=_SCHEMA,
    )
