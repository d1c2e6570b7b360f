"""Tables of which no row is kept, each with the reason."""

from dataclasses import replace

import ibis
from ibis.expr.types import Table

from frikommune.schema.examining import Examined
from frikommune.schema.faults import SHOWN, Fault, phrase
from frikommune.schema.lines import aside_faults, numbered, with_aside
from frikommune.schema.nouns import Contract
from frikommune.schema.parsing import IBIS_TYPES

UNUSABLE = "unusable"


def withhold(examined: Examined) -> Examined:
    """Keep nothing of a table: its good rows are set aside too, because something is wrong elsewhere."""
    reason = phrase("withheld", examined.contract)
    every = examined.every
    return replace(
        examined,
        kept=examined.kept.limit(0),
        rejected=every.mutate(reasons=ibis.ifelse(every.reasons == "", reason, every.reasons)),
        kept_rows=0,
    )


def refuse(table: Table, contract: Contract, reason: str, *, aside: Table | None = None) -> Examined:
    """Reject every row of a table that cannot be held against its contract at all.

    Args:
        table: The table.
        contract: What it should be.
        reason: Why it cannot be used, as `examine` says it.
        aside: Lines of its file that are no rows, as `Source.aside` has them.
    """
    rows = int(table.count().to_pyarrow().as_py())
    lines, faults = aside_faults(contract.table, aside)
    stood = numbered(table.select(**{f"raw:{at}": table[name] for at, name in enumerate(table.columns)}), aside)
    every = with_aside(stood.select("row", reasons=ibis.literal(reason)), aside)
    first = tuple(range(1, 1 + min(rows, SHOWN)))
    return Examined(
        contract=contract,
        kept=every.limit(0).select(**{each.name: ibis.null(IBIS_TYPES[each.type]) for each in contract.columns}),
        rejected=every,
        faults=(Fault(contract.table, "", UNUSABLE, rows, first, reason.removesuffix(".")), *faults),
        rows=rows + lines,
        kept_rows=0,
        every=every,
        absent=(),
        extra=(),
    )
