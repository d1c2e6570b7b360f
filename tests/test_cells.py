"""Cells: what is counted, that it is counted once, and that what is kept is never stale."""

import datetime as dt
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from frikommune import Cells, cells, cross_products
from frikommune.cells import NO_CACHE, asking, combined, keeping, risk_table
from frikommune.errors import BadData, BadDesign, UnknownName
from frikommune.sources import CACHE, digest, known_digest, read

ROWS = pd.DataFrame(
    {
        "kommune_kode": [851, 851, 851, 860, 860, 851],
        "month": ["2019M01", "2019M02", "2019M04", "2019M01", "2019M01", None],
        "weeks": [4, 6, 8, 10, None, 3],
        "share": [0.5, 0.25, 1.0, 0.0, 1.0, 1.0],
        "out": [True, False, True, None, True, True],
        "group": ["target", "target", "other", "target", "target", "target"],
        "stratum_sex": ["f", "m", "f", None, "m", "m"],
    }
)


def written(folder: Path, frame: pd.DataFrame = ROWS, name: str = "months.parquet", *, settled: bool = False) -> Path:
    """Write a register; settled, as if it had lain there for a while."""
    file = folder / name
    kinds = {"weeks": "Int64", "out": "boolean"}
    frame.astype({each: kind for each, kind in kinds.items() if each in frame}).to_parquet(file, index=False)
    if settled:
        time.sleep(3.1)
    return file


def counted(file: Any, **more: Any) -> Cells:
    asked: dict[str, Any] = {"period": "month", "outcomes": {"weeks": "weeks", "out": "out"}}
    return cells(file, **(asked | more))


def test_a_register_becomes_sums(tmp_path: Path) -> None:
    """Each cell holds how many, the sum and the squared deviations; a missing outcome counts for that outcome only."""
    found = counted(written(tmp_path), every="quarter", where=ibis._.group == "target")
    assert found.frame.to_dict("list") == {
        "unit": [851, 860],
        "period": ["2019Q1", "2019Q1"],
        "rows": [2, 2],
        "n:weeks": [2, 1],
        "sum:weeks": [10, 10],
        "m2:weeks": [2.0, 0.0],
        "n:out": [2, 1],
        "sum:out": [1, 1],
        "m2:out": [0.5, 0.0],
    }
    assert found.frame["sum:weeks"].dtype == "int64"


def test_rows_without_a_place_are_counted_apart(tmp_path: Path) -> None:
    """A row without unit, period or group is in no cell, and said; one without a stratum is in a stratum of its own."""
    frame = ROWS.assign(kommune_kode=[851, 851, 851, 860, None, None], group=["a", None, "a", "a", "a", "a"])
    found = counted(written(tmp_path, frame), group="group", strata=["stratum_sex"])
    assert found.left_out == {"no kommune_kode": 2, "no group": 1}
    assert found.frame["rows"].sum() + sum(found.left_out.values()) == len(frame)
    assert found.frame["stratum_sex"].isna().sum() == 1


@pytest.mark.parametrize(
    ("kind", "every", "expected"),
    [
        ("date", "month", ["2019M01", "2019M04", "2019M12"]),
        ("date", "quarter", ["2019Q1", "2019Q2", "2019Q4"]),
        ("date", "year", ["2019"]),
        ("label", "month", ["2019M01", "2019M04", "2019M12"]),
        ("label", "quarter", ["2019Q1", "2019Q2", "2019Q4"]),
        ("label", "year", ["2019"]),
        ("label", None, ["2019M01", "2019M04", "2019M12"]),
        ("number", None, [1, 4, 12]),
    ],
)
def test_periods_from_dates_and_labels(tmp_path: Path, kind: str, every: Any, expected: list[object]) -> None:
    """Dates and labels become months, quarters or years; without a wish they stay as they stand."""
    values = {
        "date": [dt.date(2019, 1, 31), dt.date(2019, 4, 1), dt.date(2019, 12, 31)],
        "label": ["2019M01", "2019M04", "2019M12"],
        "number": [1, 4, 12],
    }
    frame = pd.DataFrame({"kommune_kode": [851] * 3, "month": values[kind], "y": [1, 2, 3]})
    found = counted(written(tmp_path, frame), every=every, outcomes={"y": "y"})
    assert sorted(found.frame["period"].unique()) == expected


