from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frikommune.cells import RiskTable, risk_table
from frikommune.errors import BadData, BadDesign, UnknownName

MONDAY = date(2019, 1, 7)
SCHEMA = {
    "kommune_kode": "int32",
    "start": "date",
    "end": "date",
    "exit_to": "string",
    "stratum": "string",
    "came": "date",
    "shock": "date",
}


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def spells(*rows: dict[str, Any], **every: Any) -> ibis.Table:
    """Make spells; days are given as days after the first Monday of 2019."""
    whole = {"kommune_kode": 851, "start": 0, "end": None, "exit_to": None, "stratum": "a", "came": None, "shock": None}
    filled = [{**whole, **every, **row} for row in rows]
    days = ("start", "end", "came", "shock")
    dated = [{k: day(v) if k in days and v is not None else v for k, v in row.items()} for row in filled]
    return ibis.memtable(pd.DataFrame(dated, columns=list(SCHEMA), dtype=object), schema=SCHEMA)


def of(table: ibis.Table | Path, last: int = 700, **more: Any) -> RiskTable:
    return risk_table(table, **{"end_of_data": day(last), "horizon": 4, **more})


def test_who_is_at_risk_and_who_leaves_stand_week_by_week() -> None:
    """Three spells of 1, 2 and 2 weeks and one under way: 4, 3, 1 and 1 are at risk."""
    out = [{"end": 6, "exit_to": "job"}, {"end": 7, "exit_to": "pension"}, {"end": 13, "exit_to": "job"}, {}]
    table = of(spells(*out))
    assert table.at_risk.tolist() == [[4, 3, 1, 1]]
    assert table.types == ("job", "pension")
    assert table.exits.tolist() == [[[1, 1, 0, 0], [0, 1, 0, 0]]]
    assert table.censored.tolist() == [[0, 0, 0, 1]]
    assert table.cells.to_dict("records") == [{"unit": 851, "entry": "2019Q1"}]


def test_an_exit_comes_before_a_censoring_of_the_same_week() -> None:
    """Who is censored with a week has been at risk in all of it."""
    table = of(spells({"end": 13, "exit_to": "job"}, {}), last=13)
    assert table.at_risk.tolist() == [[2, 2, 0, 0]]
    assert table.censored.tolist() == [[0, 1, 0, 0]]


def test_a_week_that_the_data_cut_short_does_not_count() -> None:
    """An exit in the third week, of which the data cover four days, is a censoring with the second, and counted."""
    table = of(spells({"end": 16, "exit_to": "job"}, {}, {"start": 14}), last=17)
    assert table.exits.sum() == 0
    assert table.censored.tolist() == [[0, 2, 0, 0]]
    assert table.curtailed == 1
    assert table.left_out == {"not covered by the data in any whole week": 1}


def test_late_entry_is_at_risk_from_the_first_whole_week_observed() -> None:
    """A spell seen from its ninth day on is at risk from its third week; one that ended before is not counted."""
    table = of(spells({"came": 8}, {"came": 8, "end": 12, "exit_to": "job"}, {}), late_entry="came")
    assert table.entered.tolist() == [[1, 0, 1, 0]]
    assert table.at_risk.tolist() == [[1, 1, 2, 2]]
    assert sum(table.left_out.values()) == 1


def test_an_event_ends_the_spells_that_cross_it_and_no_others() -> None:
    """The exit after the event is a censoring; the spell that begins after it is counted to its exit."""
    after = {"start": 20, "end": 26, "exit_to": "job"}
    table = of(spells({"end": 20, "exit_to": "job"}, after), event=day(15))
    assert table.exits.tolist() == [[[1, 0, 0, 0]]]
    assert table.censored.tolist() == [[0, 1, 0, 0]]
    by_row = of(spells({"end": 20, "exit_to": "job", "shock": 15}, after), event="shock")
    np.testing.assert_array_equal(by_row.exits, table.exits)


