"""Contracts, and rows held against them."""

import random
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frikommune import schema, shipped
from frikommune.disclosure import MARK
from frikommune.errors import BadData, ShippedDataError, UnknownName
from frikommune.schema import Examined, contract, contracts, examine, refuse, withhold
from frikommune.schema.parsing import finish, marks, parse, text_of

CASE = {"person_key": "a", "kommune_kode": "851", "target_group": "x", "opened": "2019-03-01"}
UPTAKE = {"trial": "one", "kommune_kode": "851", "period": "2019", "eligible": "10", "used": "2"}
MONTH = {"person_key": "a", "kommune_kode": "851", "month": "2019M01"}
ADOPTION = {"trial": "one", "kommune_kode": "851", "start": "2019-01-01", "end": ""}
TRIALS = {"one": date(2017, 7, 1), "late": date(2018, 7, 1)}


def table_of(rows: list[dict[str, Any]]) -> Any:
    names = {name: None for row in rows for name in row}
    return ibis.memtable(pa.table({name: [row.get(name) for row in rows] for name in names}))


def rows_of(table: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def examined(name: str, *rows: dict[str, Any]) -> Examined:
    return examine(table_of(list(rows)), contract(name), trials=TRIALS)


def rules_of(found: Examined) -> set[tuple[str, str]]:
    return {(each.column, each.rule) for each in found.faults}


def read(values: list[Any], table: str, column: str, kind: pa.DataType | None = None) -> list[Any]:
    """Read values as a column of a contract."""
    about = contract(table)[column]
    raw = ibis.memtable(pa.table({"v": pa.array(values, kind), "at": range(len(values))}))
    texts = raw.mutate(t=text_of(raw.v)).view()
    mark = marks(texts, {"t": about}).get("t") if raw.v.type().is_string() else None
    parsed = texts.mutate(p=parse(texts.v, texts.t, about, mark)).view()
    return [each["f"] for each in rows_of(parsed.mutate(f=finish(parsed.p, about)).order_by("at"))]


# Claims


def test_there_are_seven_tables() -> None:
    """The contracts are those of the seven tables of a data room, each with a key."""
    assert list(contracts()) == ["cases", "spells", "months", "municipal", "uptake", "adoption", "survey"]
    assert all(each.keys for each in contracts().values())
    assert {name for name, each in contracts().items() if each.people} == {"cases", "spells", "months", "survey"}


def test_a_good_row_comes_out_in_the_types_of_its_contract() -> None:
    """Text is kept in the contract's types and columns; optional ones that are not there are empty."""
    found = examined("cases", {**CASE, "waiver_used": "ja", "stratum_place": "north"})
    (row,) = rows_of(found.kept)
    assert tuple(row) == (*contract("cases").names, "stratum_place")
    assert row["kommune_kode"] == 851
    assert row["opened"] == date(2019, 3, 1)
    assert row["waiver_used"] is True
    assert row["stratum_place"] == "north"
    assert row["decided"] is None
    assert not found.faults
    assert "decided" in found.absent


def test_dates_are_read_in_four_ways() -> None:
    """A date is read as Danish exports write it, with a time of day or without, and as a number."""
    written = ["2019-03-01", "01-03-2019", "1.3.2019", "20190301", " 2019-03-01 00:00:00", "01-03-2019 13:45"]
    assert read(written, "cases", "opened") == [date(2019, 3, 1)] * len(written)
    assert read([20190301], "cases", "opened", pa.int64()) == [date(2019, 3, 1)]
    assert read([20190301.0, float("nan")], "cases", "opened", pa.float64()) == [date(2019, 3, 1), None]
    assert read([date(2019, 3, 1)], "cases", "opened") == [date(2019, 3, 1)]


def test_what_is_no_date_is_not_guessed() -> None:
    """A day that does not exist, a date without a century and an American one are no dates."""
    assert read(["31-02-2019", "1-3-19", "03/31/2019", "2019-03", "x"], "cases", "opened") == [None] * 5


def test_numbers_are_read_with_either_decimal_mark() -> None:
    """A decimal comma, a decimal point, thousands, spaces and exponents are read for what they are."""
    assert read(["0,5", "1.234,5", "1.234", "12", "-1"], "municipal", "value") == [0.5, 1234.5, 1234.0, 12.0, -1.0]
    assert read(["0.5", "1,234.5", "1.234", "1e3", ".5"], "municipal", "value") == [0.5, 1234.5, 1.234, 1000.0, 0.5]
    assert read(["1 234", "1\u00a0234,5", "\u22122"], "municipal", "value") == [1234.0, 1234.5, -2.0]
    assert read(["1e400", "9" * 400, "inf", "NaN", "12 %", "1,2,3"], "municipal", "value") == [None] * 6
    assert read([1.5, float("inf")], "municipal", "value", pa.float64()) == [1.5, None]


def test_whole_numbers_are_whole() -> None:
    """12.0 is twelve, 1.234 a thousand and more; 12.5 is no whole number."""
    assert read(["12", "12,0", "1.234", "12,5", ""], "uptake", "used") == [12, 12, 1234, None, None]
    assert read([12.0, 12.5], "uptake", "used", pa.float64()) == [12, None]


def test_periods_become_labels() -> None:
    """Years, quarters and months become uniform labels; a date is a month where months are expected."""
    written = ["2019", "2019K1", "2019q4", "2019M3", "2019M12", "2019-03", "201903"]
    labels = ["2019", "2019Q1", "2019Q4", "2019M03", "2019M12", "2019M03", "2019M03"]
    assert read(written, "municipal", "period") == labels
    assert read(["2019K5", "2019M13", "2019-03-01", "19"], "municipal", "period") == [None] * 4
    assert read(["2019-03-01"], "months", "month") == ["2019M03"]
    assert read([date(2019, 3, 1)], "months", "month") == ["2019M03"]


def test_booleans_are_read_in_danish() -> None:
    """1, ja and true are yes; 0, nej and false are no; anything else is neither."""
    assert read(["1", "Ja", "true", "0", "NEJ", "False", "2"], "cases", "waiver_used") == [True] * 3 + [False] * 3 + [
        None
    ]
    assert read([True, False, None], "cases", "waiver_used", pa.bool_()) == [True, False, None]


def test_codes_are_those_of_the_98() -> None:
    """A code may have a leading zero or come as a number; a code of before 2007 is none."""
    assert read(["851", "0851", "851.0", "999", "Aalborg"], "cases", "kommune_kode") == [851, 851, 851, None, None]
    assert read([851.0, 100.0], "cases", "kommune_kode", pa.float64()) == [851, None]


def test_a_number_that_may_be_two_is_a_fault() -> None:
    """1.234 in a column that shows no decimal mark, in a table that shows none, is set aside and not guessed."""
    row = {"kommune_kode": "851", "indicator": "x"}
    found = examined("municipal", {**row, "period": "2019", "value": "1.234"}, {**row, "period": "2020", "value": "12"})
    assert rules_of(found) == {("value", "ambiguous_number")}
    told = examined("municipal", {**row, "period": "2019", "value": "1.234", "n": "10,5"})
    assert rows_of(told.kept)[0]["value"] == 1234.0


BROKEN: dict[str, list[tuple[dict[str, str], tuple[str, str]]]] = {
    "cases": [
        ({**CASE, "decided": "2019-02-01"}, ("decided", "decided_before_opened")),
        ({**CASE, "meeting": "2019-02-01"}, ("meeting", "meeting_before_opened")),
        ({**CASE, "opened": ""}, ("opened", "missing")),
        ({**CASE, "opened": "1989-12-31"}, ("opened", "outside_years")),
        ({**CASE, "opened": "soon"}, ("opened", "no_date")),
        ({**CASE, "kommune_kode": "999"}, ("kommune_kode", "no_municipality")),
        ({**CASE, "kommune_kode": "Hjørring Kommune"}, ("kommune_kode", "municipality_name")),
        ({**CASE, "waiver_used": "maybe"}, ("waiver_used", "no_boolean")),
        ({**CASE, "trial": "nosuch"}, ("trial", "unknown_trial")),
        ({**CASE, "person_key": "010170-1234"}, ("person_key", "cpr")),
        ({**CASE, "target_group": "ring 0101701234 op"}, ("target_group", "cpr")),
    ],
    "months": [
        ({"person_key": "a", "kommune_kode": "851", "month": "2019Q1"}, ("month", "wrong_frequency")),
        ({**MONTH, "employment_share": "1,01"}, ("employment_share", "outside_range")),
        ({**MONTH, "employment_share": "-0.1"}, ("employment_share", "outside_range")),
    ],
    "uptake": [
        ({**UPTAKE, "used": "11"}, ("eligible", "used_above_eligible")),
        ({**UPTAKE, "used": "-1"}, ("used", "outside_range")),
        ({**UPTAKE, "used": "many"}, ("used", "no_whole_number")),
        ({**UPTAKE, "period": "2019Q5"}, ("period", "no_period")),
    ],
    "adoption": [
        ({**ADOPTION, "end": "2018-01-01"}, ("end", "end_before_start")),
        ({**ADOPTION, "start": "2017-06-30"}, ("start", "before_law")),
        ({**ADOPTION, "trial": "late", "start": "2018-06-30"}, ("start", "before_law")),
    ],
}


@pytest.mark.parametrize("table", BROKEN)
def test_every_rule_is_found_and_named(table: str) -> None:
    """A row that breaks a rule is set aside, and the fault names column, rule and row."""
    found = examined(table, *(row for row, _ in BROKEN[table]))
    expected: dict[tuple[str, str], list[int]] = {}
    for at, (_, fault) in enumerate(BROKEN[table], start=1):
        expected.setdefault(fault, []).append(at)
    assert {(each.column, each.rule): list(each.first_rows) for each in found.faults} == expected
    assert found.kept_rows == 0
    assert [each["row"] for each in rows_of(found.rejected)] == list(range(1, found.rows + 1))


def test_a_share_may_be_0_and_1() -> None:
    """The degree of employment is 0 to 1, ends included."""
    found = examined(
        "months", {**MONTH, "employment_share": "0"}, {**MONTH, "person_key": "b", "employment_share": "1"}
    )
    assert not found.faults


def test_a_repeated_row_is_kept_once() -> None:
    """Rows that say the same, however they write it, are kept once: the first."""
    found = examined("cases", CASE, {**CASE, "opened": "01-03-2019"}, {**CASE, "person_key": "b"})
    assert {each.rule for each in found.faults} == {"repeated_row"}
    assert [each["row"] for each in rows_of(found.rejected)] == [2]
    assert found.kept_rows == 2 == len(rows_of(found.kept))


def test_rows_that_share_a_key_and_differ_are_all_set_aside() -> None:
    """None can say which of two rows with one key is right: neither is kept."""
    found = examined("cases", CASE, {**CASE, "decided": "2019-04-01"}, {**CASE, "person_key": "b"})
    assert [(each.rule, each.first_rows) for each in found.faults] == [("repeated_key", (1, 2))]
    assert [each["person_key"] for each in rows_of(found.kept)] == ["b"]


def test_a_faulty_row_does_not_take_its_key_mate_along() -> None:
    """A row that is at fault on its own does not make another row with the same key a double."""
    found = examined("cases", CASE, {**CASE, "decided": "2018-01-01"})
    assert rules_of(found) == {("decided", "decided_before_opened")}
    assert found.kept_rows == 1


def test_adoptions_may_not_overlap() -> None:
    """A municipality takes part in a trial once at a time; an end that is not there lasts for ever."""
    later = {**ADOPTION, "start": "2020-01-01"}
    found = examined("adoption", {**ADOPTION, "end": "2020-01-01"}, later, {**later, "kommune_kode": "860"})
    assert [(each.rule, each.count) for each in found.faults] == [("overlapping", 2)]
    assert [each["kommune_kode"] for each in rows_of(found.kept)] == [860]
    assert not examined("adoption", {**ADOPTION, "end": "2019-12-31"}, later).faults


def test_a_fault_is_a_sentence_without_values() -> None:
    """A fault says table, column, rule, count and the first five rows, and no value."""
    (fault,) = examined("cases", *({**CASE, "person_key": f"k{at}", "opened": "secret"} for at in range(7))).faults
    assert fault.count == 7
    assert fault.first_rows == (1, 2, 3, 4, 5)
    assert str(fault).startswith("cases, column opened: 7 rows with a value that is no date")
    assert str(fault).endswith("[no_date; rows 1, 2, 3, 4, 5, ...].")
    assert "secret" not in str(fault)


def test_reasons_stand_beside_the_row_as_it_was() -> None:
    """A rejected row has its number, every reason, and its columns as they stood."""
    found = examined("cases", {**CASE, "opened": "x", "kommune_kode": "999", "row": "7"})
    (row,) = rows_of(found.rejected)
    assert (row["row"], row["opened"], row["row_"]) == (1, "x", "7")
    assert [part.split(":")[0] for part in row["reasons"].split("; ")] == ["kommune_kode", "opened"]
    assert "999" not in repr(found)


def test_columns_that_are_not_known_are_named() -> None:
    """A column that the contract does not have is kept out, and said."""
    found = examined("cases", {**CASE, "Remark": "x"})
    assert found.extra == ("Remark",)
    assert "Remark" not in found.kept.columns


def test_withheld_keeps_nothing_and_says_why() -> None:
    """A table that is withheld rejects every row, the good ones with a reason of their own."""
    held = withhold(examined("cases", CASE, {**CASE, "opened": "x"}))
    assert (held.rows, held.kept_rows, held.rejected_rows) == (2, 0, 2)
    assert not rows_of(held.kept)
    assert ["strict" in each["reasons"] for each in rows_of(held.rejected)] == [True, False]


def test_the_dictionary_has_every_column_in_both_languages() -> None:
    """Every column of every table is described, in Danish and in English."""
    words = schema.dictionary()
    assert len(words) == sum(len(each.columns) for each in contracts().values())
    assert (words[["da", "en"]] != "").all(axis=None)
    assert schema.dictionary_csv().startswith("\ufefftable;column;")
    assert all(f"## {name}" in schema.dictionary_markdown() for name in contracts())


def test_a_template_opens_in_danish_excel() -> None:
    """A template is one line of names, with semicolons and a byte-order mark."""
    assert schema.template(contract("adoption")) == "\ufefftrial;kommune_kode;start;end\r\n"


def test_marked_values_are_faults_in_every_column() -> None:
    """Where the reader took a CPR number out the row is rejected once, in columns that the contract lacks too."""
    odd = {**CASE, "decided": MARK, "person_key": "b"}
    found = examined("cases", CASE, odd, {**CASE, "note": MARK, "person_key": "c"})
    assert [(each.column, each.rule, each.first_rows) for each in found.faults] == [
        ("decided", "cpr", (2,)),
        ("note", "cpr", (3,)),
    ]
    assert "holds a CPR number" in str(found.faults[1])
    assert (found.kept_rows, [each["row"] for each in rows_of(found.rejected)]) == (1, [2, 3])


def test_a_marked_number_column_is_read_as_before() -> None:
    """Numbers that became text so that the marker fits come out as the numbers that they were."""
    rows = [
        {"kommune_kode": "851", "period": str(2000 + n), "indicator": "x", "value": each}
        for n, each in enumerate([MARK, "1,234", "12", "1,5e-07"])
    ]
    found = examined("municipal", *rows)
    assert rules_of(found) == {("value", "cpr")}
    assert [each["value"] for each in rows_of(found.kept)] == [1.234, 12.0, 1.5e-07]


def test_lines_set_aside_are_rejected_and_other_rows_keep_their_numbers() -> None:
    """Rows are numbered as in the file: lines that are no rows count, and are rejected with line and reason."""
    rows = [{**CASE, "person_key": f"k{n}", "opened": "x" if n in (2, 4) else "2019-01-01"} for n in range(5)]
    aside = ibis.memtable({"row": [1, 4, 5], "line": [2, 5, 6], "reason": ["few", "many", "few"]})
    found = examine(table_of(rows), contract("cases"), aside=aside)
    # The file: aside, k0, k1, aside, aside, k2, k3, k4.
    assert [(each.column, each.rule, each.count, each.first_rows) for each in found.faults] == [
        ("", "no_row", 2, (1, 5)),
        ("", "no_row", 1, (4,)),
        ("opened", "no_date", 2, (6, 8)),
    ]
    assert (found.rows, found.kept_rows, found.rejected_rows) == (8, 3, 5)
    reasons = {each["row"]: each["reasons"] for each in rows_of(found.rejected)}
    assert set(reasons) == {1, 4, 5, 6, 8}
    assert reasons[4] == "line 5: many"
    assert str(found.faults[0]) == "cases: 2 rows with few [no_row; rows 1, 5]."
    held = withhold(found)
    assert len(rows_of(held.rejected)) == held.rejected_rows == 8


def test_a_table_that_cannot_be_used_rejects_every_row_with_the_reason() -> None:
    """Rows in are rows rejected: those of the table, and lines of its file that are no rows."""
    aside = ibis.memtable({"row": [2], "line": [3], "reason": ["few"]})
    found = refuse(table_of([{"a": "1"}, {"a": "2"}]), contract("cases"), "cases lacks a column.", aside=aside)
    assert (found.rows, found.kept_rows, len(rows_of(found.kept))) == (3, 0, 0)
    reasons = {each["row"]: each["reasons"] for each in rows_of(found.rejected)}
    assert reasons == {1: "cases lacks a column.", 2: "line 3: few", 3: "cases lacks a column."}
    assert [(each.rule, each.count) for each in found.faults] == [("unusable", 2), ("no_row", 1)]


# Oracles


def test_the_first_day_of_the_law_is_that_of_the_trials() -> None:
    """The first day on which any trial could start stands in the contract as in the trials' own file."""
    rows = [
        each
        for each in shipped.data_file("trials.toml").read_text(encoding="utf-8").splitlines()
        if "earliest_start" in each
    ]
    days = [date.fromisoformat(each.split("=")[1].strip()) for each in rows]
    assert contract("adoption")["start"].earliest == min(days)


# Invariances


def _messy(draw: random.Random, name: str) -> dict[str, str]:
    """Make a row in which any value may be wrong."""
    odd = ["", "x", "999", "-1", "2019-13-01", "NA", "1.234", "0,5", "\u00a0", "'; DROP TABLE t; --", "1e308", "=1+1"]
    good = {
        "person_key": ["a", "b", "c"],
        "municipality_code": ["851", "0860", "Aalborg"],
        "date": ["2019-03-01", "01-04-2019", "20180101"],
        "period": ["2019M01", "2019K1", "2020"],
        "number": ["0,5", "1", "2.5"],
        "integer": ["1", "20"],
        "boolean": ["ja", "0"],
        "trial": ["one", "late", "nosuch"],
        "text": ["p", "q"],
    }
    return {
        each.name: draw.choice(odd) if draw.random() < 0.1 else draw.choice(good[each.type])
        for each in contract(name).columns
    }


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), name=st.sampled_from(["cases", "months", "uptake", "adoption"]))
def test_every_row_is_kept_or_rejected(seed: int, name: str) -> None:
    """Whatever the table, rows in are rows kept plus rows rejected, each rejected row with a reason, none twice."""
    draw = random.Random(seed)
    rows = [_messy(draw, name) for _ in range(150)]
    found = examine(table_of(rows), contract(name), trials=TRIALS)
    rejected, kept = rows_of(found.rejected), rows_of(found.kept)
    assert found.rows == len(rows) == len(kept) + len(rejected)
    assert (found.kept_rows, found.rejected_rows) == (len(kept), len(rejected))
    assert all(each["reasons"] for each in rejected)
    assert len({each["row"] for each in rejected}) == len(rejected)
    assert all(rows[each["row"] - 1].items() <= each.items() for each in rejected)


