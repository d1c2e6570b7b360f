"""Rules that no row breaks alone: repeated rows and keys, and days that overlap."""

from datetime import date

import ibis
from ibis.expr.types import IntegerValue, Table

from frikommune.schema.nouns import LAST_YEAR, Contract

REPEATED_ROW, REPEATED_KEY, OVERLAPPING = "repeated_row", "repeated_key", "overlapping"


def rows_at_fault(good: Table, contract: Contract) -> Table | None:
    """Find the rows that repeat or overlap others.

    Args:
        good: The rows that break no rule alone: `row` and the columns of the contract.
        contract: What the table should be.

    Returns:
        The columns `row` and `rule`, one row for each row at fault, as a temporary table on the connection;
        `None` when there is none.
    """
    found = _repeated(good, contract)
    if contract.never_overlapping:
        left = good if found is None else good.anti_join(found, "row")
        overlapping = _overlapping(left, contract)
        rows = overlapping if found is None else found.union(overlapping)
        found = _stored(rows)
    return found


def _repeated(good: Table, contract: Contract) -> Table | None:
    """Find repeated rows and keys: a first pass over hashes of the keys holds 16 bytes a key, whatever the key."""
    hashed = good.mutate(hashed=_hash(good, contract.keys))
    candidates = _stored(
        hashed.group_by("hashed").aggregate(rows=hashed.count()).filter(lambda each: each.rows > 1).select("hashed")
    )
    if candidates is None:
        return None
    suspects = hashed.semi_join(candidates, "hashed")
    suspects = suspects.select("row", *contract.keys, content=_hash(suspects, contract.names))
    groups = suspects.group_by(*contract.keys).aggregate(
        first=suspects.row.min(), low=suspects.content.min(), high=suspects.content.max(), rows=suspects.count()
    )
    groups = groups.filter(groups.rows > 1).rename({f"key:{key}": key for key in contract.keys})
    groups = groups.drop("rows")
    both = suspects.join(groups, [suspects[key].identical_to(groups[f"key:{key}"]) for key in contract.keys])
    differ = both.low != both.high
    at_fault = both.filter(differ | (both.row != both.first))
    return _stored(at_fault.select("row", rule=ibis.ifelse(at_fault.low != at_fault.high, REPEATED_KEY, REPEATED_ROW)))


def _overlapping(good: Table, contract: Contract) -> Table:
    """Find rows whose days meet those of another: an end that is not there lasts for ever."""
    good = good.select("row", *contract.never_overlapping, "start", end=good.end.fill_null(date(LAST_YEAR, 12, 31)))
    by = {"group_by": list(contract.never_overlapping), "order_by": [good.start, good.row]}
    before = good.end.max().over(ibis.window(**by, preceding=(None, 1)))
    after = good.start.lead().over(ibis.window(**by))
    marked = good.mutate(met=((before >= good.start) | (after <= good.end)).fill_null(ibis.literal(value=False)))
    return marked.filter(marked.met).select("row", rule=ibis.literal(OVERLAPPING))


def _hash(table: Table, names: tuple[str, ...]) -> IntegerValue:
    return ibis.struct({name: table[name] for name in names}).hash()


def _stored(rows: Table) -> Table | None:
    """Store a result in the engine, so that it is not found again each time that it is used; `None` when empty."""
    engine = rows.get_backend()
    stored = engine.create_table(ibis.util.gen_name("frikommune"), rows, temp=True)
    return stored if stored.count().to_pyarrow().as_py() else None