def test_outcomes_are_derived_in_the_engine(tmp_path: Path) -> None:
    """An outcome may be an expression, and several are counted in one query."""
    found = counted(
        written(tmp_path), outcomes={"late": ibis._.weeks > 5, "twice": lambda t: t.share * 2}, every="year"
    )
    assert found.frame["sum:late"].tolist() == [2, 1]
    assert found.frame["sum:twice"].tolist() == [3.5, 2.0]
    assert found.counted.sql.count("SELECT") == 1


def test_csv_and_sources_count_alike(tmp_path: Path) -> None:
    """A file, the source read from it and a table of the caller's give the same cells."""
    file = written(tmp_path)
    ROWS.to_csv(tmp_path / "months.csv", sep=";", index=False)
    source = read(file)
    text = {"outcomes": {"weeks": ibis._.weeks.cast("float64").cast("int64"), "out": ibis._.out == "True"}}
    for each in (source, source.table, tmp_path / "months.csv"):
        more = text if isinstance(each, Path) else {}
        other = counted(each, **more)
        columns = ["unit", "period", "n:weeks", "sum:weeks", "m2:weeks"]
        # In a text file everything is text, codes of municipalities too.
        pd.testing.assert_frame_equal(other.frame[columns].astype({"unit": int}), counted(file).frame[columns])
    assert counted(source.table).counted.notes == ("not kept: no version of the content can be told",)


def test_large_values_keep_their_spread(tmp_path: Path) -> None:
    """With a mean of a million and a spread of one, squared deviations are right to 1e-9; raw squares are not."""
    rng = np.random.default_rng(1)
    values = 1e6 + rng.normal(size=100_000)
    found = counted(
        written(tmp_path, pd.DataFrame({"kommune_kode": 851, "month": "2019M01", "y": values})), outcomes={"y": "y"}
    )
    exact = np.longdouble(values) - np.longdouble(values).mean()
    np.testing.assert_allclose(found.frame["m2:y"].iloc[0], float((exact**2).sum()), rtol=1e-9)
    naive = (values**2).sum() - values.sum() ** 2 / len(values)
    assert abs(naive / float((exact**2).sum()) - 1) > 1e-7


def test_whole_numbers_are_summed_exactly(tmp_path: Path) -> None:
    """A sum of whole numbers beyond what a float can hold has every digit."""
    frame = pd.DataFrame({"kommune_kode": 851, "month": "2019M01", "y": [2**60, 1, 1]})
    assert counted(written(tmp_path, frame), outcomes={"y": "y"}).frame["sum:y"].tolist() == [2**60 + 2]


def test_a_register_is_found_in_duckdb_files(tmp_path: Path) -> None:
    """A table of a DuckDB file is counted where it lies, and not kept while its log is beside it."""
    file = written(tmp_path)
    with duckdb.connect(str(tmp_path / "room.duckdb")) as con:
        con.execute(f"CREATE TABLE months AS FROM '{file}'")
    found = counted(f"duckdb://{tmp_path}/room.duckdb", table="months")
    pd.testing.assert_frame_equal(found.frame, counted(file).frame)
    assert counted(tmp_path / "room.duckdb", table="months").counted.reused
    (tmp_path / "room.duckdb.wal").touch()
    assert not counted(tmp_path / "room.duckdb", table="months").counted.reused


def in_duckdb(file: Path, weeks: int) -> None:
    with duckdb.connect(str(file)) as con:
        con.execute(
            f"CREATE TABLE months AS SELECT 851 AS kommune_kode, '2019M01' AS month, {weeks} AS weeks, true AS out"
        )


def test_a_duckdb_file_that_was_replaced_is_opened_again(tmp_path: Path) -> None:
    """The engine went on showing the old file, and what it counted was kept under the digest of the new one."""
    file = tmp_path / "room.duckdb"
    in_duckdb(file, 1)
    source = read(file, table="months")
    assert counted(file, table="months").frame["sum:weeks"].tolist() == [1]
    in_duckdb(tmp_path / "new.duckdb", 2)
    (tmp_path / "new.duckdb").replace(file)
    assert counted(file, table="months").frame["sum:weeks"].tolist() == [2]
    assert counted(source).frame["sum:weeks"].tolist() == [2]
    shutil.rmtree(tmp_path / CACHE)
    (tmp_path / "db").mkdir()
    in_duckdb(tmp_path / "db" / "other.duckdb", 3)
    file.unlink()
    file.symlink_to(tmp_path / "db" / "other.duckdb")
    assert counted(source).frame["sum:weeks"].tolist() == [3]
    (tmp_path / "db" / "other.duckdb.wal").touch()
    assert counted(file, table="months").counted.notes == ("not kept: no version of the content can be told",)