@pytest.mark.parametrize(("entry", "label"), [("year", "2019"), ("quarter", "2019Q4"), ("month", "2019M10")])
def test_entry_periods_have_the_labels_of_the_calendar(entry: str, label: str) -> None:
    """The cell of a spell that began on 14 October 2019 is named as the calendar names its period."""
    assert of(spells({"start": 280}), entry=entry).cells["entry"].tolist() == [label]


def test_without_exits_by_name_every_end_is_out() -> None:
    """Spells without the column exit_to have one way out."""
    assert of(spells({"end": 6}).drop("exit_to")).types == ("out",)


def test_followed_is_what_the_data_cover_of_the_youngest_spell() -> None:
    """The last entrant could be followed for 5 whole weeks; a calendar event does not shorten that."""
    assert of(spells({}, {"start": 10}), last=50, event=day(20)).followed.tolist() == [5]


def test_spells_without_a_place_in_a_cell_are_counted_aside() -> None:
    """A spell without municipality, start or group is left out by its reason, and the rest is counted."""
    rows = ({}, {"kommune_kode": None}, {"start": None}, {"stratum": None})
    table = of(spells(*rows), group="stratum")
    assert table.left_out == {"no kommune_kode": 1, "no start": 1, "no stratum": 1}
    assert table.n.tolist() == [1]
    assert table.cells["unit"].tolist() == [851]


def test_a_missing_stratum_is_a_stratum_of_its_own() -> None:
    """Nobody is lost because a stratum is not known, and pooling brings them back."""
    table = of(spells({}, {"stratum": None}, {}), strata=["stratum"])
    assert table.n.tolist() == [2, 1]
    assert table.pooled("unit", "entry").n.tolist() == [3]
    assert (table + table).n.tolist() == [4, 2]


def test_a_file_is_counted_where_it_lies_and_the_answer_is_kept(tmp_path: Path) -> None:
    """The same question to the same Parquet file is answered from what is kept; `where` is another question."""
    spells(*many(6)).to_parquet(tmp_path / "spells.parquet")
    asked = {"end_of_data": day(330), "horizon": 20}
    first, again = (risk_table(tmp_path / "spells.parquet", **asked) for _ in range(2))
    assert [each.reused for each in (*first.counted, *again.counted)] == [False, True]
    same(first, again)
    one = risk_table(tmp_path / "spells.parquet", where=ibis._.kommune_kode == 820, **asked)
    assert one.cells["unit"].unique().tolist() == [820]


def test_a_repr_shows_shape_and_no_values() -> None:
    """Printing a risk table prints no cell."""
    assert repr(of(spells({}))) == "RiskTable: 1 spells in 1 cells x 4 weeks, 0 exit types; 0 spells left out"


ROWS = st.fixed_dictionaries(
    {
        "kommune_kode": st.sampled_from([851, 820]),
        "start": st.integers(0, 120),
        "lasts": st.none() | st.integers(1, 45),
        "exit_to": st.sampled_from(["job", "pension", "flex"]),
        "stratum": st.sampled_from(["a", "b"]),
        "came": st.none() | st.integers(0, 120),
        "shock": st.none() | st.integers(0, 150),
    }
)


def completed(row: dict[str, Any]) -> dict[str, Any]:
    lasts = row.pop("lasts")
    ended = {"end": row["start"] + lasts - 1} if lasts else {"end": None, "exit_to": None}
    return {**row, **ended}


def by_days(rows: list[dict[str, Any]], last: int, horizon: int) -> dict[tuple[Any, ...], int]:
    """Count as the definition says, spell by spell and week by week."""
    found: dict[tuple[Any, ...], int] = {}
    for row in rows:
        quarter = f"2019Q{(day(row['start']).month + 2) // 3}"
        start, end, shock = row["start"], row["end"], row["shock"]
        until = min(last, shock - 1) if shock is not None and shock > start else last
        since = start if row["came"] is None else max(start, row["came"])
        for w in range(horizon):
            first, seventh = start + 7 * w, start + 7 * w + 6
            if first < since or seventh > until or (end is not None and end < first):
                continue
            cell = (row["kommune_kode"], quarter, row["stratum"], w)
            leaves = end is not None and end <= seventh
            what = ["at risk", row["exit_to"] if leaves else None]
            if not leaves and (seventh + 7 > until or w == horizon - 1):
                what.append("censored")
            for each in filter(None, what):
                found[*cell, each] = found.get((*cell, each), 0) + 1
    return found


