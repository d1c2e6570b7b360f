"""From a spell's days to its weeks, in the engine: when it comes under observation, when it leaves and how."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import ibis
import numpy as np
from ibis.expr.types import BooleanValue, DateValue, IntegerValue, Table
from numpy.typing import NDArray

from frikommune.cells.columns import has_days
from frikommune.errors import BadData, BadDesign, UnknownName

Day = date | str
Entry = Literal["year", "quarter", "month"]

ENTRY = "entry"
COUNTED = 0
NO_UNIT, NO_START, NO_GROUP, NEVER_AT_RISK = 1, 2, 3, 4
NO_LAST_DAY, BACKWARDS, NO_EXIT, NO_END = 5, 6, 7, 8
CURTAILED = 9
_FAULTS = 16


@dataclass(frozen=True, slots=True)
class Spans:
    """What is asked of the spells.

    Attributes:
        unit: Column of the unit.
        entry: Length of the entry periods.
        end_of_data: Last day covered by the data, or the column that holds it.
        event: First day no longer counted for a spell under way, or the column that holds it.
        late_entry: First day covered by the data, or the column that holds it.
        group: Column of the group, if any.
        strata: Columns of the strata.
        horizon: Weeks counted.
    """

    unit: str
    entry: Entry
    end_of_data: Day
    event: Day | None
    late_entry: Day | None
    group: str | None
    strata: tuple[str, ...]
    horizon: int

    @property
    def keys(self) -> dict[str, str]:
        """The columns that name a cell beside the entry period, by their names in the cells."""
        group = {} if self.group is None else {"group": self.group}
        return {"unit": self.unit} | group | {each: each for each in self.strata}


def counts(spells: Table, spans: Spans) -> Table:
    """Count spells by cell, week of coming under observation, week of leaving and exit: one query, one pass.

    Args:
        spells: The `spells` table: start, end, exit_to, the unit and whatever `spans` names.
        spans: What is asked.

    Returns:
        The expression with columns `key:unit`, `key:group`, ..., `code` (see `unpacked`) and `exit`, and for each
        combination `n` and `followed` (fewest whole weeks covered by the data).

    Raises:
        BadData: A column is missing, or `start` or `end` is no date.
        BadDesign: A stratum has the name of another key.
        UnknownName: The entry period is none of the three.
    """
    _check(spells, spans)
    weeks = _weeks(spells, spans)
    timed = weeks.select(
        **{f"key:{key}": weeks[column] for key, column in spans.keys.items()},
        code=_packed(weeks, spans),
        exit=ibis.ifelse(_exited(weeks), weeks["frk_exit"], ibis.null("string")),
        followed=weeks["frk_followed"],
    )
    keys = [f"key:{key}" for key in spans.keys]
    return timed.group_by([*keys, "code", "exit"]).aggregate(n=timed.count(), followed=timed["followed"].min())


def unpacked(code: NDArray[np.int64], horizon: int) -> dict[str, NDArray[np.int64]]:
    """Take a code apart: `period` (year x 100 + number), `left` and `late` (weeks) and `fault`.

    Args:
        code: The codes [rows].
        horizon: Weeks counted.
    """
    rest, fault = np.divmod(code, _FAULTS)
    rest, late = np.divmod(rest, horizon + 1)
    period, left = np.divmod(rest, horizon + 1)
    return {"period": period, "left": left, "late": late, "fault": fault}


def _packed(weeks: Table, spans: Spans) -> IntegerValue:
    """Return one integer for four: a hash table of one key is half as large and twice as fast as one of four."""
    left = ibis.ifelse(_exited(weeks), weeks["frk_lasted"], weeks["frk_seen"])
    base = ibis.literal(spans.horizon + 1, "int64")
    code = weeks["frk_period"].fill_null(0) * base + ibis.greatest(left.fill_null(0), 0)
    code = code * base + ibis.least(weeks["frk_late"], spans.horizon)
    return (code.cast("int64") * _FAULTS + _fault(weeks, spans)).cast("int64")


def _check(spells: Table, spans: Spans) -> None:
    if spans.entry not in get_args(Entry):
        raise UnknownName.among("entry period", spans.entry, get_args(Entry))
    days = [each for each in (spans.end_of_data, spans.event, spans.late_entry) if isinstance(each, str)]
    missing = [each for each in (*spans.keys.values(), "start", "end", *days) if each not in spells.columns]
    if missing:
        raise BadData(f"The spells have no column {', '.join(missing)}; they have {', '.join(spells.columns)}.")
    taken = [each for each in spans.strata if each in ("unit", ENTRY, "group")]
    if taken or len(set(spans.strata)) < len(spans.strata):
        raise BadDesign(f"Strata cannot be called unit, {ENTRY} or group, or be named twice.")
    texts = [each for each in ("start", "end", *days) if not has_days(spells[each].type())]
    if texts:
        raise BadData(
            f"The columns {', '.join(texts)} hold no dates, or times with a zone, whose day depends on where one "
            "stands: read the spells through their contract first."
        )


def _weeks(spells: Table, spans: Spans) -> Table:
    """Add how long each spell lasted, and the weeks of its life that the data cover."""
    start, end = spells["start"].cast("date"), spells["end"].cast("date")
    covered = _day(spells, spans.end_of_data)
    limit = covered if spans.event is None else _until(start, covered, _day(spells, spans.event))
    late = ibis.literal(0) if spans.late_entry is None else _begun_weeks(start, _day(spells, spans.late_entry))
    followed = _whole_weeks(start, limit)
    return spells.mutate(
        frk_period=_period(start, spans.entry),
        frk_late=ibis.greatest(late.fill_null(0), 0).cast("int32"),
        frk_lasted=((end.delta(start, unit="day") + 7) // 7).cast("int32"),
        frk_seen=ibis.least(followed, spans.horizon).cast("int32"),
        frk_observed=followed.cast("int32"),
        frk_followed=_whole_weeks(start, covered).cast("int32"),
        frk_exit=spells["exit_to"].cast("string") if "exit_to" in spells.columns else ibis.literal("out"),
        frk_limit=limit,
    )


def _day(spells: Table, day: Day) -> DateValue:
    return spells[day].cast("date") if isinstance(day, str) else ibis.literal(day)


def _until(start: DateValue, covered: DateValue, event: DateValue) -> DateValue:
    """Return the last day counted: the event ends only spells that were under way when it came."""
    crossed = (event > start) & (event <= covered)
    return ibis.ifelse(crossed.fill_null(ibis.literal(value=False)), event - ibis.interval(days=1), covered).cast(
        "date"
    )


def _whole_weeks(start: DateValue, last: DateValue) -> IntegerValue:
    return (last.delta(start, unit="day") + 1) // 7


def _begun_weeks(start: DateValue, first: DateValue) -> IntegerValue:
    return (first.delta(start, unit="day") + 6) // 7


def _period(start: DateValue, entry: Entry) -> IntegerValue:
    number = {"year": ibis.literal(0), "quarter": start.quarter(), "month": start.month()}[entry]
    # Ibis takes the product for 64 bits and leaves a single cast out; Spark makes 32 of it, too few for `_packed`.
    return (start.year() * 100 + number).cast("int32").cast("int64")


def _exited(weeks: Table) -> BooleanValue:
    inside = weeks["end"].notnull() & (weeks["frk_lasted"] <= weeks["frk_seen"])
    return inside.fill_null(ibis.literal(value=False))


def _curtailed(weeks: Table, horizon: int) -> BooleanValue:
    """Tell an exit that was seen, but in a week that the data cover only in part."""
    seen = weeks["end"].cast("date") <= weeks["frk_limit"]
    return (seen & (weeks["frk_lasted"] > weeks["frk_observed"]) & (weeks["frk_observed"] < horizon)).fill_null(
        ibis.literal(value=False)
    )


def _fault(weeks: Table, spans: Spans) -> IntegerValue:
    nothing = ibis.literal(value=False)
    no_group = nothing if spans.group is None else weeks[spans.group].isnull()
    known = weeks["frk_exit"].notnull()
    at_risk = weeks["frk_late"] < ibis.ifelse(_exited(weeks), weeks["frk_lasted"], weeks["frk_seen"])
    return ibis.cases(
        (weeks[spans.unit].isnull(), NO_UNIT),
        (weeks["start"].isnull(), NO_START),
        (no_group, NO_GROUP),
        (weeks["frk_followed"].isnull(), NO_LAST_DAY),
        (weeks["frk_lasted"] < 1, BACKWARDS),
        (_exited(weeks) & ~known, NO_EXIT),
        *([(weeks["end"].isnull() & known, NO_END)] if "exit_to" in weeks.columns else []),
        (~at_risk, NEVER_AT_RISK),
        (_curtailed(weeks, spans.horizon), CURTAILED),
        else_=COUNTED,
    ).cast("int8")