def test_a_source_with_a_log_beside_it_is_not_kept(tmp_path: Path) -> None:
    """Rows in the log of a DuckDB file changed without the file, and a source read from it was answered from before."""
    file = tmp_path / "room.duckdb"
    in_duckdb(file, 1)
    (tmp_path / "room.duckdb.wal").touch()
    for _ in range(2):
        assert not counted(read(file, table="months")).counted.reused
    assert not (tmp_path / CACHE).exists()


def test_a_name_that_reads_as_a_pattern_is_that_file_alone(tmp_path: Path) -> None:
    """The engine took brackets and stars in a name for a pattern, and counted the files that it matched."""
    for name, weeks in {"m1.parquet": 1, "m[1].parquet": 2, "m*.parquet": 4}.items():
        written(tmp_path, ROWS.head(1).assign(weeks=weeks), name)
        assert counted(tmp_path / name).frame["sum:weeks"].tolist() == [weeks]
        assert read(tmp_path / name).provenance.rows == 1


def test_a_place_that_is_no_number_is_no_place(tmp_path: Path) -> None:
    """Rows whose unit or level was NaN were counted for the last one; they count nowhere, and are told."""
    table = pa.table({"kommune_kode": [1.0, 2, 2, 1, np.nan], "month": [1.0, 2, 1, np.nan, 1], "y": [1.0, 2, 5, 3, 9]})
    pq.write_table(table.append_column("x", pa.array([1, 3, 5, 7, 9])), tmp_path / "nan.parquet")
    products = cross_products(tmp_path / "nan.parquet", y="y", x=["x"], absorb=["month"])
    assert (products.units, products.levels, products.n.sum()) == ((1.0, 2.0), (1.0, 2.0), 3)
    assert products.left_out == {"a column is empty": 2}
    found = counted(tmp_path / "nan.parquet", outcomes={"y": "y"})
    assert found.left_out == {"no kommune_kode": 1, "no month": 1}


@settings(max_examples=60, deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(1, 3), some.sampled_from("abc"), some.floats(-1e3, 1e3), some.integers(1, 4)),
        min_size=1,
        max_size=40,
    )
)
def test_summing_cells_is_counting_coarser(rows: list[tuple[int, str, float, int]]) -> None:
    """Cells summed over a key are the cells counted without it."""
    frame = pd.DataFrame(rows, columns=["unit", "group", "y", "part"])

    def count(keys: list[str]) -> pd.DataFrame:
        grouped = frame.groupby(keys)["y"]
        n, total = grouped.count(), grouped.sum()
        m2 = grouped.apply(lambda each: ((each - each.mean()) ** 2).sum())
        return pd.DataFrame({"rows": n, "n:y": n, "sum:y": total, "m2:y": m2}).reset_index()

    found = combined(count(["unit", "group", "part"]), ["unit", "group"], ["y"])
    pd.testing.assert_frame_equal(found, count(["unit", "group"]), rtol=1e-9, atol=1e-6)


def test_the_order_of_rows_does_nothing(tmp_path: Path) -> None:
    """Shuffled rows give the same cells."""
    first = counted(written(tmp_path), strata=["stratum_sex"])
    second = counted(written(tmp_path, ROWS.sample(frac=1, random_state=2), "b.parquet"), strata=["stratum_sex"])
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_a_second_question_is_answered_from_what_is_kept(tmp_path: Path) -> None:
    """The same question to the same file is not put to the engine again; another question is."""
    file = written(tmp_path)
    first, again = counted(file), counted(file)
    assert (first.counted.reused, again.counted.reused) == (False, True)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert again.counted.sha256 == digest(file)
    assert not counted(file, where=ibis._.weeks > 4).counted.reused
    assert counted(read(file)).counted.reused
    assert counted(shutil.copy(file, tmp_path / "copy.parquet")).counted.reused
    fit = cross_products(file, y="weeks", x=["share"]), cross_products(file, y="weeks", x=["share"])
    assert [each.counted.reused for each in fit if each.counted] == [False, True]