def listed(table: RiskTable) -> dict[tuple[Any, ...], int]:
    """List the numbers of a risk table that are not zero."""
    found = {}
    for row, cell in enumerate(table.cells.itertuples(index=False)):
        for w in range(table.horizon):
            numbers = {"at risk": table.at_risk[row, w], "censored": table.censored[row, w]}
            numbers |= {name: table.exits[row, kind, w] for kind, name in enumerate(table.types)}
            found |= {(*cell, w, what): int(number) for what, number in numbers.items() if number}
    return found


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=25), last=st.integers(60, 160), horizon=st.integers(1, 8))
def test_the_counts_are_those_of_a_plain_expansion(rows: list[dict[str, Any]], last: int, horizon: int) -> None:
    """Late entry, exits, censoring by row and by event give the integers that going through the days gives."""
    made = [completed(dict(row)) for row in rows]
    expected = by_days(made, last, horizon)
    ask: dict[str, Any] = {"late_entry": "came", "event": "shock", "strata": ["stratum"], "horizon": horizon}
    if not expected:
        with pytest.raises(BadData, match="covered by the data"):
            of(spells(*made), last, **ask)
        return
    table = of(spells(*made), last, **ask)
    assert listed(table) == expected
    assert int(table.n.sum()) + sum(table.left_out.values()) == len(made)


def many(seed: int, rows: int = 400) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    drawn = (
        {
            "kommune_kode": int(rng.choice([851, 820, 787])),
            "start": int(rng.integers(0, 300)),
            "lasts": int(rng.integers(1, 200)),
            "exit_to": str(rng.choice(["job", "pension", "flex"])),
            "stratum": str(rng.choice(["a", "b"])),
        }
        for _ in range(rows)
    )
    return [completed(row) for row in drawn]


