"""Paid hours to the share of full time."""

from collections.abc import Mapping, Sequence

import ibis
import pyarrow as pa
import pytest
from ibis.expr.types import Table

from frikommune.errors import BadData
from frikommune.records.bfl import BflMonths, bfl_months

# Ibis 12 calls what DuckDB 2.0 and pandas 3.1 have deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]

PAID: list[tuple[str, str, object]] = [
    ("a", "2017-01-01", 80.0),
    ("a", "2017-01-01", 80.33),
    ("a", "2017-03-01", 200.0),
    ("b", "2017-01-01", 100.0),
    ("b", "2017-01-01", -19.835),
    ("b", "2017-02-01", -10.0),
    ("z", "2017-01-01", 160.0),
    ("a", "someday", 10.0),
    ("a", "2017-02-01", None),
]


def stored(columns: Mapping[str, Sequence[object]]) -> Table:
    backend = ibis.duckdb.connect()
    backend.con.register("held", pa.table(columns))
    backend.con.execute("CREATE TABLE data AS SELECT * FROM held")
    return backend.table("data")


def paid(rows: Sequence[tuple[str, str, object]] = PAID) -> Table:
    return stored({name: [row[k] for row in rows] for k, name in enumerate(("person_key", "month", "hours"))})


def population(**more: Sequence[object]) -> Table:
    return stored({"person_key": ["a", "b"], "kommune_kode": [851, 820], **more})


def shares(months: BflMonths) -> dict[tuple[str, str], float | None]:
    held = months.table.to_pyarrow().to_pylist()
    share = {(row["person_key"], row["month"]): row["employment_share"] for row in held}
    return {each: None if value is None else round(value, 6) for each, value in share.items()}


# Claims


def test_hours_of_all_employers_become_a_share_of_full_time() -> None:
    """160.33 hours with two employers are 1; corrections are netted; no row is no work; more than full time is 1.

    A month with a row whose hours are missing was taken for a month without work: it is unknown.
    """
    months = bfl_months(paid(), population=population())
    assert shares(months) == {
        ("a", "2017M01"): 1.0,
        ("a", "2017M02"): None,
        ("a", "2017M03"): 1.0,
        ("b", "2017M01"): 0.5,
        ("b", "2017M02"): 0.0,
        ("b", "2017M03"): 0.0,
    }
    assert months.table.execute()["self_supporting"].isna().all()


def test_every_row_is_accounted_for() -> None:
    """Rows used and set aside add up, and what was changed is counted."""
    months = bfl_months(paid(), population=population())
    assert (months.rows, months.used, months.strangers, months.unreadable, months.elsewhen) == (9, 6, 1, 2, 0)
    assert months.used + months.strangers + months.unreadable + months.elsewhen == months.rows
    assert (months.negative, months.below_zero, months.capped, months.empty, months.unknown) == (2, 1, 1, 1, 1)
    assert months.set_aside["row"].tolist() == [8, 9]


def test_a_month_with_some_unreadable_hours_is_unknown() -> None:
    """What one employer paid is not the whole month when what another paid cannot be read."""
    rows = [("a", "2017-07", "80"), ("a", "2017-07", "1.234,5"), ("b", "2017-07", "80,165")]
    assert shares(bfl_months(paid(rows), population=population())) == {("a", "2017M07"): None, ("b", "2017M07"): 0.5}


def test_the_cap_is_a_choice() -> None:
    """Without a cap overtime stays in, and the sentence says which it was."""
    months = bfl_months(paid(), population=population(), cap=None)
    assert shares(months)["a", "2017M03"] == pytest.approx(200 / 160.33, abs=1e-6)
    assert months.capped == 0
    assert "højst 1" in bfl_months(paid(), population=population()).text_da
    assert "160.33 hours. A" in months.text_en
    assert "160,33 timer. En" in months.text_da


def test_a_population_by_month_holds_only_its_months() -> None:
    """Who left in February is not without work in March, but not there; such rows are counted."""
    months = bfl_months(paid(), population=population(month=["2017M01", "201701"]))
    assert set(shares(months)) == {("a", "2017M01"), ("b", "2017M01")}
    assert (months.used, months.elsewhen) == (4, 2)


@pytest.mark.parametrize("month", ["2017-07", "201707", "2017M07", "2017-07-01", "20170701", "2017-07-01 00:00:00"])
def test_a_month_is_read_as_people_write_it(month: str) -> None:
    """All usual ways to write a month are the same month."""
    assert bfl_months(paid([("a", month, 1.0)]), population=population()).months == ("2017M07",)


def test_text_with_a_decimal_comma_is_a_number() -> None:
    """A CSV file comes as text."""
    months = bfl_months(paid([("a", "2017-07", "80,165")]), population=population())
    assert shares(months)["a", "2017M07"] == 0.5


# Invariances


def test_the_order_of_rows_does_nothing() -> None:
    """Reversed rows give the same shares, and months without any row are filled in between."""
    rows = [each for each in PAID if each[1] != "2017-02-01"]
    one, two = (bfl_months(paid(each), population=population()) for each in (rows, rows[::-1]))
    assert shares(one) == shares(two)
    assert one.months == ("2017M01", "2017M02", "2017M03")


# Refusals


@pytest.mark.parametrize("column", ["person_key", "month", "hours"])
def test_a_missing_column_is_named(column: str) -> None:
    """The message names the column of BFL."""
    with pytest.raises(BadData, match=f"BFL has no column {column}"):
        bfl_months(paid().drop(column), population=population())


def test_a_population_with_doubles_is_refused() -> None:
    """One row a person."""
    with pytest.raises(BadData, match="1 rows too many"):
        bfl_months(paid(), population=stored({"person_key": ["a", "a"], "kommune_kode": [851, 851]}))


def test_a_population_that_cannot_be_read_is_refused() -> None:
    """A month that is none, or an empty population, is no population."""
    with pytest.raises(BadData, match="2 of 2 rows"):
        bfl_months(paid(), population=population(month=["x", "y"]))
    with pytest.raises(BadData, match="no column kommune_kode"):
        bfl_months(paid(), population=population().drop("kommune_kode"))


def test_bfl_without_a_month_is_refused() -> None:
    """The message says how a month is written."""
    with pytest.raises(BadData, match="no row with a month"):
        bfl_months(paid([("a", "x", 1.0)]), population=population())