def test_no_cache_leaves_nothing(tmp_path: Path) -> None:
    """Asked not to, it neither looks nor keeps."""
    file = written(tmp_path)
    assert not counted(file, no_cache=True).counted.sha256
    assert not (tmp_path / CACHE).exists()
    counted(file)
    assert not counted(file, no_cache=True).counted.reused


def test_kept_answers_are_never_stale(tmp_path: Path) -> None:
    """One row changes, size and time of modification do not: it is counted anew, also when the digest is remembered."""
    file = written(tmp_path, settled=True)
    assert counted(file).frame["sum:weeks"].sum() == 28
    assert known_digest(file, tmp_path / CACHE)
    asking.digest.__globals__["_remembered"]().clear()
    assert known_digest(file, tmp_path / CACHE)
    size, times = file.stat().st_size, (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    written(tmp_path, ROWS.assign(weeks=[5, 6, 8, 10, None, 3]))
    os.utime(file, ns=times)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (size, times[1])
    found = counted(file)
    assert not found.counted.reused
    assert found.frame["sum:weeks"].sum() == 29


@pytest.mark.parametrize("harm", [lambda whole: whole[:-40], lambda whole: b"x" + whole[1:], lambda _: b""])
def test_a_damaged_answer_is_made_again(tmp_path: Path, harm: Any) -> None:
    """What is cut short or changed is not believed, and the page can say so."""
    file = written(tmp_path)
    first = counted(file)
    (kept,) = (tmp_path / CACHE).glob("*.cells")
    kept.write_bytes(harm(kept.read_bytes()))
    again = counted(file)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert again.counted.notes == ("the kept answer was damaged and has been made again",)
    assert counted(file).counted.reused
    assert not list((tmp_path / CACHE).glob("*.part"))


def test_what_words_do_not_tell_is_not_kept(tmp_path: Path) -> None:
    """Chance, the time of day and other tables make the same words mean something else tomorrow."""
    file = written(tmp_path)
    other = read(written(tmp_path, ROWS.head(2), "other.parquet")).table
    random = counted(file, where=ibis._.weeks > ibis.random())
    assert random.counted.notes == ("not kept: the question holds the time, chance or a function of the caller's",)
    source = read(file)
    joined = counted(source, where=source.table.weeks.isin(other.weeks))
    assert joined.counted.notes == ("not kept: the question draws on 1 other tables",)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    """Nothing is kept there, and the cells are the same."""
    file = written(tmp_path)
    (tmp_path / CACHE).write_text("in the way")
    assert counted(file).counted.notes == ("not kept: nothing can be written beside the file",)


def test_a_full_disk_costs_the_memory_and_not_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept is counted all the same, and nothing half written is left."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    file = written(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        patch.setattr(Path, "write_text", full)
        assert counted(file).counted.notes == ("not kept: nothing can be written beside the file",)
    assert not list((tmp_path / CACHE).iterdir())
    assert counted(file).frame["sum:weeks"].sum() == 28


def test_an_answer_under_another_name_is_not_believed(tmp_path: Path) -> None:
    """An answer belongs to its question: copied to another question's place it is made again."""
    file = written(tmp_path)
    counted(file)
    (first,) = (tmp_path / CACHE).glob("*.cells")
    asked = {"where": ibis._.weeks > 4}
    expected = counted(file, **asked).frame
    (second,) = set((tmp_path / CACHE).glob("*.cells")) - {first}
    shutil.copy(first, second)
    pd.testing.assert_frame_equal(counted(file, **asked).frame, expected)


def test_labels_that_hold_cpr_numbers_are_kept_nowhere(tmp_path: Path) -> None:
    """They were refused only after the answer had been written beside the file."""
    file = written(tmp_path, ROWS.assign(cpr="010170-1234", start=dt.date(2019, 1, 1), end=dt.date(2019, 2, 1)))
    with pytest.raises(BadData, match="the column that group is taken from holds CPR numbers"):
        counted(file, group="cpr")
    with pytest.raises(BadData, match="the column that level is taken from holds CPR numbers"):
        cross_products(file, y="weeks", x=["share"], absorb=["cpr"])
    with pytest.raises(BadData, match="the column that cpr is taken from holds CPR numbers"):
        risk_table(file, end_of_data=dt.date(2019, 12, 31), strata=["cpr"])
    assert not list((tmp_path / CACHE).glob("*.cells"))


def test_a_repr_shows_shape_and_no_values(tmp_path: Path) -> None:
    """Printing cells never prints a count of people."""
    assert repr(counted(written(tmp_path))) == "Cells of weeks, out by unit, period: 4 cells, 2 units x 3 periods"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "kommune"}, "has no column kommune; it has kommune_kode, month"),
        ({"outcomes": {"y": "weks"}}, "has no column weks"),
        ({"outcomes": {"y": "group"}}, "The outcome y is string: numbers or yes/no were expected"),
        ({"period": "group", "every": "month"}, "6 rows have a group of which no month can be made"),
        ({"outcomes": {"y": lambda t: t.share / 0.0}}, "The outcome y holds values that are no finite number"),
        ({"group": "cpr"}, "the column that group is taken from holds CPR numbers"),
        ({"where": ibis._.weeks > 99}, "No row has kommune_kode and month"),
        ({"outcomes": {"y": ibis._.group.cast("int64")}}, "could not be counted"),
    ],
)
def test_what_cannot_be_counted_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """The message names the column and the fault, and no value."""
    file = written(tmp_path, ROWS.assign(cpr="010170-1234"))
    with pytest.raises(BadData, match=message) as fault:
        counted(file, **change)
    assert "1234" not in str(fault.value)
    assert "target" not in str(fault.value)