def same(one: RiskTable, two: RiskTable) -> None:
    pd.testing.assert_frame_equal(one.cells, two.cells)
    assert (one.types, one.left_out, one.curtailed) == (two.types, two.left_out, two.curtailed)
    for name in ("entered", "exits", "censored", "followed"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_the_order_of_spells_does_nothing() -> None:
    """Spells in reverse give the same table."""
    rows = many(1)
    same(of(spells(*rows), last=330, strata=["stratum"]), of(spells(*reversed(rows)), last=330, strata=["stratum"]))


def test_tables_of_parts_add_up_to_the_table_of_all() -> None:
    """Spells in three chunks, counted apart and added, give the table of all, also where a chunk lacks an exit."""
    rows = sorted(many(2), key=lambda row: (row["exit_to"] or "", row["kommune_kode"]))
    parts = [of(spells(*rows[at : at + 150]), last=330) for at in (0, 150, 300)]
    assert len(parts[0].types) < len({*parts[0].types, *parts[2].types})
    same(parts[0] + parts[1] + parts[2], of(spells(*rows), last=330))


def test_pooling_strata_is_not_having_asked_for_them() -> None:
    """The table by stratum, summed over strata, is the table without."""
    asked = of(spells(*many(3)), last=330, strata=["stratum"])
    same(asked.pooled("unit", "entry"), of(spells(*many(3)), last=330))


def test_a_nearer_horizon_is_that_horizon_asked_for() -> None:
    """Cutting a table at week 3 gives the numbers that counting to week 3 gives."""
    far, near = of(spells(*many(4)), last=330, horizon=20).until(3), of(spells(*many(4)), last=330, horizon=3)
    for name in ("entered", "exits", "censored", "at_risk"):
        np.testing.assert_array_equal(getattr(far, name), getattr(near, name))


def test_some_cells_are_a_table_of_their_own() -> None:
    """Taking one municipality leaves its numbers as they were."""
    table = of(spells(*many(5)), last=331)
    kept = table.take((table.cells["unit"] == 820).to_numpy())
    alone = of(spells(*[row for row in many(5) if row["kommune_kode"] == 820]), last=331)
    same(kept, replace(alone, curtailed=table.curtailed))


def test_a_table_cannot_be_written_to() -> None:
    """The counts are the table's own and frozen."""
    table = of(spells({}))
    with pytest.raises(ValueError, match="read-only"):
        table.entered[0, 0] = 5


def test_days_with_a_clock_or_a_zone(tmp_path: Path) -> None:
    """A time counts as its day; one with a zone was taken in UTC, where Danish midnights are the day before."""
    same(of(spells({}), end_of_data=datetime(2020, 1, 1, 12)), of(spells({}), end_of_data=date(2020, 1, 1)))
    with pytest.raises(BadData, match="start hold no dates, or times with a zone"):
        of(spells({}).mutate(start=ibis.literal("2019-01-01").cast("timestamp('UTC')")))
    with pytest.raises(BadDesign, match="end_of_data= takes a date"):
        of(spells({}), end_of_data=None)
    rows = {"kommune_kode": [1.0, float("nan")], "start": [MONDAY] * 2, "end": [MONDAY] * 2}
    pq.write_table(pa.table(rows), tmp_path / "nan.parquet")
    found = of(tmp_path / "nan.parquet", no_cache=True)
    assert (found.n.tolist(), found.left_out) == ([1], {"no kommune_kode": 1})


@pytest.mark.parametrize(
    ("rows", "ask", "message"),
    [
        ([{"end": -1, "exit_to": "job"}], {}, "1 spells end before they start"),
        ([{"end": 5}], {}, "1 spells ended without an exit_to"),
        ([{"exit_to": "job"}], {}, "1 spells have an exit_to but no end"),
        ([{}], {"end_of_data": "shock"}, "1 spells have no last day of data"),
        ([{"start": 800}], {}, "None of the 1 spells"),
        ([{"stratum": "010190-1234"}], {"strata": ["stratum"]}, "CPR"),
        ([{}], {"unit": "by"}, "no column by"),
        ([{}], {"end_of_data": "stratum"}, "stratum hold no dates"),
    ],
)
def test_data_that_cannot_be_counted_are_refused(rows: list[dict[str, Any]], ask: dict[str, Any], message: str) -> None:
    """A fault that would bias a rate is named with its count, and no value is shown."""
    with pytest.raises(BadData, match=message):
        of(spells(*rows), **ask)


def test_what_cannot_be_asked_is_refused() -> None:
    """A horizon below a week, an unknown entry period or column, and tables that do not fit are named."""
    table = of(spells({}))
    with pytest.raises(BadDesign, match="named twice"):
        of(spells({}), strata=["stratum", "stratum"])
    for wrong in (0, 52.0, "52", True):
        with pytest.raises(BadDesign, match="a whole number from 1 on was expected"):
            of(spells({}), horizon=wrong)
        with pytest.raises(BadDesign, match="a whole number from 1 on was expected"):
            of(spells({})).until(wrong)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="entry period 'week'"):
        of(spells({}), entry="week")
    with pytest.raises(UnknownName, match="column of the cells"):
        table.pooled("region")
    with pytest.raises(BadDesign, match="count it again"):
        table.until(5)
    with pytest.raises(BadDesign, match="horizons agree"):
        _ = table + of(spells({}), horizon=3)
    with pytest.raises(BadDesign, match="does not add up"):
        RiskTable(table.cells, table.entered, table.exits, 2 * table.censored, (), table.followed, {}, 0)
    with pytest.raises(BadDesign, match="differ in shape"):
        RiskTable(table.cells, table.entered, table.exits, table.censored[:, 1:], (), table.followed, {}, 0)
