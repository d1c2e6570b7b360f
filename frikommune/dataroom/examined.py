"""Tables held against their contracts, and what is to be reported of them."""

from collections.abc import Iterator
from dataclasses import replace

from ibis.expr.types import Table

from frikommune.dataroom.made import Made
from frikommune.dataroom.noun import shown
from frikommune.dataroom.report import TableReport
from frikommune.errors import BadData
from frikommune.schema import Contract, Examined, Fault, examine, refuse, withhold
from frikommune.sources import Provenance
from frikommune.trials import load_trials

_FIRST = 5  # row numbers that a fault names
_ROW = "row"  # column of a made table: the row of the file that a row comes from
_ITS_ROW = "row_"  # what `examine` calls it, for it numbers rows itself


def report_of(contract: Contract, table: Table, provenance: Provenance, *, aside: Table | None = None) -> TableReport:
    """Hold a table against its contract.

    Args:
        contract: What it should be.
        table: The table, as read.
        provenance: Where it came from.
        aside: Lines of its file that are no rows, as `Source.aside` has them.
    """
    starts = {key: each.first_possible_start for key, each in load_trials().items()}
    unusable = ""
    try:
        examined = examine(table, contract, trials=starts, aside=aside)
    except BadData as fault:
        unusable = str(fault)
        examined = refuse(table, contract, unusable, aside=aside)
    period, covered = _cover(examined.kept, contract) if examined.kept_rows else (None, ())
    return TableReport(
        contract.table,
        provenance.name,
        sha256=provenance.sha256,
        rows=examined.rows,
        kept=examined.kept_rows,
        rejected=examined.rejected_rows,
        faults=examined.faults,
        period=period,
        covered=covered,
        notes=(*provenance.notes, *_columns(examined)),
        unusable=unusable,
        examined=examined,
    )


def examined_report(contract: Contract, made: Made) -> TableReport:
    """Hold a table made of a raw export against its contract; rows are numbered as in the file.

    Args:
        contract: What it should be.
        made: The table, and what was set aside on the way.
    """
    found = report_of(contract, made.table, made.provenance)
    if found.examined is not None and _ITS_ROW in found.examined.every.columns:
        examined = _renumbered(found.examined)
        found = replace(found, examined=examined, faults=examined.faults)
    aside = 0 if made.made_of is not None else len(made.aside)
    return replace(
        found,
        file=shown(found.file),
        rows=found.rows + aside,
        rejected=found.rejected + aside,
        faults=(*found.faults, *_clashes(contract, made)),
        set_aside=dict(made.set_aside),
        unread=dict(made.unread),
        aside=made.aside,
        made_of=made.made_of,
        sources=made.sources,
        notes=(*found.notes, *made.notes),
    )


def withheld(table: TableReport) -> TableReport:
    """Keep nothing of a table, which then covers nothing."""
    nothing = replace(table, kept=0, rejected=table.rows, period=None, covered=())
    return nothing if table.examined is None else replace(nothing, examined=withhold(table.examined))


def _columns(examined: Examined) -> Iterator[str]:
    extra = [each for each in examined.extra if each != _ROW]
    if extra:
        yield f"columns that the table does not have by its contract, kept out: {', '.join(extra)}"
    if examined.absent:
        yield f"optional columns that are not there: {', '.join(examined.absent)}"


def _renumbered(examined: Examined) -> Examined:
    """Number the rows at fault as in the file that they were made of."""
    every, rejected = (each.drop(_ROW).rename({_ROW: _ITS_ROW}) for each in (examined.every, examined.rejected))
    wanted = sorted({row for fault in examined.faults for row in fault.first_rows})
    if not wanted:
        return replace(examined, every=every, rejected=rejected)
    asked = examined.every.filter(examined.every[_ROW].isin(wanted)).select(_ROW, _ITS_ROW)
    places = {each[_ROW]: each[_ITS_ROW] for each in asked.to_pyarrow().to_pylist()}
    faults = tuple(
        replace(each, first_rows=tuple(sorted({places[row] for row in each.first_rows}))) for each in examined.faults
    )
    return replace(examined, every=every, rejected=rejected, faults=faults)


def _clashes(contract: Contract, made: Made) -> Iterator[Fault]:
    rows, other = made.clashes
    if rows:
        says = f"another figure than {other}: none of them is kept"
        yield Fault(contract.table, "value", "said_differently", len(rows), rows[:_FIRST], says)


def _cover(kept: Table, contract: Contract) -> tuple[tuple[str, str] | None, tuple[int, ...]]:
    """Return the first and last period of a table (the months of its dates: a day may point at a person)."""
    labels = [kept[name].strftime("%Y-%m") if kept[name].type().is_date() else kept[name] for name in contract.time]
    ends = {f"first:{at}": label.min() for at, label in enumerate(labels)}
    ends |= {f"last:{at}": label.max() for at, label in enumerate(labels)}
    found = kept.aggregate(codes=kept.kommune_kode.collect(distinct=True), **ends).to_pyarrow().to_pylist()[0]
    seen = [found[each] for each in ends if found[each] is not None]
    return (min(seen), max(seen)) if seen else None, tuple(sorted(found["codes"] or ()))