def test_designs_that_cannot_be_counted_are_refused(tmp_path: Path) -> None:
    """No outcome, a number cut into months, and names with a meaning of their own."""
    file = written(tmp_path)
    with pytest.raises(BadDesign, match="No outcome was named"):
        counted(file, outcomes={})
    with pytest.raises(BadDesign, match="No month can be made of a period of type int64"):
        counted(file, period="weeks", every="month")
    with pytest.raises(BadDesign, match="Strata cannot be called"):
        counted(written(tmp_path, ROWS.assign(rows=1), "b.parquet"), strata=["rows"])
    with pytest.raises(BadDesign, match="one value for all rows"):
        counted(file, outcomes={"y": ibis._.weeks.mean()})
    with pytest.raises(BadDesign, match="where= takes a condition"):
        counted(file, where="weeks > 4")
    with pytest.raises(UnknownName, match="length of periods 'week'"):
        counted(file, every="week")
    zoned = ROWS.assign(month=pd.Timestamp("2019-01-01 00:30", tz="Europe/Copenhagen"))  # in UTC still 2018
    with pytest.raises(BadDesign, match="times without a zone"):
        counted(written(tmp_path, zoned, "zoned.parquet"), every="month")
    with pytest.raises(UnknownName, match="no outcome 'week'"):
        counted(file).check("week")
    (tmp_path / "torn.parquet").write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BadData, match=r"torn.parquet is no Parquet file or is damaged"):
        counted(tmp_path / "torn.parquet")


ASKED: dict[str, Any] = {
    "period": "day",
    "every": "quarter",
    "outcomes": {"weeks": "weeks", "share": "share", "out": "out", "late": ibis._.weeks > 22},
    "group": "group",
    "strata": ["stratum_sex"],
}


def big(folder: Path) -> Path:
    """Write some thousand rows with everything in them that engines treat each in its own way."""
    rng = np.random.default_rng(3)
    n = 5000
    frame = pd.DataFrame(
        {
            "kommune_kode": rng.choice([851, 860, 101], n),
            "day": pd.to_datetime("2019-01-01") + pd.to_timedelta(rng.integers(0, 700, n), "D"),
            "weeks": rng.integers(0, 53, n),
            "share": 1e5 + rng.normal(size=n),
            "out": rng.random(n) < 0.3,
            "group": rng.choice(["target", "other"], n),
            "stratum_sex": rng.choice(["f", "m", "ukendt"], n),
        }
    ).astype({"weeks": "Int64", "out": "boolean"})
    frame["day"] = frame["day"].dt.date
    for column in ("kommune_kode", "share", "weeks", "out", "group", "stratum_sex", "day"):
        frame.loc[rng.random(n) < 0.03, column] = None
    file = folder / "big.parquet"
    frame.astype({"kommune_kode": "Int64"}).to_parquet(file, index=False)
    return file


