"""Holds a table against its contract: every row is kept, or set aside with the reason.

Nothing of the table is fetched: what comes out are expressions, counts and a few row numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import reduce
from operator import add, or_

import ibis
from ibis.expr.types import Table, Value

from frikommune.disclosure import MARK
from frikommune.errors import BadData
from frikommune.schema.faults import SHOWN, Fault, phrase
from frikommune.schema.lines import aside_faults, numbered, smallest, with_aside
from frikommune.schema.nouns import Column, Contract
from frikommune.schema.parsing import IBIS_TYPES, finish, marks, parse, text_of
from frikommune.schema.rules import Cell, Flag, column_flags, extra_flag, row_flags
from frikommune.schema.together import OVERLAPPING, REPEATED_KEY, REPEATED_ROW, rows_at_fault


@dataclass(frozen=True, slots=True, repr=False)
class Examined:
    """A table held against its contract.

    Attributes:
        contract: What it should be.
        kept: The good rows, lazily: the columns of the contract in its types, then columns for strata and groups.
        rejected: The other rows, lazily: `row` (1 is the first row of data), `reasons`, then the columns as they
            stood. It holds whatever the table held: for the evaluator's own machine only.
        faults: What is wrong.
        rows: Rows of the table: those kept and those rejected add up to it.
        kept_rows: Rows kept.
        every: All rows as `rejected` has them; the reasons of a good row are blank.
        absent: Optional columns that the table has not; they are there in `kept`, empty.
        extra: Columns of the table that the contract does not know; they are not in `kept`.
    """

    contract: Contract
    kept: Table
    rejected: Table
    faults: tuple[Fault, ...]
    rows: int
    kept_rows: int
    every: Table
    absent: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def rejected_rows(self) -> int:
        """Rows rejected."""
        return self.rows - self.kept_rows

    def __repr__(self) -> str:
        return f"Examined {self.contract.table}: {self.rows} rows, {self.kept_rows} kept, {len(self.faults)} faults"


def examine(
    table: Table, contract: Contract, *, trials: Mapping[str, date] | None = None, aside: Table | None = None
) -> Examined:
    """Hold a table against its contract.

    Text is read as Danish exports write it (decimal comma, four ways to write a date, ja and nej); typed columns are
    taken as they are. Blank is missing, and so are NA, NULL and `.` outside text columns. Column names count in any
    case. A row that repeats an earlier one is set aside; rows that share a key but differ are all set aside; so are
    rows with the marker of a CPR number, in columns that the contract does not know too.

    Args:
        table: The table, as `sources.read` gives it, in the order of its file.
        contract: What it should be.
        trials: The trials that exist, with the first day that each could start; without them trials are not checked.
        aside: Lines of its file that are no rows, as `Source.aside` has them: they are rejected too.

    Returns:
        The good rows, the others with their reasons, and what is wrong.

    Raises:
        BadData: A required column is not there, or two columns have the same name; the message names the nearest.
    """
    match = _matched(table.columns, contract)
    table = _here(table)
    marked = _marked(table.select(**{at: table[name] for name, at in _raws(table)}))
    rows, cells = _read(table, match, aside, marked)
    lines, unread = aside_faults(contract.table, aside)
    flags = [flag for cell in cells for flag in column_flags(cell, trials)]
    flags += row_flags(rows, contract, trials)
    known = {_raw(place) for place in match.places}
    flags += [extra_flag(name, rows[at]) for name, at in _raws(table) if at in marked - known]
    flagged = rows.mutate(**{_flag(at): flag.broken for at, flag in enumerate(flags)}).view()
    flagged = flagged.mutate(bad=reduce(or_, (flagged[_flag(at)] for at in range(len(flags))))).view()
    count, bad, alone = _alone(flagged, flags, contract)
    good = flagged.filter(~flagged.bad)
    found = rows_at_fault(good, contract) if count - bad > 1 else None
    kept = good if found is None else good.anti_join(found, "row")
    together = () if found is None else _together(found, contract)
    every = _with_reasons(flagged, flags, found, contract)
    return Examined(
        contract=contract,
        kept=kept.select(*contract.names, *match.passengers),
        rejected=with_aside(_as_it_stood(every.filter(every.bad), table.columns), aside),
        faults=(*unread, *alone, *together),
        rows=count + lines,
        kept_rows=count - bad - sum(each.count for each in together),
        every=with_aside(_as_it_stood(every, table.columns), aside),
        absent=match.absent,
        extra=match.extra,
    )


def _here(table: Table) -> Table:
    """Return a table on DuckDB, where the rules run: a table of another engine is copied there in a stream."""
    if table.get_backend().name == "duckdb":
        # Its progress bar would be written into what a program reads.
        table.get_backend().raw_sql("SET enable_progress_bar = false")
        return table
    engine = ibis.duckdb.connect()
    engine.raw_sql("SET enable_progress_bar = false")
    engine.con.register("incoming", table.to_pyarrow_batches())
    engine.con.execute("CREATE TABLE copied AS SELECT * FROM incoming")
    return engine.table("copied")


@dataclass(frozen=True, slots=True)
class _Match:
    """Which column of a table, by its place, is which of the contract."""

    places: Mapping[int, Column]
    passengers: tuple[str, ...]
    missing: tuple[Column, ...]
    extra: tuple[str, ...]

    @property
    def absent(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.missing)


def _matched(names: Sequence[str], contract: Contract) -> _Match:
    """Find the columns of the contract in a table, and those for strata and groups, which travel with any table."""
    plain = [plain_name(name) for name in names]
    twice = sorted({name for name in plain if plain.count(name) > 1 and name in contract.names})
    if twice:
        raise BadData(f"{contract.table}: the column {', '.join(twice)} is there more than once: keep one of them.")
    known = {column.name: column for column in contract.columns}
    passengers = tuple(
        name
        for name in dict.fromkeys(plain)
        if name not in known and plain.count(name) == 1 and (name.startswith("stratum_") or name == "group")
    )
    travelling = {name: Column(name=name, type="text", da="", en="") for name in passengers}
    columns = {**known, **travelling}
    missing = tuple(column for column in contract.columns if column.name not in plain)
    _refuse_missing([column.name for column in missing if column.required], names, contract)
    return _Match(
        places={place: columns[name] for place, name in enumerate(plain) if name in columns},
        passengers=passengers,
        missing=missing,
        extra=tuple(name for name, short in zip(names, plain, strict=True) if short not in columns),
    )


def _refuse_missing(missing: Sequence[str], names: Sequence[str], contract: Contract) -> None:
    if not missing:
        return
    near = sorted({each for name in missing for each in get_close_matches(name, names, n=2, cutoff=0.5)})
    hint = f"the nearest are {', '.join(near)}" if near else f"its columns are {', '.join(names)}"
    noun = "column" if len(missing) == 1 else "columns"
    raise BadData(f"{contract.table} lacks the required {noun} {', '.join(missing)}: {hint}.")


def plain_name(name: str) -> str:
    """Return the name of a column as it is compared: in any case, with blanks and hyphens as underscores."""
    return name.strip("\ufeff \t").casefold().replace(" ", "_").replace("-", "_")


def _read(table: Table, match: _Match, aside: Table | None, marked: frozenset[str]) -> tuple[Table, list[Cell]]:
    """Number the rows, and read every known column; names of our own keep the table's from meeting ours.

    Each layer is a view: Ibis would otherwise write every layer into the next, and the engine do the work many times.
    """
    places = match.places
    raw = table.select(*(table[name].name(_raw(place)) for place, name in enumerate(table.columns)))
    raw = numbered(raw, aside)
    texts = raw.mutate(**{_text(place): text_of(raw[_raw(place)]) for place in places}).view()
    strings = {_text(place): each for place, each in places.items() if raw[_raw(place)].type().is_string()}
    found = marks(texts, strings)
    parsed = texts.mutate(
        **{
            each.name: parse(texts[_raw(place)], texts[_text(place)], each, found.get(_text(place)))
            for place, each in places.items()
        }
    ).view()
    rows = parsed.mutate(
        **{each.name: finish(parsed[each.name], each) for each in places.values()},
        **{each.name: ibis.null(IBIS_TYPES[each.type]) for each in match.missing},
    ).view()
    cells = [
        Cell(
            each, rows[_raw(place)], rows[_text(place)], rows[each.name], found.get(_text(place)), _raw(place) in marked
        )
        for place, each in places.items()
    ]
    return rows, cells


def _marked(raw: Table) -> frozenset[str]:
    """Find the columns into which the reader put the marker of a CPR number."""
    seen = {name: (raw[name] == MARK).any() for name in raw.columns if raw[name].type().is_string()}
    if not seen:
        return frozenset()
    found = raw.aggregate(**seen).to_pyarrow().to_pylist()[0]
    return frozenset(name for name, there in found.items() if there)


def _alone(flagged: Table, flags: Sequence[Flag], contract: Contract) -> tuple[int, int, tuple[Fault, ...]]:
    """Count, in one pass, the rows, those that break a rule, and those that break each, with the first of them."""
    sums = {f"count:{at}": flagged[_flag(at)].sum() for at in range(len(flags))}
    firsts = {f"first:{at}": smallest(flagged.row, SHOWN, where=flagged[_flag(at)]) for at in range(len(flags))}
    found = flagged.aggregate(rows=flagged.count(), bad=flagged.bad.sum(), **sums, **firsts).to_pyarrow().to_pylist()[0]
    faults = tuple(
        _fault(contract, flag.column, flag.rule, found[f"count:{at}"], found[f"first:{at}"])
        for at, flag in enumerate(flags)
        if found[f"count:{at}"]
    )
    return found["rows"], found["bad"] or 0, faults


def _together(found: Table, contract: Contract) -> tuple[Fault, ...]:
    firsts = found.group_by("rule").aggregate(count=found.count(), first=smallest(found.row, SHOWN))
    columns = _columns_together(contract)
    return tuple(
        _fault(contract, columns[each["rule"]], each["rule"], each["count"], each["first"])
        for each in firsts.order_by("rule").to_pyarrow().to_pylist()
    )


def _columns_together(contract: Contract) -> dict[str, str]:
    keys = "+".join(contract.keys)
    return {REPEATED_ROW: keys, REPEATED_KEY: keys, OVERLAPPING: "start+end"}


def _fault(contract: Contract, column: str, rule: str, count: int, first: Iterable[int]) -> Fault:
    return Fault(contract.table, column, rule, count, tuple(first), phrase(rule, contract))


def _with_reasons(flagged: Table, flags: Sequence[Flag], found: Table | None, contract: Contract) -> Table:
    """Add the reasons of every row in words, joined by "; ", and mark the rows that break a rule with others too."""
    reasons = [
        ibis.ifelse(flagged[_flag(at)], f"{flag.column}: {phrase(flag.rule, contract)}; ", "")
        for at, flag in enumerate(flags)
    ]
    told = flagged.mutate(reasons=_joined(reasons))
    if found is None:
        return told
    words = {rule: f"{column}: {phrase(rule, contract)}" for rule, column in _columns_together(contract).items()}
    told = told.left_join(found.rename(at_fault="row"), [("row", "at_fault")])
    return told.mutate(
        bad=told.rule.notnull() | told.bad,
        reasons=told.reasons + ibis.cases(*((told.rule == rule, text) for rule, text in words.items()), else_=""),
    )


def _joined(reasons: Sequence[Value]) -> Value:
    return reduce(add, reasons).re_replace("; $", "")


def _as_it_stood(every: Table, names: Sequence[str]) -> Table:
    """Return row, reasons and the columns as they stood; one that is itself called row or reasons gets a "_"."""
    ours = {"row", "reasons"}
    return every.select(
        "row",
        "reasons",
        *(every[_raw(place)].name(f"{name}_" if name.casefold() in ours else name) for place, name in enumerate(names)),
    )


def _raws(table: Table) -> Iterator[tuple[str, str]]:
    """Return the columns of a table, with our names for them as they stand."""
    return ((name, _raw(place)) for place, name in enumerate(table.columns))


def _raw(place: int) -> str:
    return f"raw:{place}"


def _text(place: int) -> str:
    return f"text:{place}"


def _flag(at: int) -> str:
    return f"flag:{at}"