def test_what_is_kept_is_clean() -> None:
    """The rows kept, held against the contract once more, have no fault."""
    draw = random.Random(1)
    found = examine(table_of([_messy(draw, "cases") for _ in range(200)]), contract("cases"), trials=TRIALS)
    again = examine(ibis.memtable(found.kept.to_pyarrow()), contract("cases"), trials=TRIALS)
    assert 0 < found.kept_rows < found.rows
    assert not again.faults
    assert again.kept_rows == found.kept_rows


def test_typed_and_written_rows_are_the_same() -> None:
    """A table from Parquet and the same one from CSV come out alike, and names of columns count in any case."""
    typed = {"Person-Key": "a", "KOMMUNE KODE": 851, "target_group": "x", "opened": date(2019, 3, 1)}
    assert rows_of(examined("cases", typed).kept) == rows_of(examined("cases", CASE).kept)


_STREAMED = """
import resource, sys
import ibis
from frikommune.schema import contract, examine
engine = ibis.duckdb.connect()
engine.raw_sql("SET memory_limit = '400MB'")
table = engine.read_parquet(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = examine(table, contract("months"))
print(found.rows, found.kept_rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_two_million_rows_stream(tmp_path: Path) -> None:
    """Two million rows (200 MB as Python objects and more) are examined within 300 MB of memory on top."""
    file = tmp_path / "months.parquet"
    duckdb.table_function("range", [2_000_000]).project(
        "printf('k%07d', range // 24) AS person_key, 851 AS kommune_kode, "
        "make_date(CAST(2017 + range % 24 // 12 AS INT), CAST(1 + range % 12 AS INT), 1) AS month, "
        "CASE WHEN range = 1999999 THEN 2 ELSE 0.5 END AS employment_share"
    ).write_parquet(str(file))
    done = subprocess.run(
        [sys.executable, "-c", _STREAMED, str(file)], capture_output=True, text=True, check=True, cwd=shipped.ROOT
    )
    rows, kept, extra = map(int, done.stdout.split())
    assert (rows, kept) == (2_000_000, 1_999_999)
    assert extra < 300


# Refusals


def test_a_missing_column_is_named_with_the_nearest() -> None:
    """A table without a required column cannot be used: the message names it, and the nearest that is there."""
    with pytest.raises(BadData, match="cases lacks the required column opened: the nearest are open_date, openedd"):
        examined(
            "cases", {"person_key": "a", "kommune_kode": "851", "target_group": "x", "openedd": "", "open_date": ""}
        )


def test_a_column_that_is_there_twice_is_refused() -> None:
    """Two columns with one name cannot be told apart."""
    with pytest.raises(BadData, match="the column opened is there more than once"):
        examined("cases", {**CASE, "Opened ": "2019-01-01"})


def test_an_unknown_table_is_refused() -> None:
    """A table that has no contract is named, with the nearest."""
    with pytest.raises(UnknownName, match="'case': the nearest are cases"):
        contract("case")


def test_a_broken_contract_is_ours_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract whose key is no column is refused when it is loaded."""
    bad = {
        "t": {
            "row_da": "",
            "row_en": "",
            "keys": ["b"],
            "time": [],
            "columns": {"a": {"type": "text", "da": "", "en": ""}},
        }
    }
    monkeypatch.setattr("frikommune.schema.nouns.read_toml", lambda _: bad)
    contracts.cache_clear()
    with pytest.raises(ShippedDataError, match="b are spoken of"):
        contracts()
    contracts.cache_clear()