SPELLS = {
    "kommune_kode": "int", "start": "date", "end": "date", "exit_to": "text", "sex": "text", "came": "date",
    "shock": "date", "covered": "date",
}  # fmt: skip


def spells(folder: Path) -> Path:
    """Write spells with late entry, an event and an end of the data that differ by row, and holes."""
    rng, n, first = np.random.default_rng(4), 3000, dt.date(2018, 12, 20)

    def days(low: int, high: int) -> Any:
        return np.array([first + dt.timedelta(days=int(each)) for each in rng.integers(low, high, n)], dtype=object)

    start, covered = days(0, 500), days(600, 700)
    end = start + np.array([dt.timedelta(days=int(each)) for each in rng.integers(0, 400, n)])
    out = rng.random(n) < 0.7
    rows = {
        "kommune_kode": rng.choice([851, 860, 101], n), "start": start, "end": np.where(out, end, None),
        "exit_to": np.where(out, rng.choice(["job", "pension"], n), None), "sex": rng.choice(["f", "m", None], n),
        "came": np.where(rng.random(n) < 0.4, days(0, 500), None),
        "shock": np.where(rng.random(n) < 0.4, days(0, 700), None), "covered": covered,
    }  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(SPELLS)).astype({"kommune_kode": "Int64"})
    frame.loc[rng.random(n) < 0.03, "kommune_kode"] = None
    frame.loc[rng.random(n) < 0.03, "start"] = None
    frame.to_parquet(folder / "spells.parquet", index=False)
    return folder / "spells.parquet"


def same_risks(file: Path, data: Any, table: str) -> None:
    """Hold another engine's risk table to DuckDB's: every number of it is whole."""
    asked: dict[str, Any] = {
        "end_of_data": "covered", "late_entry": "came", "event": "shock", "strata": ["sex"], "horizon": 40,
        "where": ibis._.start.isnull() | (ibis._.start >= dt.date(2018, 12, 25)),  # noqa: PD003
    }  # fmt: skip
    here, there = risk_table(file, **asked), risk_table(data, table=table, **asked)
    pd.testing.assert_frame_equal(here.cells, there.cells, check_dtype=False)
    for name in ("entered", "exits", "censored", "followed"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
    assert (here.types, here.left_out, here.curtailed) == (there.types, there.left_out, there.curtailed)
    assert len(here.left_out) == 3
    assert min(here.exits.sum(), here.censored.sum(), here.curtailed, here.entered[:, 1:].sum()) > 0


def same_everywhere(file: Path, data: Any, table: str) -> None:
    """Hold another engine's cells and cross-products to DuckDB's."""
    here, there = cells(file, **ASKED), cells(data, table=table, **ASKED)
    pd.testing.assert_frame_equal(here.frame, there.frame, rtol=1e-9, check_dtype=True)
    whole = [each for each in here.frame if here.frame[each].dtype == "int64"]
    assert len(whole) >= 8
    pd.testing.assert_frame_equal(here.frame[whole], there.frame[whole])
    assert here.left_out == there.left_out
    asked = {"y": "share", "x": ["weeks", "out"], "absorb": ["group"]}
    one, other = cross_products(file, **asked), cross_products(data, table=table, **asked)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9)
    np.testing.assert_allclose(one.within, other.within, rtol=1e-9, atol=1e-6)
    assert (one.left_out, one.levels) == (other.left_out, other.levels)
    assert there.counted.sha256 == ""
    assert there.counted.notes == ("not kept: no version of the content can be told",)


def test_postgres_counts_the_same(postgres: str, tmp_path: Path) -> None:
    """A PostgreSQL server gives the same cells and risk table: whole numbers equal, others to 1e-9."""
    file = big(tmp_path)
    frame = pd.read_parquet(file)
    with psycopg.connect(postgres) as con:
        con.execute(
            "CREATE TABLE counted (kommune_kode int, day date, weeks bigint, share double precision, out boolean, "
            '"group" text, stratum_sex text)'
        )
        with con.cursor().copy("COPY counted FROM STDIN") as into:
            for row in frame.itertuples(index=False):
                into.write_row([None if pd.isna(each) else each for each in row])
        columns = ", ".join(f'"{name}" {kind}' for name, kind in SPELLS.items())
        con.execute(f"CREATE TABLE counted_spells ({columns})")
        with con.cursor().copy("COPY counted_spells FROM STDIN") as into:
            for row in pd.read_parquet(spells(tmp_path)).itertuples(index=False):
                into.write_row([None if pd.isna(each) else each for each in row])
    same_everywhere(file, postgres, "counted")
    same_risks(tmp_path / "spells.parquet", postgres, "counted_spells")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # pyspark 4.3 still names it
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Spark session gives the same cells and risk table: whole numbers equal, others to 1e-9."""
    spark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if not shutil.which("java"):
        pytest.skip("Java is not installed, and Spark needs it")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = spark.SparkSession.builder.master("local[1]")
    for key, value in {"ui.enabled": "false", "sql.shuffle.partitions": "1", "driver.host": "127.0.0.1"}.items():
        builder = builder.config(f"spark.{key}", value)
    session = builder.config("spark.sql.warehouse.dir", str(tmp_path / "warehouse")).getOrCreate()
    try:
        file = big(tmp_path)
        same_everywhere(file, "spark://local", str(file))
        same_risks(spells(tmp_path), "spark://local", str(tmp_path / "spells.parquet"))
        with pytest.raises(BadData, match="spark://local has no table nowhere"):
            cells("spark://local", table="nowhere", **ASKED)
    finally:
        session.stop()


def test_spark_without_pyspark_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, and so is a table that was not."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(BadData, match="install pyspark"):
        cells("sc://cluster:15002", table="months", **ASKED)
    with pytest.raises(BadData, match="say which one with table="):
        cells("spark://local", **ASKED)


@pytest.mark.parametrize(
    "asked",
    [
        {"outcomes": {"y": ibis._.nope > 1}},
        {"outcomes": {"y": lambda rows: rows["nope"]}},
        {"where": ibis._.nope > 1},
        {"where": ibis._.weeks.nope()},
    ],
)
def test_an_expression_of_columns_that_are_not_there_is_refused(tmp_path: Path, asked: dict[str, Any]) -> None:
    """The sentence says which outcome or condition it is, and what columns there are."""
    with pytest.raises(BadData, match=r"(outcome y|where=) asks for a column.* is not there: the columns are kommune_"):
        counted(written(tmp_path), **asked)
    with pytest.raises(BadDesign, match="a column, or an expression of columns, was expected"):
        counted(written(tmp_path), outcomes={"y": None})


def test_table_is_refused_where_there_is_one_table_only(tmp_path: Path) -> None:
    """A file, a source and an Ibis table that are one table hold none by another name."""
    file = written(tmp_path)
    ROWS.to_csv(tmp_path / "months.csv", index=False)
    for each in (file, tmp_path / "months.csv", read(file), read(file).table):
        with pytest.raises(BadData, match="is one table, and holds none called other: leave table= out"):
            counted(each, table="other")


def test_no_cache_in_the_environment_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`frikommune run --no-cache` sets it for every notebook that it runs."""
    file = written(tmp_path)
    monkeypatch.setenv(NO_CACHE, "1")
    assert counted(file).counted.notes == ("not kept: no_cache",)
    assert not (tmp_path / CACHE).exists()


def test_the_oldest_answers_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder keeps no more than the limit; what a killed process left half written goes too."""
    file = written(tmp_path)
    counted(file)
    (first,) = (tmp_path / CACHE).glob("*.cells")
    abandoned = tmp_path / CACHE / "0.part"
    abandoned.touch()
    for each in (first, abandoned):
        os.utime(each, (1e9, 1e9))
    monkeypatch.setattr(keeping, "MOST", int(1.5 * first.stat().st_size))
    counted(file, where=ibis._.weeks > 4)
    (left,) = (tmp_path / CACHE).glob("*.cells")
    assert left != first
    assert not abandoned.exists()
    assert counted(file, where=ibis._.weeks > 4).counted.reused
